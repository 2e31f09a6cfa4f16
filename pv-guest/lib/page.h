/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The physical page allocator: single pages of the domain's own memory,
 * named by their address in the kernel's linear map.
 */
#ifndef KEEL_LIB_PAGE_H
#define KEEL_LIB_PAGE_H

#include "lib/lib.h"

/* Hands the pages [first, end) of pseudo-physical memory to the allocator. */
void page_init(unsigned long first_pfn, unsigned long end_pfn);

/* A zeroed, writable page; panics when memory is exhausted. */
void *page_alloc(void);

/* Gives back a page that page_alloc returned and that is writable again. */
void page_free(void *page);

/* Pages that page_alloc could give now. */
unsigned long page_available(void);

/* Pages out of the allocator now: a test ends with the number it began with. */
unsigned long page_in_use(void);

#endif
