/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Free memory: a buddy allocator of frames, and small objects for ourselves.
 * Frames are scrubbed when they are given out: who gets one never sees an
 * earlier owner's bytes, unless he asked for that (domain 0 at boot).
 */
#ifndef MM_ALLOC_H
#define MM_ALLOC_H

#include "mm/frame.h"

#define ALLOC_NO_SCRUB		0x1	/* as it is: domain 0 at boot */
#define ALLOC_BITS_SHIFT	8	/* addresses below 2^n; n > 12 */
#define ALLOC_BITS(n)		((u32)(n) << ALLOC_BITS_SHIFT)

/* Boot: first states of all frames; free RAM goes to the allocator. */
void mm_init(void);

/*
 * 2^order frames, aligned to their size, owned by nobody, zero; or INVALID_MFN.
 * Of free frames that are claimed, the caller may have own_claim.  Interrupts
 * are on, since other CPUs may have to flush.
 */
mfn_t frames_alloc(unsigned int order, u32 flags, u64 own_claim);
void frames_free(mfn_t m, unsigned int order);

/* Boot: RAM that nobody has owned since power-on. */
void frames_add_range(mfn_t from, mfn_t to);

/* Free ones; of these, domains have claimed so many (XENMEM_claim_pages). */
extern u64 nr_free_frames, nr_claimed_frames;

/* Claims more, or -ENOMEM; or gives back. */
int claims_change(s64 by);

/*
 * Allocates 2^order frames for d, with the allocation reference held, on d's
 * list, counted in d->tot_pages; contents zero.  -ENOMEM, or -E2BIG when d
 * would go past max_pages, or -EINVAL when it is dying.
 */
int domain_frames_alloc(struct domain *d, unsigned int order, u32 flags,
			mfn_t *out);

/*
 * XENMEM_claim_pages: sets free frames aside until d has `pages` in all; 0
 * gives back what it has not used.  0, -EINVAL, -ENOMEM.
 */
int domain_claim_pages(struct domain *d, u64 pages);

/*
 * A zeroed frame of ours that a guest shares (shared_info, grant table): owned
 * by d, writable by it, kept until hv_shared_free.  On no list
 * and not counted in tot_pages.
 */
mfn_t hv_shared_alloc(struct domain *d);
void hv_shared_free(mfn_t m);

/* Zeroed memory for ourselves, up to a page; NULL when there is none. */
void *heap_alloc(size_t size);
void heap_free(void *p);
void *heap_alloc_pages(unsigned int order);	/* zeroed, owner OWNER_HV */
void heap_free_pages(void *p, unsigned int order);

#endif
