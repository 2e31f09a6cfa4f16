/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * An entry is published by writing its flags last, and withdrawn by one
 * compare-and-swap that fails while the other side has the page in use.
 */
#include "xen/grant.h"
#include "xen/pagetable.h"

#define NR_ENTRIES	(PAGE_SIZE / sizeof(struct grant_entry_v1))

/* Only its address counts: the table's frame is mapped in its place. */
static char window[PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));
static bool mapped;

volatile struct grant_entry_v1 *grant_table(void)
{
	xen_pfn_t frame;
	struct gnttab_setup_table setup = { .dom = DOMID_SELF, .nr_frames = 1 };
	int err;

	if (mapped) {
		return (void *)window;
	}
	set_xen_guest_handle(setup.frame_list, &frame);
	err = hc_grant_table_op(GNTTABOP_setup_table, &setup, 1);
	if (!err && setup.status == GNTST_okay) {
		err = hc_update_va_mapping((unsigned long)window,
					   pte_make(frame, PTE_KERNEL),
					   UVMF_INVLPG);
	}
	if (err || setup.status != GNTST_okay) {
		panic("no grant table: %d, status %d", err, setup.status);
	}
	mapped = true;
	return (void *)window;
}

void grant_table_unmap(void)
{
	if (mapped) {
		hc_update_va_mapping((unsigned long)window, 0, UVMF_INVLPG);
		mapped = false;
	}
}

grant_ref_t grant_access(domid_t domain, const void *page, bool readonly)
{
	volatile struct grant_entry_v1 *e = grant_table();

	for (grant_ref_t ref = GRANT_FIRST; ref < NR_ENTRIES; ref++) {
		if (e[ref].flags) {
			continue;
		}
		e[ref].domid = domain;
		e[ref].frame = virt_to_mfn(page);
		barrier();
		e[ref].flags = GTF_permit_access |
			       (readonly ? GTF_readonly : 0);
		return ref;
	}
	panic("out of grant entries");
}

bool grant_revoke(grant_ref_t ref)
{
	volatile struct grant_entry_v1 *e = grant_table() + ref;
	uint16_t flags = e->flags;

	do {
		if (flags & (GTF_reading | GTF_writing)) {
			return false;
		}
	} while (!__atomic_compare_exchange_n(&e->flags, &flags, 0, false,
					      __ATOMIC_SEQ_CST,
					      __ATOMIC_SEQ_CST));
	return true;
}
