/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The life of a grant table: made with its domain, grown on demand, and gone
 * when nobody has anything of it mapped (each mapping holds a reference on
 * the domain).
 */
#include "grant/grant_table.h"
#include "mm/alloc.h"

int grant_table_init(struct domain *d, s32 max_frames, s32 max_maptrack)
{
	struct grant_table *t = heap_alloc_pages(TABLE_ORDER);

	if (!t) {
		return -ENOMEM;
	}
	t->max_frames = max_frames < 0 ? DEFAULT_FRAMES :
			min(max((u32)max_frames, 1U), MAX_FRAMES);
	/* A negative number is a large one here. */
	t->max_maptrack_frames = min((u32)max_maptrack, MAX_MAPTRACK_FRAMES);
	t->free_handle = NO_HANDLE;
	d->grants = t;
	return grant_table_grow(d, 1);
}

static int grow_one(struct domain *d, struct grant_table *t)
{
	struct active_entry *a = heap_alloc_pages(ACTIVE_ORDER);
	mfn_t m;

	if (!a) {
		return -ENOMEM;
	}
	m = hv_shared_alloc(d);
	if (mfn_eq(m, INVALID_MFN)) {
		heap_free_pages(a, ACTIVE_ORDER);
		return -ENOMEM;
	}
	t->active[t->nr_frames] = a;
	t->frames[t->nr_frames] = m;
	__atomic_store_n(&t->nr_frames, t->nr_frames + 1, __ATOMIC_RELEASE);
	return 0;
}

int grant_table_grow(struct domain *d, unsigned int n)
{
	struct grant_table *t = d->grants;
	int err = 0;

	if (n > t->max_frames) {
		return -EINVAL;
	}
	spin_lock(&t->lock);
	while (!err && t->nr_frames < n) {
		err = grow_one(d, t);
	}
	spin_unlock(&t->lock);
	return err;
}

void grant_table_free(struct domain *d)
{
	struct grant_table *t = d->grants;

	if (!t) {
		return;
	}
	for (unsigned int i = 0; i < t->nr_frames; i++) {
		hv_shared_free(t->frames[i]);
		heap_free_pages(t->active[i], ACTIVE_ORDER);
	}
	for (unsigned int i = 0; i < t->nr_maptrack_frames; i++) {
		heap_free_pages(t->maptrack[i], 0);
	}
	heap_free_pages(t, TABLE_ORDER);
	d->grants = NULL;
}
