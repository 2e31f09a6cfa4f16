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
#include "mm/page_type.h"
#include "lib/string.h"
#include "mm/l1_ref.h"
#include "mm/upcalls.h"
#include "x86/paging.h"

/*
 * In f->progress beside the number: the entry just below it has been put, but
 * its table was left partial, and is to be settled before we go on.
 */
#define PROGRESS_CHILD	0x8000

/* From entry i up, or down, over blocks of entries with none present. */
static __always_inline unsigned int skip_blocks(const pte_t *table,
						unsigned int i, bool down)
{
	const pte_t *p = &table[i], *end = &table[down ? 0 : PTES_PER_TABLE];

	while (p != end && ptes_absent(down ? p - PTE_BLOCK : p)) {
		p += down ? -PTE_BLOCK : PTE_BLOCK;
	}
	return (unsigned int)(p - table);
}

/* Is entry i present, and the guest's? */
static __always_inline bool holds(enum frame_type t, pte_t e, unsigned int i)
{
	return (e & PTE_P) && (t != FT_L4 || l4_slot_is_guest(i));
}

static __always_inline int upper_put(struct frame *f, pte_t e, bool preemptible)
{
	int err;

	if (!(f->progress & PROGRESS_CHILD)) {
		return page_type_put(pte_mfn(e), preemptible);
	}
	do {
		err = page_type_settle(pte_mfn(e));
	} while (err && !preemptible);
	return err;
}

/* Takes back what entries [0, f->progress) hold. */
static __always_inline int entries_release(struct frame *f, enum frame_type t,
					   struct domain *d, bool preemptible)
{
	pte_t *table = mfn_to_virt(frame_to_mfn(f));
	unsigned int start = f->progress & ~PROGRESS_CHILD;

	for (unsigned int n = start; n; n--) {
		pte_t e;

		if (n % PTE_BLOCK == 0) {
			n = skip_blocks(table, n, true);
			if (!n) {
				break;
			}
		}
		e = table[n - 1];
		if (!holds(t, e, n - 1)) {
			continue;
		}
		if (t == FT_L1) {
			l1_ref_put(d, e);
			continue;
		}
		if (preemptible && n != start && hypercall_preempt()) {
			f->progress = (u16)n;
			return -ERESTART;
		}
		if (upper_put(f, e, preemptible)) {
			f->progress = (u16)(n | PROGRESS_CHILD);
			return -ERESTART;
		}
		f->progress = (u16)(n - 1);
	}
	f->progress = 0;
	return 0;
}

static __always_inline int entries_validate(struct frame *f, enum frame_type t,
					    struct domain *d, bool preemptible)
{
	pte_t *table = mfn_to_virt(frame_to_mfn(f));
	unsigned int start = f->progress & ~PROGRESS_CHILD;
	int err;

	start -= !!(f->progress & PROGRESS_CHILD);
	for (unsigned int i = start; i < PTES_PER_TABLE; i++) {
		pte_t e, checked;

		if (i % PTE_BLOCK == 0) {
			i = skip_blocks(table, i, false);
			if (i == PTES_PER_TABLE) {
				break;
			}
		}
		e = table[i];
		if (!holds(t, e, i)) {
			continue;
		}
		if (t != FT_L1) {
			f->progress = (u16)i;
			if (preemptible && i > start && hypercall_preempt()) {
				return -ERESTART;
			}
		}
		checked = pte_checked(t, d, e);
		err = checked ? pt_entry_get(t, d, d, e, preemptible) : -EINVAL;
		if (unlikely(err)) {
			if (err == -ERESTART) {
				return err;
			}
			guest_printk(LOG_DEBUG, d->id,
				     "L%u entry %u, %lx: refused (%d)\n",
				     (unsigned int)(t - FT_L1) + 1, i, e, err);
			f->progress = (u16)i;
			(void)entries_release(f, t, d, preemptible);
			return err;
		}
		if (checked != e) {
			WRITE_ONCE(table[i], checked);
		}
	}
	f->progress = PTES_PER_TABLE;
	if (t == FT_L4) {
		memcpy(&table[HV_SLOT_FIRST], &hv_l4[HV_SLOT_FIRST],
		       (HV_SLOT_LAST - HV_SLOT_FIRST + 1) * sizeof(pte_t));
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

/* L1 tables, which are most, have their own copies of the loops. */
int table_validate(struct frame *f, enum frame_type t, struct domain *d,
		   bool preemptible)
{
	if (t == FT_DESC) {
		return desc_validate(mfn_to_virt(frame_to_mfn(f)));
	}
	return t == FT_L1 ? entries_validate(f, FT_L1, d, false) :
			    entries_validate(f, t, d, preemptible);
}

int table_release(struct frame *f, enum frame_type t, struct domain *d,
		  bool preemptible)
{
	return t == FT_L1 ? entries_release(f, FT_L1, d, false) :
			    entries_release(f, t, d, preemptible);
}
