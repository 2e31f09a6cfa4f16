/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Physical memory: pages counted by those who use them, and runs of 2^order
 * pages. lib/page.h has the calls that are the same in every keel kernel.
 */
#ifndef KEEL_KERNEL_PAGE_H
#define KEEL_KERNEL_PAGE_H

#include "lib/page.h"

#define MAX_ORDER	10

/* From here on pages are given back for good. All of memory is mapped. */
void page_start(void);

/* A run of pages with one user, not cleared, or NULL. */
void *pages_alloc(unsigned int order);

/* The same, one page, cleared. */
void *page_zeroed(void);

/* One user more; one less, and the last one frees the page or the run. */
void page_get(void *page);
void page_put(void *page);

/* True when nobody else uses the page. */
bool page_is_sole(const void *page);

/* Pages that are free now, and all there are. */
unsigned long page_free_count(void);
unsigned long page_total(void);

/* Small objects; the size that was asked for comes back with them. */
void *object_alloc(size_t size);
void object_free(void *object, size_t size);

#endif
