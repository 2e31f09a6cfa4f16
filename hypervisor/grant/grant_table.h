/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * A domain's grant table, from inside: the frames that it shares with us, our
 * own word on each entry (who uses it, how often), and the maptrack: what the
 * domain itself has mapped from others, by handle.
 *
 *   entry     guest's word in the shared frame, changed by both sides with
 *             compare-and-swap: permit_access, then reading/writing from us
 *   active    ours: pins of the one domain that uses the entry now
 *   maptrack  the mapping domain's: (handle) -> domain, reference, rights
 *
 * Locks, in this order: table lock (growth), active lock (one entry), and
 * beside them the maptrack lock (free list of handles; innermost).
 */
#ifndef GRANT_GRANT_TABLE_H
#define GRANT_GRANT_TABLE_H

#include "grant/grant.h"
#include "lib/lock.h"

#define ENTRIES_PER_FRAME	(PAGE_SIZE / sizeof(struct grant_entry_v1))
#define ACTIVE_ORDER		2	/* pages for one frame's active entries */
#define DEFAULT_FRAMES		64U
#define MAX_FRAMES		480U
#define MAX_MAPTRACK_FRAMES	1024U	/* the default, too */

struct active_entry {
	spinlock_t lock;
	domid_t user;			/* who holds the pins */
	u32 readers, writers;		/* pins */
	mfn_t frame;			/* while pinned */
};

_Static_assert(sizeof(struct active_entry) * ENTRIES_PER_FRAME <=
	       PAGE_SIZE << ACTIVE_ORDER, "fits");

struct maptrack {
	struct domain *owner;		/* whose grant; referenced */
	u32 ref;
	u16 flags;			/* GNTMAP_*, no kind: nothing mapped */
	u16 busy;			/* unmappings that are under way */
};

#define GNTMAP_KINDS	(GNTMAP_device_map | GNTMAP_host_map)

#define MAPTRACKS_PER_FRAME	(PAGE_SIZE / sizeof(struct maptrack))

struct grant_table {
	spinlock_t lock;		/* growth */
	unsigned int nr_frames, max_frames;
	mfn_t frames[MAX_FRAMES];
	struct active_entry *active[MAX_FRAMES];

	spinlock_t maptrack_lock;
	unsigned int nr_maptrack_frames, max_maptrack_frames;
	struct maptrack *maptrack[MAX_MAPTRACK_FRAMES];
	u32 free_handle;		/* list through maptrack.ref; NO_HANDLE */
	u32 release_at;			/* destruction's progress: a handle */
};

#define TABLE_ORDER	2
_Static_assert(sizeof(struct grant_table) <= PAGE_SIZE << TABLE_ORDER, "fits");

#define NO_HANDLE	0xffffffffU

/* Entries that exist so far. */
static inline u32 grant_nr_entries(const struct grant_table *t)
{
	return __atomic_load_n(&t->nr_frames, __ATOMIC_ACQUIRE) *
	       (u32)ENTRIES_PER_FRAME;
}

static inline struct active_entry *grant_active(struct grant_table *t,
						grant_ref_t ref)
{
	return &t->active[ref / ENTRIES_PER_FRAME][ref % ENTRIES_PER_FRAME];
}

static inline struct grant_entry_v1 *grant_entry(struct grant_table *t,
						 grant_ref_t ref)
{
	struct grant_entry_v1 *page =
		mfn_to_virt(t->frames[ref / ENTRIES_PER_FRAME]);

	return &page[ref % ENTRIES_PER_FRAME];
}

/* Makes the table at least n frames: 0, -EINVAL (limit), -ENOMEM. */
int grant_table_grow(struct domain *d, unsigned int n);

/*
 * Pins entry `ref` of owner for user, for reading or writing, and says which
 * frame it grants; a reference on the frame is the caller's business (the
 * frame is the owner's own, or the pin fails).  GNTST_*.
 */
s16 grant_pin(struct domain *owner, grant_ref_t ref, domid_t user,
	      bool readonly, mfn_t *frame);

/* Ends one pin; the last one clears the entry's reading, writing flags. */
void grant_unpin(struct domain *owner, grant_ref_t ref, bool readonly);

/* What a pinned frame needs that is read or written without an entry. */
int grant_frame_get(struct domain *owner, mfn_t frame, bool readonly);
void grant_frame_put(mfn_t frame, bool readonly);

/*
 * A new handle, busy until it is filled in or settled: NO_HANDLE when there is
 * no room.  An entry by handle, or NULL.
 */
u32 maptrack_get(struct grant_table *t);
struct maptrack *maptrack_at(struct grant_table *t, u32 handle);

/*
 * Takes those kinds that the handle still has; *was is how it was before.
 * False: no such mapping.  Then maptrack_settle, with what it (still) maps:
 * true when the handle is free now, and its pin and the reference on the
 * owner the caller's.
 */
bool maptrack_claim(struct grant_table *t, u32 handle, u16 kinds,
		    struct maptrack *was);
bool maptrack_settle(struct grant_table *t, u32 handle, u16 flags);

/* The same after an unmapping, the handle's references given back. */
void maptrack_end(struct grant_table *t, u32 handle,
		  const struct maptrack *was, u16 done, u16 undone);

/*
 * A mapping in the current domain's own L1 tables, at an address or at the
 * machine address of an entry.  host_map puts e in and takes what it holds;
 * host_take takes out an entry that maps `frame` (writable if so) and hands it
 * out: its references are the caller's.  GNTST_*.
 */
s16 grant_host_map(u64 host_addr, u32 flags, struct domain *owner, u64 e);
s16 grant_host_take(u64 host_addr, u32 flags, mfn_t frame, u64 *old);

/* The operations; each works on one element, and returns its status. */
s16 grant_map(struct gnttab_map_grant_ref *op);
s16 grant_copy(const struct gnttab_copy *op);

/* One unmapping, between its two halves: a TLB flush goes in between. */
struct grant_unmap {
	/* in */
	u64 host_addr, dev_bus_addr;
	u32 handle;
	/* between */
	u64 old_pte;			/* to be given back; 0: none */
	struct maptrack was;		/* the handle; no flags: none */
	mfn_t frame;
	u16 done, undone;		/* GNTMAP_*, of the kinds asked for */
	/* out */
	s16 status;
};

void grant_unmap_begin(struct grant_unmap *u);
void grant_unmap_finish(struct grant_unmap *u);

#endif
