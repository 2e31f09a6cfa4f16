/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Start of day: what the domain builder hands to a new kernel, and what the
 * rest of the library takes from there.
 */
#ifndef KEEL_XEN_START_H
#define KEEL_XEN_START_H

#include "lib/layout.h"

#ifndef __ASSEMBLY__
#include "xen/hypercall.h"

/* Registers as the first instruction found them, in the order of head.S. */
struct start_regs {
	unsigned long rsi, rsp, rflags, rip;
	unsigned long cs, ss, ds, es, fs, gs;
	unsigned long rax, rbx, rcx, rdx, rdi, rbp;
};

extern struct start_regs start_regs;
extern struct start_info *start_info;
extern struct shared_info *shared_info;
extern char boot_stack[STACK_SIZE];

/* True when this kernel is the control domain, with the machine's console. */
static inline bool is_initial_domain(void)
{
	return start_info->flags & SIF_INITDOMAIN;
}

/* The value of word "name=" on the kernel's command line, or NULL. */
const char *cmdline_value(const char *name);

/* The first C function, on boot_stack. */
void start_xen(struct start_info *si) __attribute__((noreturn));

/* The application: every image has one. Its result is the shutdown code. */
int main(void);

#endif
#endif
