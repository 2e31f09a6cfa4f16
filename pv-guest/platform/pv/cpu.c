/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * vCPUs: interrupts are events, a thread is announced by hypercalls, and
 * idling is blocking.
 */
#include "platform/pv/pv.h"

extern const char entry_user_syscall[];

struct pv_cpu pv_cpus[MAX_CPUS];

void pv_call(struct pv_calls *c, unsigned int nr, unsigned long a1,
	     unsigned long a2, unsigned long a3, unsigned long a4)
{
	if (c->n == PV_CALLS) {
		pv_calls_end(c);
	}
	c->call[c->n++] = (struct multicall_entry) {
		.op = nr, .args = { a1, a2, a3, a4 },
	};
}

void pv_calls_end(struct pv_calls *c)
{
	if (c->n && hc_multicall(c->call, c->n)) {
		panic("multicall refused");
	}
	for (unsigned int i = 0; i < c->n; i++) {
		if ((long)c->call[i].result < 0) {
			panic("hypercall %lu: %ld",
			      (unsigned long)c->call[i].op,
			      (long)c->call[i].result);
		}
	}
	c->n = 0;
}

static void on_timer(evtchn_port_t port, void *arg)
{
	(void)port;
	(void)arg;
	kernel_timer();
}

static void on_kick(evtchn_port_t port, void *arg)
{
	(void)port;
	(void)arg;
	pv_park();
	kernel_kicked();
}

/* Everything but system calls comes here from xen/trap.c. */
static bool on_entry(struct regs *regs)
{
	if (regs->vector == ENTRY_EVENT) {
		event_dispatch();
	} else {
		unsigned long address = this_cpu()->info->arch.cr2;

		if (!pv_fault_is_stale(regs, address)) {
			kernel_exception(regs, address);
		}
	}
	if (from_user(regs)) {
		kernel_leave(regs);
	}
	return true;
}

static int bound(int port)
{
	if (port < 0) {
		panic("no event channel: %d", port);
	}
	return port;
}

void pv_cpu_setup(void)
{
	struct callback_register syscall = {
		.type = CALLBACKTYPE_syscall,
		.flags = CALLBACKF_mask_events,
		.address = (unsigned long)entry_user_syscall,
	};
	unsigned int id = cpu_id();

	trap_set_hook(on_entry);
	hc_callback_op(CALLBACKOP_register, &syscall);
	hc_vcpu_op(VCPUOP_stop_periodic_timer, id, NULL);
	hc_fpu_taskswitch(0);
	event_set_handler(bound(event_bind_virq(VIRQ_TIMER, id)), on_timer,
			  NULL);
	pv_cpus[id].kick = bound(event_bind_ipi(id));
	event_set_handler(pv_cpus[id].kick, on_kick, NULL);
}

static void switch_tables(struct pv_calls *c, struct mmuext_op *op,
			  const struct tables *t)
{
	op[0].cmd = MMUEXT_NEW_BASEPTR;
	op[0].arg1.mfn = virt_to_mfn(t ? t->root : kernel_root);
	op[1].cmd = MMUEXT_NEW_USER_BASEPTR;
	op[1].arg1.mfn = t ? virt_to_mfn(t->user_root) : 0;
	pv_call(c, __HYPERVISOR_mmuext_op, (unsigned long)op, 2, 0,
		DOMID_SELF);
}

void cpu_load(const struct user_context *next)
{
	unsigned int id = cpu_id();
	struct pv_cpu *cpu = &pv_cpus[id];
	struct tables *old = cpu->loaded;
	struct mmuext_op op[2];
	struct pv_calls calls;

	calls.n = 0;
	if (cpu->stack != next->stack) {
		cpu->stack = next->stack;
		pv_call(&calls, __HYPERVISOR_stack_switch, KERNEL_SS,
			(unsigned long)next->stack, 0, 0);
	}
	if (old != next->tables) {
		if (next->tables) {
			__atomic_or_fetch(&next->tables->cpus, 1UL << id,
					  __ATOMIC_SEQ_CST);
		}
		cpu->loaded = next->tables;
		switch_tables(&calls, op, next->tables);
	}
	if (cpu->fs != next->fs) {
		cpu->fs = next->fs;
		pv_call(&calls, __HYPERVISOR_set_segment_base, SEGBASE_FS,
			next->fs, 0, 0);
	}
	if (cpu->gs != next->gs) {
		cpu->gs = next->gs;
		pv_call(&calls, __HYPERVISOR_set_segment_base,
			SEGBASE_GS_USER, next->gs, 0, 0);
	}
	pv_calls_end(&calls);
	if (old && old != cpu->loaded) {
		__atomic_and_fetch(&old->cpus, ~(1UL << id),
				   __ATOMIC_SEQ_CST);
	}
}

static void start_other(void *fn)
{
	pv_cpu_setup();
	((void (*)(void))fn)();
}

bool cpu_boot(unsigned int id, void (*fn)(void))
{
	return !cpu_start(id, start_other, (void *)fn);
}

void cpu_kick(unsigned int id)
{
	event_send(pv_cpus[id].kick);
}

void cpu_wait(void)
{
	/* Unmasks events; what is pending is handled before it returns. */
	hc_sched_op(SCHEDOP_block, NULL);
	events_disable();
}

void cpu_spin(void)
{
	hc_sched_op(SCHEDOP_yield, NULL);
}
