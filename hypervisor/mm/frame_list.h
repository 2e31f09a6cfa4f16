/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * A domain's list of frames and its count of them, for mm/ only.  A domain
 * with frames holds a reference on itself: as long as somebody maps a frame
 * of a dead domain, its owner is there to be named.
 */
#ifndef MM_FRAME_LIST_H
#define MM_FRAME_LIST_H

#include "domain/domain.h"

/* Takes f off its owner's list: true when it was the last, and the caller
 * must domain_put(d) after it is done with it. */
bool domain_frame_removed(struct domain *d, struct frame *f) __must_check;

/* Takes f off the list that it is on; frame_lock held. */
void domain_frame_unlink(struct domain *d, struct frame *f);

/* Puts count frames from first, already d's, on the list; frame_lock held. */
void domain_frames_added(struct domain *d, mfn_t first, u64 count);

#endif
