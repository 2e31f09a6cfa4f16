/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Pages of ours that the hypervisor copies a guest's data from and to.
 *
 * They are granted to our own domain where that can be done, so that a copy
 * names both its sides by grant reference. Named by address, our side has its
 * page tables walked by domain 0's kernel for each copy, through the tables
 * that a PV guest sees, which costs more than the copy itself. Without
 * /dev/xen/gntalloc, or when its limit is reached, that is what happens.
 */
#ifndef BACKEND_COMMON_OWN_PAGES_H
#define BACKEND_COMMON_OWN_PAGES_H

#include <stdbool.h>
#include <stdint.h>
#include <xengnttab.h>

enum { OWN_PAGE = 4096 };

struct own_pages {
	uint8_t *mem;			/* in one piece */
	uint32_t nr;
	uint32_t *refs;			/* NULL: not granted */
	xengntshr_handle *gntshr;
};

/* @nr pages, granted to domain @self if @gntshr can. 0 or -ENOMEM. */
int own_pages_open(struct own_pages *p, xengntshr_handle *gntshr,
		   uint32_t self, uint32_t nr);
void own_pages_close(struct own_pages *p);

/* Plans a copy of @len bytes between a guest's page and ours, at @mem. */
void own_pages_copy_in(const struct own_pages *p,
		       struct xengnttab_grant_copy_segment *s, uint32_t domid,
		       uint32_t gref, uint16_t offset, uint8_t *mem,
		       uint16_t len);
void own_pages_copy_out(const struct own_pages *p,
			struct xengnttab_grant_copy_segment *s, uint32_t domid,
			uint32_t gref, uint8_t *mem, uint16_t len);

#endif
