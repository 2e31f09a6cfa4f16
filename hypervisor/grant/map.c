/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * GNTTABOP_map_grant_ref: pin the entry, take a handle, put the frame into the
 * caller's tables.  Each step that fails undoes those before it.
 */
#include "grant/grant_table.h"
#include "mm/page_type.h"
#include "mm/pte.h"

static pte_t mapping_pte(mfn_t frame, u32 flags)
{
	pte_t e = pte_make(frame, PTE_P | PTE_A | PTE_D);

	if (!(flags & GNTMAP_readonly)) {
		e |= PTE_RW;
	}
	if (flags & GNTMAP_application_map) {
		e |= PTE_US;
	}
	/* GNTMAP_guest_avail bits are for bits 9..11 of the entry. */
	return e | ((u64)(flags >> _GNTMAP_guest_avail0) & 7) << 9;
}

static int device_ref_get(struct domain *owner, mfn_t frame, bool readonly)
{
	if (readonly) {
		return frame_get(frame, owner) ? 0 : -EINVAL;
	}
	return page_type_get(frame, FT_WRITABLE, owner, false);
}

static void device_ref_put(mfn_t frame, bool readonly)
{
	if (readonly) {
		frame_put(frame);
	} else {
		(void)page_type_put(frame, false);
	}
}

/* What the pinned frame's mapping needs: a device's share, a host's share. */
static s16 map_frame(const struct gnttab_map_grant_ref *op,
		     struct domain *owner, mfn_t frame)
{
	bool readonly = op->flags & GNTMAP_readonly;
	s16 status;

	if (op->flags & GNTMAP_device_map &&
	    device_ref_get(owner, frame, readonly)) {
		return GNTST_bad_page;
	}
	if (!(op->flags & GNTMAP_host_map)) {
		return GNTST_okay;
	}
	status = grant_host_map(op->host_addr, op->flags, owner,
				mapping_pte(frame, op->flags));
	if (status != GNTST_okay && op->flags & GNTMAP_device_map) {
		device_ref_put(frame, readonly);
	}
	return status;
}

/* One pin for each kind of mapping. */
static s16 pin_kinds(struct domain *owner, grant_ref_t ref, u32 flags,
		     mfn_t *frame)
{
	domid_t user = current->domain->id;
	bool readonly = flags & GNTMAP_readonly;
	s16 status = grant_pin(owner, ref, user, readonly, frame);

	if (status == GNTST_okay && (flags & GNTMAP_KINDS) == GNTMAP_KINDS) {
		status = grant_pin(owner, ref, user, readonly, frame);
		if (status != GNTST_okay) {
			grant_unpin(owner, ref, readonly);
		}
	}
	return status;
}

static void unpin_kinds(struct domain *owner, grant_ref_t ref, u32 flags)
{
	grant_unpin(owner, ref, flags & GNTMAP_readonly);
	if ((flags & GNTMAP_KINDS) == GNTMAP_KINDS) {
		grant_unpin(owner, ref, flags & GNTMAP_readonly);
	}
}

/* The handle keeps the owner's reference when all went well. */
static s16 map_from(struct gnttab_map_grant_ref *op, struct domain *owner)
{
	struct grant_table *mine = current->domain->grants;
	struct maptrack *track;
	u32 handle;
	mfn_t frame;
	s16 status;

	status = pin_kinds(owner, op->ref, op->flags, &frame);
	if (status != GNTST_okay) {
		return status;
	}
	handle = maptrack_get(mine);
	if (handle == NO_HANDLE) {
		status = GNTST_no_space;
		goto out_unpin;
	}
	status = map_frame(op, owner, frame);
	if (status != GNTST_okay) {
		goto out_put_handle;
	}
	track = maptrack_at(mine, handle);
	track->owner = owner;
	track->ref = op->ref;
	__atomic_store_n(&track->flags,
			 op->flags & (GNTMAP_KINDS | GNTMAP_readonly |
				      GNTMAP_contains_pte), __ATOMIC_RELEASE);
	op->handle = handle;
	op->dev_bus_addr = mfn_to_maddr(frame).v;
	return GNTST_okay;

out_put_handle:
	maptrack_put(mine, handle);
out_unpin:
	unpin_kinds(owner, op->ref, op->flags);
	return status;
}

void grant_map(struct gnttab_map_grant_ref *op)
{
	struct domain *owner;

	if (!(op->flags & GNTMAP_KINDS)) {
		op->status = GNTST_bad_gntref;
		return;
	}
	owner = domain_get_by_id(op->dom);
	if (!owner) {
		op->status = GNTST_bad_domain;
		return;
	}
	op->status = map_from(op, owner);
	if (op->status != GNTST_okay) {
		domain_put(owner);
	}
}
