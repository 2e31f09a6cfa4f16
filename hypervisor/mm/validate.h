/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The contents of what becomes, and ceases to be, a page table or descriptor
 * page.  Called by mm/page_type.c alone, on a frame that it has claimed.
 */
#ifndef MM_VALIDATE_H
#define MM_VALIDATE_H

#include "mm/frame.h"

struct domain;

/*
 * Goes over entries from f->progress on, taking what each names.  0; -ERESTART
 * with f->progress set; or another error, with everything given back.
 */
int table_validate(struct frame *f, enum frame_type t, struct domain *d,
		   bool preemptible) __must_check;

/* Gives back what entries [0, f->progress) hold: 0, or -ERESTART. */
int table_release(struct frame *f, enum frame_type t, struct domain *d,
		  bool preemptible) __must_check;

#endif
