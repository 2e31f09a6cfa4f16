/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The two ways in which the hypervisor ends by itself: panic, with one line
 * about the machine or its configuration, and bug, our own fault, with
 * registers and stack.
 */
#include "device/console.h"
#include "device/power.h"
#include "domain/domain.h"
#include "lib/atomic.h"
#include "x86/current.h"
#include "x86/layout.h"
#include "x86/msr.h"
#include "x86/smp.h"

#define MAX_DEPTH	24

static u32 stopping;

/* Only the first CPU here goes on; the others are stopped. */
static void take_over(void)
{
	irq_disable();
	if (xchg(&stopping, 1)) {
		machine_halt();
	}
	machine_stop_others();
}

void panic(const char *fmt, ...)
{
	va_list args;

	take_over();
	va_start(args, fmt);
	console_vprint(true, fmt, args);
	va_end(args);
	log_error("\n");
	log_error("Paravane cannot go on; the machine is halted.\n");
	machine_halt();
}

static bool on_our_stack(unsigned long p)
{
	unsigned long top = (unsigned long)cpu_info();

	return p < top && p >= top + sizeof(struct cpu_info) -
				STACK_BLOCK_SIZE && p % 8 == 0;
}

/* Return addresses, by the chain of frame pointers. */
void stack_trace_print(unsigned long rip, unsigned long rbp)
{
	log_error("Call trace:\n");
	if (rip) {
		log_error("  %pS\n", (void *)rip);
	}
	for (int i = 0; i < MAX_DEPTH && on_our_stack(rbp); i++) {
		const unsigned long *frame = (const unsigned long *)rbp;

		if (frame[1] < IMAGE_START || frame[1] >= PERCPU_START) {
			break;
		}
		log_error("  %pS\n", (void *)frame[1]);
		if (frame[0] <= rbp) {
			break;
		}
		rbp = frame[0];
	}
}

/* What the caller's registers cannot tell any more, but the CPU can. */
static void print_state(void)
{
	const struct vcpu *v = current;

	log_error("cr0 %016lx cr2 %016lx cr3 %016lx cr4 %016lx rsp %016lx\n",
		  read_cr0(), read_cr2(), read_cr3(), read_cr4(),
		  (unsigned long)__builtin_frame_address(0));
	if (v) {
		log_error("running d%uv%u, last hypercall %lu\n",
			  v->domain->id, v->id, v->last_hypercall);
	}
}

void bug(const char *file, int line, const char *reason)
{
	take_over();
	log_error("BUG in Paravane at %s:%d on CPU %u: %s\n", file, line,
		  this_cpu_id(), reason);
	print_state();
	stack_trace_print((unsigned long)__builtin_return_address(0),
			  (unsigned long)__builtin_frame_address(0));
	log_error("The machine is halted.\n");
	machine_halt();
}
