/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Handles: a domain's own record of what it has mapped from others.  Pages of
 * records are added as they are needed and never go; free ones are linked
 * through their ref.
 */
#include "grant/grant_table.h"
#include "mm/alloc.h"
#include "mm/page_type.h"
#include "mm/upcalls.h"

struct maptrack *maptrack_at(struct grant_table *t, u32 handle)
{
	u32 page = handle / MAPTRACKS_PER_FRAME;

	if (page >= __atomic_load_n(&t->nr_maptrack_frames,
				    __ATOMIC_ACQUIRE)) {
		return NULL;
	}
	return &t->maptrack[page][handle % MAPTRACKS_PER_FRAME];
}

/* Adds a page of free handles; maptrack_lock held. */
static bool maptrack_grow(struct grant_table *t)
{
	u32 first = t->nr_maptrack_frames * (u32)MAPTRACKS_PER_FRAME;
	struct maptrack *page;

	if (t->nr_maptrack_frames == t->max_maptrack_frames) {
		return false;
	}
	page = heap_alloc_pages(0);
	if (!page) {
		return false;
	}
	for (u32 i = 0; i < MAPTRACKS_PER_FRAME; i++) {
		page[i].ref = first + i + 1;
	}
	page[MAPTRACKS_PER_FRAME - 1].ref = t->free_handle;
	t->maptrack[t->nr_maptrack_frames] = page;
	__atomic_store_n(&t->nr_maptrack_frames, t->nr_maptrack_frames + 1,
			 __ATOMIC_RELEASE);
	t->free_handle = first;
	return true;
}

u32 maptrack_get(struct grant_table *t)
{
	u32 handle = NO_HANDLE;

	spin_lock(&t->maptrack_lock);
	if (t->free_handle != NO_HANDLE || maptrack_grow(t)) {
		handle = t->free_handle;
		t->free_handle = maptrack_at(t, handle)->ref;
		maptrack_at(t, handle)->busy = 1;
	}
	spin_unlock(&t->maptrack_lock);
	return handle;
}

bool maptrack_claim(struct grant_table *t, u32 handle, u16 kinds,
		    struct maptrack *was)
{
	struct maptrack *m = maptrack_at(t, handle);
	bool there;

	if (!m) {
		return false;
	}
	spin_lock(&t->maptrack_lock);
	there = m->flags & GNTMAP_KINDS;
	if (there) {
		*was = *m;
		m->flags &= (u16)~kinds;
		m->busy++;
	}
	spin_unlock(&t->maptrack_lock);
	return there;
}

bool maptrack_settle(struct grant_table *t, u32 handle, u16 flags)
{
	struct maptrack *m = maptrack_at(t, handle);
	bool last;

	spin_lock(&t->maptrack_lock);
	m->flags |= flags;
	m->busy--;
	last = !m->busy && !(m->flags & GNTMAP_KINDS);
	if (last) {
		*m = (struct maptrack){ .ref = t->free_handle };
		t->free_handle = handle;
	}
	spin_unlock(&t->maptrack_lock);
	return last;
}

void maptrack_end(struct grant_table *t, u32 handle,
		  const struct maptrack *was, u16 done, u16 undone)
{
	bool readonly = was->flags & GNTMAP_readonly;

	if (done & GNTMAP_device_map) {
		grant_frame_put(grant_active(was->owner->grants,
					     was->ref)->frame, readonly);
	}
	if (maptrack_settle(t, handle, undone)) {
		grant_unpin(was->owner, was->ref, readonly);
		domain_put(was->owner);
	}
}

/*
 * The domain dies: its page tables give back what its mappings hold when they
 * go; here the pins end, and what device mappings hold.
 */
int grant_release_mappings(struct domain *d)
{
	struct grant_table *t = d->grants;
	struct maptrack was;

	while (maptrack_at(t, t->release_at)) {
		u32 handle = t->release_at++;

		if (maptrack_claim(t, handle, GNTMAP_KINDS, &was)) {
			maptrack_end(t, handle, &was, was.flags, 0);
		}
		if (t->release_at % 64 == 0 && hypercall_preempt()) {
			return -ERESTART;
		}
	}
	return 0;
}
