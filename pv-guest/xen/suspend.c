/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Who saves a PV domain translates every machine frame in its page tables and
 * in start_info by the p2m, which it finds through a tree of two levels: pages
 * of frame numbers of the pages that the p2m lies in.
 */
#include "xen/suspend.h"
#include "lib/page.h"
#include "xen/event.h"
#include "xen/grant.h"
#include "xen/pagetable.h"

#define MAX_GIB		64	/* of memory: a page of pages for each */
#define PER_PAGE	(PAGE_SIZE / sizeof(unsigned long))

void suspend_offer(void)
{
	static unsigned long *top, *middle[MAX_GIB];
	unsigned long pages = (start_info->nr_pages + PER_PAGE - 1) / PER_PAGE;

	if (!top) {
		top = page_alloc();
	}
	for (unsigned long i = 0; i < pages && i / PER_PAGE < MAX_GIB; i++) {
		unsigned long **m = &middle[i / PER_PAGE];

		/* In another domain the same pages have other frames. */
		*m = *m ? *m : page_alloc();
		top[i / PER_PAGE] = virt_to_mfn(*m);
		(*m)[i % PER_PAGE] = virt_to_mfn(p2m + i * PER_PAGE);
	}
	shared_info->arch.max_pfn = start_info->nr_pages;
	shared_info->arch.pfn_to_mfn_frame_list_list = virt_to_mfn(top);
}

/* The call's third argument is the frame of start_info. */
static long call_suspend(void)
{
	struct sched_shutdown op = { .reason = SHUTDOWN_suspend };

	return hypercall(__HYPERVISOR_sched_op, SCHEDOP_shutdown,
			 (unsigned long)&op, virt_to_mfn(start_info), 0, 0);
}

int suspend(void)
{
	unsigned long store = start_info->store_mfn;
	unsigned long console = start_info->console.domU.mfn;
	unsigned long shared = (unsigned long)shared_info;
	long result;

	events_disable();
	/* Frames that are named outside of page tables: as pfns. */
	start_info->store_mfn = m2p[store];
	start_info->console.domU.mfn = m2p[console];
	grant_table_unmap();
	hc_update_va_mapping(shared, 0, UVMF_INVLPG);
	result = call_suspend();
	if (hc_update_va_mapping(shared, start_info->shared_info | PTE_KERNEL,
				 UVMF_INVLPG)) {
		panic("no shared page after a suspend");
	}
	if (result) {
		start_info->store_mfn = store;
		start_info->console.domU.mfn = console;
	} else {
		event_forget_all();
		suspend_offer();
	}
	return result;
}
