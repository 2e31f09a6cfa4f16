/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The life of a grant table: made with its domain, grown on demand, and gone
 * when nobody has anything of it mapped (each mapping holds a reference on
 * the domain).
 */
#include "grant/grant_table.h"
#include "lib/printk.h"
#include "mm/alloc.h"

static int arrays_alloc(struct grant_table *t)
{
	t->frames = heap_alloc(t->max_frames * sizeof(*t->frames));
	t->active = heap_alloc(t->max_frames * sizeof(*t->active));
	t->maptrack = heap_alloc_pages(1);
	return t->frames && t->active && t->maptrack ? 0 : -ENOMEM;
}

int grant_table_init(struct domain *d, s32 max_frames, s32 max_maptrack)
{
	const unsigned int frames_limit = PAGE_SIZE / sizeof(mfn_t);
	const unsigned int maptrack_limit = 2 * PAGE_SIZE / sizeof(void *);
	struct grant_table *t = heap_alloc(sizeof(*t));

	if (!t) {
		return -ENOMEM;
	}
	t->max_frames = max_frames < 0 ? DEFAULT_FRAMES :
					 (unsigned int)max_frames;
	t->max_frames = max(t->max_frames, 1U);
	t->max_frames = min(t->max_frames, frames_limit);
	t->max_maptrack_frames = max_maptrack < 0 ? DEFAULT_MAPTRACK_FRAMES :
						(unsigned int)max_maptrack;
	t->max_maptrack_frames = min(t->max_maptrack_frames, maptrack_limit);
	t->free_handle = NO_HANDLE;
	d->grants = t;
	if (arrays_alloc(t) || grant_table_grow(d, 1)) {
		grant_table_free(d);
		return -ENOMEM;
	}
	return 0;
}

static int grow_one(struct domain *d, struct grant_table *t)
{
	struct active_entry *a = heap_alloc_pages(ACTIVE_ORDER);
	mfn_t m;

	if (!a) {
		return -ENOMEM;
	}
	m = hv_shared_alloc(d, true);
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
	heap_free(t->frames);
	heap_free(t->active);
	heap_free_pages(t->maptrack, 1);
	heap_free(t);
	d->grants = NULL;
}

int grant_frame_mfn(struct domain *d, unsigned int idx, mfn_t *out)
{
	int err = grant_table_grow(d, idx + 1);

	if (!err) {
		*out = d->grants->frames[idx];
	}
	return err;
}

unsigned int grant_frames_in_use(const struct domain *d)
{
	return d->grants ? d->grants->nr_frames : 0;
}

unsigned int grant_frames_max(const struct domain *d)
{
	return d->grants ? d->grants->max_frames : 0;
}

void grant_dump(struct domain *d)
{
	struct grant_table *t = d->grants;

	if (!t) {
		return;
	}
	log_info("d%u: grant table, %u of %u frames\n", d->id, t->nr_frames,
		 t->max_frames);
	for (u32 ref = 0; ref < grant_nr_entries(t); ref++) {
		struct active_entry *a = grant_active(t, ref);
		struct grant_entry_v1 *e = grant_entry(t, ref);

		if (a->readers || a->writers) {
			log_info("  %u: to d%u, mfn %lx, flags %x, %u readers, %u writers\n",
				 ref, a->user, a->frame.v, e->flags,
				 a->readers, a->writers);
		}
	}
}
