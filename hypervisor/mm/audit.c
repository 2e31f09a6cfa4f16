/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The audit: recomputes from scratch how many references and type uses each
 * frame of a domain must have, and compares.  Sources are the allocation,
 * pins, entries of valid tables, partial tables, what vCPUs hold, frames of
 * ours that are shared, and device mappings of grants.  A free frame's word is
 * as it was made.  Only meaningful while no guest runs: the caller sees to that.
 */
#include "lib/printk.h"
#include "mm/alloc.h"
#include "mm/page_type.h"
#include "mm/pte_rules.h"

#define MAX_LINES	32

/* Of each frame, the counts as its state word should have them. */
static u64 *expected;

void audit_add(mfn_t m, unsigned int refs, unsigned int types)
{
	if (m.v < max_mfn) {
		expected[m.v] += refs * FS_REF_ONE + types * FS_TYPE_REF_ONE;
	}
}

static void add_table(mfn_t m, enum frame_type t, unsigned int n)
{
	const pte_t *table = mfn_to_virt(m);

	for (unsigned int i = 0; i < n; i++) {
		pte_t e = table[i];

		if (!(e & PTE_P) || (t == FT_L4 && !l4_slot_is_guest(i)) ||
		    !mfn_valid(pte_mfn(e))) {
			continue;
		}
		audit_add(pte_mfn(e), 1, t != FT_L1 || (e & PTE_RW));
	}
}

static void add_frame(mfn_t m)
{
	const struct frame *f = mfn_to_frame(m);
	enum frame_type t = frame_type_of(f->state);
	unsigned int uses = !!(f->flags & FRAME_HV) +
			    !!(f->state & FS_PINNED) +
			    !!(f->state & FS_PARTIAL);

	audit_add(m, uses + !!(f->flags & FRAME_ALLOCATED), uses);
	if (f->state & FS_PARTIAL) {
		/* Bit 15: the last one has been put (mm/validate.c). */
		add_table(m, t, (f->progress & 0x7fffU) -
				(f->progress >> 15));
	} else if (frame_type_is_table(t) && (f->state & FS_VALID) &&
		   (f->state & FS_TYPE_REF_MASK)) {
		add_table(m, t, PTES_PER_TABLE);
	}
}

static void add_vcpu(const struct vcpu *v)
{
	unsigned int gdt_pages = DIV_ROUND_UP(v->pv.gdt_entries, 512);

	audit_add(v->pv.root_kernel, 1, 1);
	audit_add(v->pv.root_user, 1, 1);
	audit_add(v->info_mfn, 1, 1);
	for (unsigned int i = 0; i < gdt_pages; i++) {
		audit_add(v->pv.gdt_frames[i], 1, 1);
	}
	for (unsigned int i = 0; i < 16; i++) {
		if (v->pv.ldt_mapped & (1U << i)) {
			audit_add(v->pv.ldt_frames[i], 1, 1);
		}
	}
}

static int add_domain(struct domain *d, void *arg)
{
	struct vcpu *v;

	(void)arg;
	for_each_vcpu(d, v) {
		add_vcpu(v);
	}
	grant_audit_frames(d);
	return 0;
}

/* A domain's frame has its counts; one that nobody has, nothing. */
static bool state_ok(u64 s, u64 counts)
{
	unsigned int owner = frame_owner_id(s);

	return owner < DOMID_FIRST_RESERVED ? (s & FS_COUNTS) == counts :
	       owner == OWNER_HV || owner == OWNER_IO ||
	       s == FS_OWNER(OWNER_FREE);
}

static unsigned int compare(void)
{
	unsigned int bad = 0;

	for (unsigned long m = 0; m < max_mfn; m++) {
		u64 s = frame_table[m].state;

		if (!state_ok(s, expected[m]) && bad++ < MAX_LINES) {
			log_error("audit: mfn %lx of d%u: state %lx, expected counts %lx\n",
				  m, frame_owner_id(s), s, expected[m]);
		}
	}
	return bad;
}

unsigned int frame_audit(void)
{
	u64 bytes = max_mfn * sizeof(*expected);
	unsigned int order = 0, bad;

	while ((PAGE_SIZE << order) < bytes) {
		order++;
	}
	expected = heap_alloc_pages(order);
	if (!expected) {
		log_error("audit: not enough memory\n");
		return ~0U;
	}
	for (unsigned long m = 0; m < max_mfn; m++) {
		if (frame_owner_id(frame_table[m].state) <
		    DOMID_FIRST_RESERVED) {
			add_frame(mfn(m));
		}
	}
	(void)domain_for_each(0, add_domain, NULL);
	bad = compare();
	heap_free_pages(expected, order);
	return bad;
}
