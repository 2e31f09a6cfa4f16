/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * vCPUs: a new one gets its whole context in one structure, in which the
 * hypervisor finds what the first one had to ask for call by call.
 */
#include "xen/cpu.h"
#include "lib/page.h"
#include "xen/pagetable.h"

#define MAX_CPUS	8

extern const char entry_event[], entry_failsafe[], entry_syscall[];

static struct cpu boot_cpu;
static struct cpu *cpus[MAX_CPUS] = { &boot_cpu };

static void cpu_init(struct cpu *cpu, unsigned int id)
{
	cpu->self = cpu;
	cpu->id = id;
	cpu->info = &shared_info->vcpu_info[id];
	cpu->fault.vector = -1;
}

void cpu_init_boot(void)
{
	cpu_init(&boot_cpu, 0);
	hc_set_segment_base(SEGBASE_GS_KERNEL, (unsigned long)&boot_cpu);
	hc_stack_switch(KERNEL_SS, (unsigned long)boot_cpu.entry_stack +
				   sizeof(boot_cpu.entry_stack));
}

static void cpu_main(void)
{
	struct cpu *cpu = this_cpu();

	/* Brought up again, a vCPU goes on behind its VCPUOP_down. */
	for (;;) {
		cpu->start(cpu->start_arg);
		hc_vcpu_op(VCPUOP_down, cpu->id, NULL);
	}
}

/* A vCPU runs where its fn runs and, at entries from user, on entry_stack. */
static char stacks[MAX_CPUS][STACK_SIZE] __attribute__((aligned(16)));
static struct cpu cpu_space[MAX_CPUS];

struct cpu *cpu_context(unsigned int id, struct vcpu_guest_context *ctxt)
{
	struct cpu *cpu = &cpu_space[id];
	const struct trap_info *t = trap_table();

	cpu_init(cpu, id);
	cpus[id] = cpu;
	memset(ctxt, 0, sizeof(*ctxt));
	for (; t->address; t++) {
		ctxt->trap_ctxt[t->vector] = *t;
	}
	ctxt->flags = VGCF_IN_KERNEL | VGCF_syscall_disables_events |
		      VGCF_failsafe_disables_events;
	ctxt->user_regs.rip = (unsigned long)cpu_main;
	ctxt->user_regs.rsp = (unsigned long)stacks[id] + STACK_SIZE - 8;
	ctxt->user_regs.rflags = FLAG_IOPL & 0x1000;
	ctxt->user_regs.cs = FLAT_KERNEL_CS;
	ctxt->user_regs.ss = FLAT_KERNEL_SS;
	ctxt->kernel_ss = KERNEL_SS;
	ctxt->kernel_sp = (unsigned long)cpu->entry_stack +
			  sizeof(cpu->entry_stack);
	ctxt->ctrlreg[3] = xen_pfn_to_cr3(virt_to_mfn(kernel_root));
	ctxt->gs_base_kernel = (unsigned long)cpu;
	ctxt->event_callback_eip = (unsigned long)entry_event;
	ctxt->failsafe_callback_eip = (unsigned long)entry_failsafe;
	ctxt->syscall_callback_eip = (unsigned long)entry_syscall;
	return cpu;
}

int cpu_start(unsigned int id, void (*fn)(void *arg), void *arg)
{
	static struct vcpu_guest_context ctxt;
	struct cpu *cpu;
	int err;

	if (id >= MAX_CPUS) {
		return -XEN_EINVAL;
	}
	cpu = cpu_context(id, &ctxt);
	cpu->start = fn;
	cpu->start_arg = arg;
	err = hc_vcpu_op(VCPUOP_initialise, id, &ctxt);
	if (err && err != -XEN_EEXIST) {
		return err;
	}
	return hc_vcpu_op(VCPUOP_up, id, NULL);
}

bool cpu_is_up(unsigned int id)
{
	return hc_vcpu_op(VCPUOP_is_up, id, NULL) == 1;
}
