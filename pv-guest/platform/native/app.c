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
	return word_value(boot.cmdline, name);
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

void kernel_device(void)
{
}

void kernel_power_wanted(bool restart)
{
	(void)restart;
}

void kernel_kicked(void)
{
}
