/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Pages that the hypervisor copies from and to: see own_pages.h. No planned
 * copy crosses a page of ours; the caller places its data accordingly.
 */
#include "common/own_pages.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <xen/xen.h>

int own_pages_open(struct own_pages *p, xengntshr_handle *gntshr,
		   uint32_t self, uint32_t nr)
{
	memset(p, 0, sizeof(*p));
	p->nr = nr;
	p->refs = gntshr ? calloc(nr, sizeof(p->refs[0])) : NULL;
	if (p->refs) {
		p->gntshr = gntshr;
		p->mem = xengntshr_share_pages(gntshr, self, (int)nr, p->refs,
					       1);
		if (p->mem) {
			return 0;
		}
		free(p->refs);
		p->refs = NULL;
	}
	p->mem = mmap(NULL, (size_t)nr * OWN_PAGE, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p->mem == MAP_FAILED) {
		p->mem = NULL;
		return -ENOMEM;
	}
	return 0;
}

void own_pages_close(struct own_pages *p)
{
	if (p->refs) {
		xengntshr_unshare(p->gntshr, p->mem, p->nr);
		free(p->refs);
	} else if (p->mem) {
		munmap(p->mem, (size_t)p->nr * OWN_PAGE);
	}
	memset(p, 0, sizeof(*p));
}

/* Our side of a copy; the flag that says so, @by_ref or none. */
static uint16_t own_side(const struct own_pages *p,
			 union xengnttab_copy_ptr *side, uint8_t *mem,
			 uint16_t by_ref)
{
	size_t at = (size_t)(mem - p->mem);

	if (!p->refs) {
		side->virt = mem;
		return 0;
	}
	side->foreign.ref = p->refs[at / OWN_PAGE];
	side->foreign.offset = at % OWN_PAGE;
	side->foreign.domid = DOMID_SELF;
	return by_ref;
}

void own_pages_copy_in(const struct own_pages *p,
		       struct xengnttab_grant_copy_segment *s, uint32_t domid,
		       uint32_t gref, uint16_t offset, uint8_t *mem,
		       uint16_t len)
{
	memset(s, 0, sizeof(*s));
	s->source.foreign.ref = gref;
	s->source.foreign.offset = offset;
	s->source.foreign.domid = (uint16_t)domid;
	s->len = len;
	s->flags = GNTCOPY_source_gref |
		   own_side(p, &s->dest, mem, GNTCOPY_dest_gref);
}

void own_pages_copy_out(const struct own_pages *p,
			struct xengnttab_grant_copy_segment *s, uint32_t domid,
			uint32_t gref, uint8_t *mem, uint16_t len)
{
	memset(s, 0, sizeof(*s));
	s->dest.foreign.ref = gref;
	s->dest.foreign.domid = (uint16_t)domid;
	s->len = len;
	s->flags = GNTCOPY_dest_gref |
		   own_side(p, &s->source, mem, GNTCOPY_source_gref);
}
