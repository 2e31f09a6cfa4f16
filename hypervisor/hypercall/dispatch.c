/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The table of hypercalls (entry.S calls through it), what happens to calls
 * that are not there, and how a long call stops and starts over.
 */
#include "event/evtchn.h"
#include "hypercall/hypercall.h"
#include "hypercall/multicall.h"
#include "lib/printk.h"
#include "x86/entry.h"
#include "x86/smp.h"

static const char *const names[NR_HYPERCALLS] = {
	"set_trap_table", "mmu_update", "set_gdt", "stack_switch",
	"set_callbacks", "fpu_taskswitch", "sched_op_compat", "platform_op",
	"set_debugreg", "get_debugreg", "update_descriptor", "11",
	"memory_op", "multicall", "update_va_mapping", "set_timer_op",
	"event_channel_op_compat", "xen_version", "console_io",
	"physdev_op_compat", "grant_table_op", "vm_assist",
	"update_va_mapping_otherdomain", "iret", "vcpu_op",
	"set_segment_base", "mmuext_op", "xsm_op", "nmi_op", "sched_op",
	"callback_op", "xenoprof_op", "event_channel_op", "physdev_op",
	"hvm_op", "sysctl", "domctl", "kexec_op", "tmem_op", "argo_op",
	"xenpmu_op", "dm_op", "hypfs_op",
};

long hypercall_enosys(const char *name)
{
	struct domain *d = current->domain;
	unsigned int hash = 0;

	for (const char *p = name; *p; p++) {
		hash = hash * 31 + (unsigned char)*p;
	}
	if (!atomic_test_and_set_bit(d->enosys_logged, hash % 128)) {
		guest_printk(LOG_WARNING, d->id,
			     "hypercall %s is not there\n", name);
	}
	return -ENOSYS;
}

long hypercall_enosys_sub(const char *name, unsigned long sub_call)
{
	char text[48];

	format(text, sizeof(text), "%s, sub-call %lu", name, sub_call);
	return hypercall_enosys(text);
}

long hypercall_bad_number(unsigned long nr)
{
	(void)nr;
	return hypercall_enosys("beyond the last one");
}

static long hc_missing(unsigned long a1, unsigned long a2, unsigned long a3,
		       unsigned long a4, unsigned long a5)
{
	u64 nr = current->last_hypercall;

	if (nr >= NR_HYPERCALLS || !names[nr]) {
		return hypercall_bad_number(nr);
	}
	return hypercall_enosys(names[nr]);
}

extern const hypercall_fn hypercall_table[NR_HYPERCALLS];

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"
const hypercall_fn hypercall_table[NR_HYPERCALLS] = {
	[0 ... NR_HYPERCALLS - 1] = hc_missing,
#define CALL(name) [__HYPERVISOR_##name] = hc_##name
	CALL(set_trap_table), CALL(mmu_update), CALL(set_gdt),
	CALL(stack_switch), CALL(set_callbacks), CALL(fpu_taskswitch),
	CALL(sched_op_compat), CALL(platform_op), CALL(set_debugreg),
	CALL(get_debugreg), CALL(update_descriptor), CALL(memory_op),
	CALL(multicall), CALL(update_va_mapping), CALL(set_timer_op),
	CALL(xen_version), CALL(console_io), CALL(grant_table_op),
	CALL(vm_assist), CALL(update_va_mapping_otherdomain), CALL(iret),
	CALL(vcpu_op), CALL(set_segment_base), CALL(mmuext_op),
	CALL(sched_op), CALL(callback_op), CALL(event_channel_op),
	CALL(physdev_op), CALL(sysctl), CALL(domctl),
	[__HYPERVISOR_arch_0] = hc_mca,
#undef CALL
};
#pragma GCC diagnostic pop

bool hypercall_preempt(void)
{
	return READ_ONCE(*cpu_info()->softirq_pending) ||
		vcpu_upcall_due(current);
}

/*
 * The syscall instruction runs again, with the new arguments; of a call inside
 * a multicall only the entry is changed, and the multicall itself restarts.
 */
long hypercall_restart(unsigned int op, unsigned int n, ...)
{
	struct multicall_entry *entry = multicall_current();
	struct cpu_user_regs *regs = guest_regs();
	uint64_t *const args[] = {
		&regs->rdi, &regs->rsi, &regs->rdx, &regs->r10, &regs->r8,
	};
	va_list list;

	va_start(list, n);
	for (unsigned int i = 0; i < n && i < ARRAY_LEN(args); i++) {
		unsigned long arg = va_arg(list, unsigned long);

		if (entry) {
			entry->args[i] = arg;
		} else {
			*args[i] = arg;
		}
	}
	va_end(list);
	if (entry) {
		entry->op = op;
		multicall_mark_restart();
	} else {
		regs->rip -= 2;
	}
	return op;
}
