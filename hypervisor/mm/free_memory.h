/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The allocator's inside, for the rest of mm/: scrubbing and claims.
 */
#ifndef MM_FREE_MEMORY_H
#define MM_FREE_MEMORY_H

#include "mm/frame.h"

/* frames_alloc for a caller who holds a claim on own_claim free frames. */
mfn_t frames_alloc_claimed(unsigned int order, u32 flags, u64 own_claim);

/* Flushes TLBs older than stamp, then zeroes the frames if `scrub`. */
void frames_scrub(mfn_t m, unsigned int order, u32 stamp, bool scrub);

/* Reserves `take` free frames, or -ENOMEM; or returns `give_back` of them. */
int claims_change(u64 take, u64 give_back);

#endif
