/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The audit of grants: every pin of an entry belongs to a mapping, every
 * handle is in use or in the free list.  Only meaningful while no guest runs.
 */
#include "grant/grant_table.h"
#include "mm/page_type.h"

/* Frames held by device mappings, for frame_audit. */
void grant_audit_frames(struct domain *d)
{
	struct grant_table *t = d->grants;
	struct maptrack *m;

	for (u32 h = 0; t && (m = maptrack_at(t, h)) != NULL; h++) {
		if (m->flags & GNTMAP_device_map) {
			audit_add(grant_active(m->owner->grants,
					       m->ref)->frame, 1,
				  !(m->flags & GNTMAP_readonly));
		}
	}
}

/* Adds d's mappings to the pins of what they map, or takes them off. */
static int count_pins(struct domain *d, void *sign)
{
	struct grant_table *t = d->grants;
	struct maptrack *m;

	for (u32 h = 0; t && (m = maptrack_at(t, h)) != NULL; h++) {
		if (m->flags & GNTMAP_KINDS) {
			struct active_entry *a =
				grant_active(m->owner->grants, m->ref);

			*(m->flags & GNTMAP_readonly ? &a->readers :
			  &a->writers) += *(u32 *)sign;
		}
	}
	return 0;
}

static bool handles_agree(struct grant_table *t)
{
	u32 total = t->nr_maptrack_frames * (u32)MAPTRACKS_PER_FRAME, n = 0;

	for (u32 h = 0; h < total; h++) {
		n += maptrack_at(t, h)->owner != NULL;
	}
	for (u32 h = t->free_handle; h != NO_HANDLE && n <= total;
	     h = maptrack_at(t, h)->ref) {
		n++;
	}
	return n == total;
}

static int count_wrong(struct domain *d, void *bad)
{
	struct grant_table *t = d->grants;

	for (u32 r = 0; t && r < grant_nr_entries(t); r++) {
		struct active_entry *a = grant_active(t, r);

		*(unsigned int *)bad += a->readers || a->writers;
	}
	*(unsigned int *)bad += t && !handles_agree(t);
	return 0;
}

/* With every mapping's pins taken off, none may be left. */
unsigned int grant_audit(void)
{
	unsigned int bad = 0;
	u32 sign = -1U;

	(void)domain_for_each(0, count_pins, &sign);
	(void)domain_for_each(0, count_wrong, &bad);
	sign = 1;
	(void)domain_for_each(0, count_pins, &sign);
	return bad;
}
