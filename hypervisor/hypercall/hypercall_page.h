/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/* The page of entry stubs, 32 bytes for each call number, that guests call. */
#ifndef HYPERCALL_HYPERCALL_PAGE_H
#define HYPERCALL_HYPERCALL_PAGE_H

/* Fills one page (our view of it). */
void hypercall_page_fill(void *page);

#endif
