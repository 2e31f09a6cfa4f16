/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Under an app there is no kernel: no processes, no interrupts, one CPU. What
 * the platform would call in it ends the machine.
 */
#include "apps/app.h"
#include "kernel/page.h"
#include "platform/platform.h"

struct boot boot;

const char *cmdline_value(const char *name)
{
	const char *p = boot.cmdline;
	size_t n = strlen(name);

	while (p && *p && strncmp(p, name, n)) {
		p = strchr(p, ' ');
		p = p ? p + 1 : NULL;
	}
	return p && *p ? p + n : NULL;
}

void kernel_main(void)
{
	memory_map_all();
	page_start();
	main();
	power_off();
}

void kernel_exception(struct regs *regs, unsigned long address)
{
	panic("exception %lu at %p, address %p", regs->vector,
	      (void *)regs->rip, (void *)address);
}

void kernel_syscall(struct regs *regs)
{
	kernel_exception(regs, 0);
}

void kernel_leave(struct regs *regs)
{
	kernel_exception(regs, 0);
}

void kernel_timer(void)
{
}

void kernel_kicked(void)
{
}
