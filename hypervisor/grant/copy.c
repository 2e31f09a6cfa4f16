/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * GNTTABOP_copy: bytes from one frame to another, each named by a grant or, if
 * it is the caller's own, by its frame number.  The entry stays pinned and the
 * frame referenced for just as long as the copy takes.
 */
#include "grant/grant_table.h"
#include "lib/string.h"
#include "mm/page_type.h"

struct side {
	struct domain *owner;
	mfn_t frame;
	grant_ref_t ref;
	bool is_ref, readonly;
};

static void side_release(struct side *s)
{
	grant_frame_put(s->frame, s->readonly);
	if (s->is_ref) {
		grant_unpin(s->owner, s->ref, s->readonly);
	}
	domain_put(s->owner);
}

static s16 side_take(struct side *s, const struct gnttab_copy_ptr *p,
		     bool is_ref, bool readonly)
{
	s16 status = GNTST_okay;

	if (!is_ref && p->domid != DOMID_SELF) {
		return GNTST_permission_denied;
	}
	s->owner = domain_get_or_self(p->domid);
	if (!s->owner) {
		return GNTST_bad_domain;
	}
	s->is_ref = is_ref;
	s->readonly = readonly;
	s->ref = p->u.ref;
	s->frame = mfn(p->u.gmfn);
	if (is_ref) {
		status = grant_pin(s->owner, s->ref, current->domain->id,
				   readonly, &s->frame);
	}
	if (status == GNTST_okay &&
	    grant_frame_get(s->owner, s->frame, readonly)) {
		status = GNTST_bad_page;
		if (is_ref) {
			grant_unpin(s->owner, s->ref, readonly);
		}
	}
	if (status != GNTST_okay) {
		domain_put(s->owner);
	}
	return status;
}

s16 grant_copy(const struct gnttab_copy *op)
{
	struct side src, dst;
	s16 status;

	if (!range_within(op->source.offset, op->len, PAGE_SIZE) ||
	    !range_within(op->dest.offset, op->len, PAGE_SIZE)) {
		return GNTST_bad_copy_arg;
	}
	status = side_take(&src, &op->source, op->flags & GNTCOPY_source_gref,
			   true);
	if (status != GNTST_okay) {
		return status;
	}
	status = side_take(&dst, &op->dest, op->flags & GNTCOPY_dest_gref,
			   false);
	if (status == GNTST_okay) {
		memmove((char *)mfn_to_virt(dst.frame) + op->dest.offset,
			(char *)mfn_to_virt(src.frame) + op->source.offset,
			op->len);
		side_release(&dst);
	}
	side_release(&src);
	return status;
}
