/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The table of hypercalls (entry.S calls through it), what happens to calls
 * that are not there, how a long call stops and starts over, and multicall:
 * a list of calls, done in order.
 *
 * Each entry of such a list is copied in once and its result copied out.
 * Between entries the list is put off when other work waits; an entry that was
 * itself put off goes back to the guest's list with its new arguments.  An
 * iret ends the list.
 */
#include "event/evtchn.h"
#include "hypercall/hypercall.h"
#include "lib/printk.h"
#include "mm/guest_copy.h"
#include "x86/entry.h"
#include "x86/smp.h"
#include <xen/arch-x86/xen-mca.h>

#define NO_SUB_CALL	(~0UL)

/* The entry that this CPU is at, our copy; NULL outside a multicall. */
static DEFINE_PER_CPU(struct multicall_entry *, multicall);
static DEFINE_PER_CPU(bool, multicall_restart);

static const char *const names[NR_HYPERCALLS] = {
#define NAME(name) [__HYPERVISOR_##name] = #name,
	HYPERCALLS(NAME)
	/* Not there. */
	NAME(sched_op_compat) NAME(event_channel_op_compat)
	NAME(physdev_op_compat) NAME(xsm_op) NAME(nmi_op) NAME(xenoprof_op)
	NAME(hvm_op) NAME(kexec_op) NAME(tmem_op) NAME(argo_op)
	NAME(xenpmu_op) NAME(dm_op) NAME(hypfs_op)
#undef NAME
};

const char *hypercall_name(unsigned int nr)
{
	return names[nr];
}

long hypercall_enosys(unsigned long sub_call)
{
	struct domain *d = current->domain;
	u64 nr = current->last_hypercall;
	const char *name = nr < NR_HYPERCALLS ? names[nr] : NULL;

	if (atomic_test_and_set_bit(d->enosys_logged,
				    (name ? nr * 31 + sub_call : 127) % 128)) {
		return -ENOSYS;
	}
	name = name ? name : "beyond the last one";
	guest_printk(LOG_WARNING, d->id, sub_call == NO_SUB_CALL ?
		     "hypercall %s is not there\n" :
		     "hypercall %s, sub-call %lu is not there\n",
		     name, sub_call);
	return -ENOSYS;
}

HC(missing)
{
	return hypercall_enosys(NO_SUB_CALL);
}

extern const hypercall_fn hypercall_table[NR_HYPERCALLS];

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"
const hypercall_fn hypercall_table[NR_HYPERCALLS] = {
	[0 ... NR_HYPERCALLS - 1] = hc_missing,
#define CALL(name) [__HYPERVISOR_##name] = hc_##name,
	HYPERCALLS(CALL)
#undef CALL
};
#pragma GCC diagnostic pop

bool hypercall_preempt(void)
{
	return READ_ONCE(cpu_info()->softirq_pending) ||
		vcpu_upcall_due(current);
}

/*
 * The syscall instruction runs again, with the new arguments; of a call inside
 * a multicall only the entry is changed, and the multicall itself restarts.
 */
long hypercall_restart(unsigned int op, unsigned int n, ...)
{
	struct multicall_entry *entry = this_cpu(multicall);
	struct cpu_user_regs *regs = guest_regs();
	u64 *const args[] = {
		&regs->rdi, &regs->rsi, &regs->rdx, &regs->r10, &regs->r8,
	};
	va_list list;

	va_start(list, n);
	for (unsigned int i = 0; i < n; i++) {
		*(entry ? &entry->args[i] : args[i]) =
			va_arg(list, unsigned long);
	}
	va_end(list);
	if (entry) {
		entry->op = op;
		this_cpu(multicall_restart) = true;
	} else {
		regs->rip -= 2;
	}
	return op;
}

/* One entry, copied from va; -ERESTART when it must run again. */
static long do_entry(struct multicall_entry *e, vaddr_t va)
{
	const u64 *a = e->args;

	current->last_hypercall = e->op;
	this_cpu(multicall) = e;
	this_cpu(multicall_restart) = false;
	e->result = e->op >= NR_HYPERCALLS ? -ENOSYS :
		    hypercall_table[e->op](a[0], a[1], a[2], a[3], a[4]);
	this_cpu(multicall) = NULL;
	if (this_cpu(multicall_restart)) {
		return copy_to_guest(va, e, 1) ? -EFAULT : -ERESTART;
	}
	return copy_to_guest(va + offsetof(struct multicall_entry, result),
			     &e->result, 1);
}

HC(multicall)
{
	struct multicall_entry e;
	long rc = 0;

	if (this_cpu(multicall)) {
		return -EINVAL;
	}
	for (u32 i = 0, nr = (u32)a2; !rc && i < nr; i++) {
		vaddr_t va = a1 + i * sizeof(e);

		if (i && hypercall_preempt()) {
			rc = -ERESTART;
		} else if (copy_from_guest(&e, va, 1)) {
			return -EFAULT;
		} else if (e.op == __HYPERVISOR_iret) {
			/* Does not return: the rest of the list is dropped. */
			return hc_iret(0, 0, 0, 0, 0);
		} else {
			rc = do_entry(&e, va);
		}
		if (rc == -ERESTART) {
			return hypercall_restart(__HYPERVISOR_multicall, 2,
						 va, (unsigned long)(nr - i));
		}
	}
	return rc;
}
