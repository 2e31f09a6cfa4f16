/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * From the first C function to main(): what has to be known before anything
 * else can work, in the order in which one needs the other.
 */
#include "xen/start.h"
#include "lib/page.h"
#include "xen/cpu.h"
#include "xen/pagetable.h"
#include "xen/shutdown.h"
#include "xen/trap.h"

struct start_regs start_regs;
struct start_info *start_info;
char boot_stack[STACK_SIZE] __attribute__((aligned(16)));

/* Only its address counts: the shared page is mapped in its place. */
static char shared_window[PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));
struct shared_info *shared_info = (struct shared_info *)shared_window;

const char *cmdline_value(const char *name)
{
	return word_value((const char *)start_info->cmd_line, name);
}

/* The first page behind all that the domain builder has put in memory. */
static unsigned long first_free_pfn(void)
{
	unsigned long tables = virt_to_pfn((void *)start_info->pt_base) +
			       start_info->nr_pt_frames;
	unsigned long stack = virt_to_pfn((void *)(start_regs.rsp - 1)) + 1;

	return tables > stack ? tables : stack;
}

void start_xen(struct start_info *si)
{
	start_info = si;
	if (hc_update_va_mapping((unsigned long)shared_window,
				 si->shared_info | PTE_KERNEL, UVMF_INVLPG)) {
		shutdown(SHUTDOWN_crash);
	}
	cpu_init_boot();
	pagetable_init();
	page_init(first_free_pfn(), si->nr_pages);
	trap_init();
	shutdown(main());
}
