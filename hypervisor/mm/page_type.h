/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Types of frames: taking one (with validation of what becomes a page table)
 * and giving it back (with its release).  See the picture in mm/frame.h.
 */
#ifndef MM_PAGE_TYPE_H
#define MM_PAGE_TYPE_H

#include "mm/frame.h"
#include "mm/pte.h"

struct vcpu;

/*
 * Takes a reference and a use of type t on m, which d must own.  0, -EINVAL
 * (not d's, in use as another type, contents not valid), -EBUSY (counts at
 * their limit), or, when `preemptible`, -ERESTART with progress kept.
 */
int page_type_get(mfn_t m, enum frame_type t, struct domain *d,
		  bool preemptible) __must_check;

/* Gives both back; as above, -ERESTART only when preemptible. */
int page_type_put(mfn_t m, bool preemptible);

/* MMUEXT_PIN_*, MMUEXT_UNPIN_TABLE.  Progress lives in the frame. */
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

/* An entry of any level; takes what it needs on the table, as mmu_update. */
int pt_entry_set(struct domain *d, struct domain *foreign, maddr_t where,
		 pte_t new, bool keep_ad);

/*
 * The L1 entry that maps va in the tables of the current vCPU, read only
 * (0 if there is none); and the frame and address of the entry itself.
 */
pte_t guest_walk_l1(vaddr_t va, maddr_t *where);

/* Makes an L4's hypervisor slots ours; called when it becomes FT_L4. */
void l4_install_hv_slots(pte_t *l4);

/* Writes to page tables that a guest reaches by an ordinary instruction. */
bool ptwr_fault(struct cpu_user_regs *regs, vaddr_t va);

/* Page faults in the LDT window: fills it; false when it is the guest's. */
bool ldt_fault(struct vcpu *v, unsigned int offset);

/* Recomputes every count from scratch and compares; prints what differs. */
unsigned int frame_audit(void);

#endif
