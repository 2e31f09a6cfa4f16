/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Types of frames: taking one (with validation of what becomes a page table)
 * and giving it back (with its release).  See the picture in mm/frame.h.
 */
#ifndef MM_PAGE_TYPE_H
#define MM_PAGE_TYPE_H

#include "domain/domain.h"
#include "mm/frame_ref.h"
#include "mm/pte.h"

/*
 * Takes a reference and a use of type t on m, which d must own.  0, -EINVAL
 * (not d's, in use as another type, contents not valid), -EBUSY (counts at
 * their limit), or, when `preemptible`, -ERESTART with progress kept.
 */
int page_type_get(mfn_t m, enum frame_type t, struct domain *d,
		  bool preemptible) __must_check;

/*
 * Gives both back.  -ERESTART (only when preemptible): they are given back,
 * but the table still holds what its entries name, as a partial frame; to go
 * on, page_type_settle until it returns 0 (page_put_later does that for a
 * hypercall).
 */
int page_type_put(mfn_t m, bool preemptible);

/* Takes back what a partial table still holds; nothing when m is not partial. */
int page_type_settle(mfn_t m) __must_check;

/*
 * Leaves m to be settled by this vCPU's next call that changes tables, and
 * settles what was left earlier: 0, or -ERESTART.  One call leaves a few at
 * most: a table that turns out bad, and those above it; one that it let go of.
 */
void page_put_later(mfn_t m);
int page_put_pending(void) __must_check;
static inline bool page_put_is_pending(void)
{
	return current->nr_put_later;
}

/*
 * MMUEXT_PIN_*: 0, errors of page_type_get, -EINVAL when it is pinned.
 * MMUEXT_UNPIN_TABLE: 0, -EINVAL, or -ERESTART as page_type_put.
 */
int page_pin(mfn_t m, enum frame_type t, struct domain *d);
int page_unpin(mfn_t m, struct domain *d);

/* Destruction: gives back d's frames; -ERESTART until none is left. */
int domain_relinquish_memory(struct domain *d);

/*
 * Changes one L1 entry at *ptep, in a table on which the caller holds type
 * FT_L1: old entry's references go, the new one's are taken first.  The new
 * entry may name frames of `foreign` (normally the table's owner d).  0,
 * -EINVAL, -EBUSY; nothing is changed unless 0.  Lock-free.
 */
int l1_entry_set(struct domain *d, struct domain *foreign, pte_t *ptep,
		 pte_t new, bool keep_ad);

/*
 * An L1 entry changes from exactly old to new: 0, -EAGAIN when it held
 * something else, or as l1_entry_set.
 */
int l1_entry_cmpxchg(struct domain *d, pte_t *ptep, pte_t old, pte_t new);

/*
 * For batches: takes a use of d's frame m as whatever it is, FT_L1 .. FT_L4 or
 * FT_WRITABLE (FT_NONE: not to be had), and changes entries in it.
 */
enum frame_type pt_use_get(mfn_t m, struct domain *d);
void pt_use_put_last(mfn_t m);
static inline void pt_use_put(mfn_t m)
{
	if (unlikely(!frame_use_put(mfn_to_frame(m)))) {
		pt_use_put_last(m);
	}
}
int pt_entry_set_typed(enum frame_type t, struct domain *d,
		       struct domain *foreign, maddr_t where, pte_t new,
		       bool keep_ad);

/* Writes to page tables that a guest reaches by an ordinary instruction. */
bool ptwr_fault(struct cpu_user_regs *regs, vaddr_t va);

/* Page faults in the LDT window: fills it; false when it is the guest's. */
bool ldt_fault(struct vcpu *v, unsigned int offset);

/* Recomputes every count from scratch and compares; prints what differs. */
unsigned int frame_audit(void);

/* During an audit: a holder of m has so many references and uses. */
void audit_add(mfn_t m, unsigned int refs, unsigned int types);

/* grant/: device mappings that d holds. */
void grant_audit_frames(struct domain *d);

/* ---- mm/validate.c, for mm/page_type.c alone: of a claimed frame ---- */

/*
 * Goes over entries from f->progress on, taking what each names.  0; -ERESTART
 * with f->progress set; or another error, with everything given back but what
 * f->progress says.
 */
int table_validate(struct frame *f, enum frame_type t, struct domain *d,
		   bool preemptible) __must_check;

/* Gives back what entries [0, f->progress) hold: 0, or -ERESTART. */
int table_release(struct frame *f, enum frame_type t, struct domain *d,
		  bool preemptible) __must_check;

#endif
