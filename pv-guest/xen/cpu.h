/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * What a vCPU of this kernel knows about itself, found through its gs base,
 * and how to start another one.
 */
#ifndef KEEL_XEN_CPU_H
#define KEEL_XEN_CPU_H

#include "xen/start.h"
#include "xen/trap.h"

struct cpu {
	struct cpu *self;
	unsigned int id;
	struct vcpu_info *info;
	struct fault fault;
	void (*start)(void *arg);
	void *start_arg;
	/* Entries from user mode begin on this stack. */
	char entry_stack[STACK_SIZE] __attribute__((aligned(16)));
};

static inline struct cpu *this_cpu(void)
{
	struct cpu *cpu;

	asm("mov %%gs:0, %0" : "=r" (cpu));
	return cpu;
}

/* The vCPU that starts first; called once, before anything may fault. */
void cpu_init_boot(void);

/*
 * Starts vCPU `id`: it runs fn(arg) on a stack of its own with traps set up
 * and events masked, and goes down when fn returns. 0 or a negative errno.
 */
int cpu_start(unsigned int id, void (*fn)(void *arg), void *arg);

/* Fills in the context with which cpu_start would start vCPU `id`. */
struct cpu *cpu_context(unsigned int id, struct vcpu_guest_context *ctxt);

bool cpu_is_up(unsigned int id);

#endif
