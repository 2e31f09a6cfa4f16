/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Grant entries: what the granting guest wrote, checked and marked in use by
 * one compare-and-swap on flags and domid together (xen/grant_table.h says
 * how the guest ends a grant: it may clear permit_access only while neither
 * reading nor writing is set, by the same means).
 */
#include "grant/grant_table.h"
#include "lib/printk.h"
#include "mm/page_type.h"

#define MAX_RETRIES	5

/* A pin counter's limit, so that no number of mappings wraps it. */
#define MAX_PINS	(1U << 24)

union entry_word {
	u32 word;
	struct { u16 flags; domid_t domid; };
};

/* Sets reading (and writing) if the entry lets user do so. */
static s16 entry_mark(struct domain *owner, struct grant_entry_v1 *e,
		      domid_t user, bool readonly)
{
	u32 *word = (u32 *)e;
	union entry_word old = { .word = READ_ONCE(*word) }, new;

	for (unsigned int i = 0; i < MAX_RETRIES; i++) {
		if ((old.flags & GTF_type_mask) != GTF_permit_access ||
		    old.domid != user ||
		    (!readonly && (old.flags & GTF_readonly))) {
			return GNTST_general_error;
		}
		new = old;
		new.flags |= GTF_reading | (readonly ? 0 : GTF_writing);
		if (try_cmpxchg(word, &old.word, new.word)) {
			return GNTST_okay;
		}
	}
	guest_printk(LOG_WARNING, owner->id,
		     "grant entry changes all the time\n");
	return GNTST_general_error;
}

static void entry_unmark(struct grant_entry_v1 *e, u16 flags)
{
	__atomic_fetch_and(&e->flags, (u16)~flags, __ATOMIC_SEQ_CST);
}

s16 grant_pin(struct domain *owner, grant_ref_t ref, domid_t user,
	      bool readonly, mfn_t *frame)
{
	struct grant_table *t = owner->grants;
	struct grant_entry_v1 *e;
	struct active_entry *a;
	s16 status = GNTST_okay;
	bool pinned;

	if (ref >= grant_nr_entries(t)) {
		return GNTST_bad_gntref;
	}
	a = grant_active(t, ref);
	e = grant_entry(t, ref);
	spin_lock(&a->lock);
	pinned = a->readers || a->writers;
	if (READ_ONCE(owner->dying) ||
	    (pinned && (a->user != user || a->readers >= MAX_PINS ||
			a->writers >= MAX_PINS))) {
		status = GNTST_general_error;
	} else if (!pinned || (!readonly && !a->writers)) {
		status = entry_mark(owner, e, user, readonly);
	}
	if (status == GNTST_okay) {
		if (!pinned) {
			a->user = user;
			a->frame = mfn(READ_ONCE(e->frame));
		}
		*(readonly ? &a->readers : &a->writers) += 1;
	}
	*frame = a->frame;
	spin_unlock(&a->lock);
	return status;
}

void grant_unpin(struct domain *owner, grant_ref_t ref, bool readonly)
{
	struct grant_table *t = owner->grants;
	struct active_entry *a = grant_active(t, ref);
	struct grant_entry_v1 *e = grant_entry(t, ref);

	spin_lock(&a->lock);
	if (readonly) {
		a->readers--;
	} else if (!--a->writers) {
		entry_unmark(e, GTF_writing);
	}
	if (!a->readers && !a->writers) {
		entry_unmark(e, GTF_reading);
	}
	spin_unlock(&a->lock);
}

int grant_frame_get(struct domain *owner, mfn_t frame, bool readonly)
{
	if (readonly) {
		return frame_get(frame, owner) ? 0 : -EINVAL;
	}
	return page_type_get(frame, FT_WRITABLE, owner, false);
}

void grant_frame_put(mfn_t frame, bool readonly)
{
	if (readonly) {
		frame_put(frame);
	} else {
		(void)page_type_put(frame, false);
	}
}
