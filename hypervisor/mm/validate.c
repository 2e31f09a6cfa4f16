/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Validation of page tables and descriptor pages.  An entry is checked against
 * mm/pte_rules.h, gets the form in which the CPU may see it, and takes what it
 * names: an L1 entry a reference and perhaps a writable use, the others a use
 * of the table one level down.  Only present entries cost anything.
 *
 * Upper levels look at hypercall_preempt() after each entry and stop where
 * they are; progress is kept in the frame.
 */
#include "mm/validate.h"
#include "domain/domain.h"
#include "lib/string.h"
#include "mm/l1_ref.h"
#include "mm/page_type.h"
#include "mm/pte_rules.h"
#include "mm/upcalls.h"
#include "x86/paging.h"

void l4_install_hv_slots(pte_t *l4)
{
	memcpy(&l4[HV_SLOT_FIRST], &hv_l4[HV_SLOT_FIRST],
	       (HV_SLOT_LAST - HV_SLOT_FIRST + 1) * sizeof(pte_t));
}

int table_ref_get(enum frame_type t, struct domain *d, pte_t e,
		  bool preemptible)
{
	if (!pte_table_allowed(e)) {
		return -EINVAL;
	}
	return page_type_get(pte_mfn(e), (enum frame_type)(t - 1), d,
			     preemptible);
}

int table_ref_put(enum frame_type t, pte_t e, bool preemptible)
{
	(void)t;
	return page_type_put(pte_mfn(e), preemptible);
}

static void l1_release(const pte_t *table, unsigned int n, struct domain *d)
{
	for (unsigned int i = 0; i < n; i++) {
		pte_t e = table[i];

		if (i % PTE_BLOCK == 0 && ptes_absent(&table[i])) {
			i += PTE_BLOCK - 1;
		} else if (e & PTE_P) {
			l1_ref_put(d, e);
		}
	}
}

static int l1_validate(pte_t *table, struct domain *d)
{
	for (unsigned int i = 0; i < PTES_PER_TABLE; i++) {
		pte_t e = table[i], adjusted;
		int err;

		if (i % PTE_BLOCK == 0 && ptes_absent(&table[i])) {
			i += PTE_BLOCK - 1;
			continue;
		}
		if (!(e & PTE_P)) {
			continue;
		}
		err = pte_l1_allowed(d, e) ? l1_ref_get(d, d, e) : -EINVAL;
		if (unlikely(err)) {
			guest_printk(LOG_DEBUG, d->id,
				     "L1 entry %u, %lx: refused (%d)\n", i, e,
				     err);
			l1_release(table, i, d);
			return err;
		}
		adjusted = pte_adjust(e);
		if (adjusted != e) {
			WRITE_ONCE(table[i], adjusted);
		}
	}
	return 0;
}

/*
 * In f->progress beside the number: the entry just below it has been put, but
 * its table was left partial, and is to be settled before we go on.
 */
#define PROGRESS_CHILD	0x8000

/* A block of entries without any for us: none present, or ours in an L4. */
static bool skip_block(enum frame_type t, const pte_t *table, unsigned int i)
{
	_Static_assert(HV_SLOT_FIRST % PTE_BLOCK == 0 &&
		       (HV_SLOT_LAST + 1) % PTE_BLOCK == 0, "whole blocks");

	return ptes_absent(&table[i]) ||
	       (t == FT_L4 && !l4_slot_is_guest(i));
}

static int upper_put(struct frame *f, enum frame_type t, pte_t e,
		     bool preemptible)
{
	int err;

	if (!(f->progress & PROGRESS_CHILD)) {
		return table_ref_put(t, e, preemptible);
	}
	do {
		err = page_type_settle(pte_mfn(e));
	} while (err && !preemptible);
	return err;
}

/* Takes back entries [0, f->progress) of an upper-level table. */
static int upper_release(struct frame *f, enum frame_type t, bool preemptible)
{
	pte_t *table = mfn_to_virt(frame_to_mfn(f));
	unsigned int start = f->progress & ~PROGRESS_CHILD;

	for (unsigned int n = start; n; n--) {
		unsigned int i = n - 1;
		pte_t e;

		if (n % PTE_BLOCK == 0 && skip_block(t, table, n - PTE_BLOCK)) {
			n -= PTE_BLOCK - 1;
			continue;
		}
		e = table[i];
		if (!(e & PTE_P)) {
			continue;
		}
		if (preemptible && n != start && hypercall_preempt()) {
			f->progress = (u16)n;
			return -ERESTART;
		}
		if (upper_put(f, t, e, preemptible)) {
			f->progress = (u16)(n | PROGRESS_CHILD);
			return -ERESTART;
		}
		f->progress = (u16)i;
	}
	f->progress = 0;
	return 0;
}

static int upper_validate(struct frame *f, enum frame_type t,
			  struct domain *d, bool preemptible)
{
	pte_t *table = mfn_to_virt(frame_to_mfn(f));
	unsigned int start = f->progress & ~PROGRESS_CHILD;
	int err;

	start -= !!(f->progress & PROGRESS_CHILD);
	for (unsigned int i = start; i < PTES_PER_TABLE; i++) {
		pte_t e;

		if (i % PTE_BLOCK == 0 && skip_block(t, table, i)) {
			i += PTE_BLOCK - 1;
			continue;
		}
		e = table[i];
		if (!(e & PTE_P)) {
			continue;
		}
		f->progress = (u16)i;
		if (preemptible && i > start && hypercall_preempt()) {
			return -ERESTART;
		}
		err = table_ref_get(t, d, e, preemptible);
		if (err == -ERESTART) {
			return err;
		}
		if (err) {
			guest_printk(LOG_DEBUG, d->id,
				     "L%u entry %u, %lx: refused (%d)\n",
				     (unsigned int)(t - FT_L1) + 1, i, e, err);
			(void)upper_release(f, t, false);
			return err;
		}
		if (pte_table_adjust(e) != e) {
			WRITE_ONCE(table[i], pte_table_adjust(e));
		}
	}
	f->progress = PTES_PER_TABLE;
	if (t == FT_L4) {
		l4_install_hv_slots(table);
	}
	return 0;
}

static int desc_validate(u64 *desc)
{
	for (unsigned int i = 0; i < PAGE_SIZE / sizeof(u64); i++) {
		if (!guest_descriptor_ok(&desc[i])) {
			return -EINVAL;
		}
	}
	return 0;
}

int table_validate(struct frame *f, enum frame_type t, struct domain *d,
		   bool preemptible)
{
	void *page = mfn_to_virt(frame_to_mfn(f));

	if (t == FT_L1) {
		return l1_validate(page, d);
	}
	if (t == FT_DESC) {
		return desc_validate(page);
	}
	return upper_validate(f, t, d, preemptible);
}

int table_release(struct frame *f, enum frame_type t, struct domain *d,
		  bool preemptible)
{
	if (t == FT_L1) {
		l1_release(mfn_to_virt(frame_to_mfn(f)), PTES_PER_TABLE, d);
		return 0;
	}
	return upper_release(f, t, preemptible);
}
