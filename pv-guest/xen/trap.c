/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The trap table, and where entries go: to the hook of whoever watches, to
 * the event dispatcher, to the exception table, and at last to a report.
 */
#include "xen/trap.h"
#include "xen/cpu.h"
#include "xen/event.h"

extern const char entry_exceptions[], entry_event[], entry_failsafe[];
extern const char entry_syscall[], entry_sysenter[], entry_syscall32[];

void trap_entry(struct regs *regs);

#define STUB_SIZE	16
#define NR_EXCEPTIONS	32

static trap_hook_t hook;

const struct trap_info *trap_table(void)
{
	static struct trap_info table[NR_EXCEPTIONS + 1];

	for (int v = 0; v < NR_EXCEPTIONS; v++) {
		struct trap_info *t = &table[v];

		t->vector = v;
		t->cs = FLAT_KERNEL_CS;
		t->address = (unsigned long)entry_exceptions + v * STUB_SIZE;
		t->flags = v == VEC_BP || v == VEC_OF ? 3 : 0;
		TI_SET_IF(t, 1);
	}
	return table;
}

static void callback(int type, const char *entry)
{
	struct callback_register cb = {
		.type = type,
		.flags = CALLBACKF_mask_events,
		.address = (unsigned long)entry,
	};
	int err = hc_callback_op(CALLBACKOP_register, &cb);

	if (err && type != CALLBACKTYPE_sysenter &&
	    type != CALLBACKTYPE_syscall32) {
		panic("callback %d refused: %d", type, err);
	}
}

void trap_init(void)
{
	int err = hc_set_trap_table(trap_table());

	if (err) {
		panic("trap table refused: %d", err);
	}
	callback(CALLBACKTYPE_event, entry_event);
	callback(CALLBACKTYPE_failsafe, entry_failsafe);
	callback(CALLBACKTYPE_syscall, entry_syscall);
	callback(CALLBACKTYPE_sysenter, entry_sysenter);
	callback(CALLBACKTYPE_syscall32, entry_syscall32);
}

trap_hook_t trap_set_hook(trap_hook_t new_hook)
{
	trap_hook_t old = hook;

	hook = new_hook;
	return old;
}

struct fault fault_take(void)
{
	struct cpu *cpu = this_cpu();
	struct fault fault = cpu->fault;

	cpu->fault.vector = -1;
	return fault;
}

static bool extable_resume(struct regs *regs)
{
	struct cpu *cpu = this_cpu();

	for (const struct extable_entry *e = _extable; e < _extable_end; e++) {
		if (e->rip != regs->rip || from_user(regs)) {
			continue;
		}
		cpu->fault = (struct fault) {
			.vector = regs->vector,
			.error = regs->error,
			.rip = regs->rip,
			.cr2 = cpu->info->arch.cr2,
			.regs = *regs,
		};
		regs->rip = e->resume;
		return true;
	}
	return false;
}

void regs_print(const struct regs *r)
{
	printk("vector %lu error %lx cr2 %lx from %s\n", r->vector, r->error,
	       this_cpu()->info->arch.cr2, from_user(r) ? "user" : "kernel");
	printk("rip %04x:%p rflags %lx rsp %04lx:%p\n", r->cs, (void *)r->rip,
	       r->rflags, r->ss, (void *)r->rsp);
	printk("rax %p rbx %p rcx %p rdx %p\n", (void *)r->rax,
	       (void *)r->rbx, (void *)r->rcx, (void *)r->rdx);
	printk("rsi %p rdi %p rbp %p r8  %p\n", (void *)r->rsi,
	       (void *)r->rdi, (void *)r->rbp, (void *)r->r8);
	printk("r9  %p r10 %p r11 %p r12 %p\n", (void *)r->r9,
	       (void *)r->r10, (void *)r->r11, (void *)r->r12);
	printk("r13 %p r14 %p r15 %p\n", (void *)r->r13, (void *)r->r14,
	       (void *)r->r15);
}

static void die(struct regs *regs)
{
	regs_print(regs);
	panic("unexpected entry %lu", regs->vector);
}

void (*trap_fatal)(struct regs *regs) = die;

/* Called by xen/entry.S; what it leaves in `regs` is where the CPU goes on. */
void trap_entry(struct regs *regs)
{
	if (hook && hook(regs)) {
		return;
	}
	if (regs->vector == ENTRY_EVENT) {
		event_dispatch();
	} else if (!extable_resume(regs)) {
		trap_fatal(regs);
	}
}
