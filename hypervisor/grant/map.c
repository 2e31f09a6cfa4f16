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

/* The handle keeps the pin and the owner's reference when all went well. */
static s16 map_from(struct gnttab_map_grant_ref *op, struct domain *owner)
{
	struct grant_table *mine = current->domain->grants;
	bool readonly = op->flags & GNTMAP_readonly;
	struct maptrack *track;
	u32 handle;
	mfn_t frame;
	s16 status = grant_pin(owner, op->ref, current->domain->id, readonly,
			       &frame);

	if (status != GNTST_okay) {
		return status;
	}
	handle = maptrack_get(mine);
	if (handle == NO_HANDLE) {
		status = GNTST_no_space;
		goto out_unpin;
	}
	if (op->flags & GNTMAP_device_map &&
	    grant_frame_get(owner, frame, readonly)) {
		status = GNTST_bad_page;
		goto out_put_handle;
	}
	if (op->flags & GNTMAP_host_map) {
		status = grant_host_map(op->host_addr, op->flags, owner,
					mapping_pte(frame, op->flags));
	}
	if (status != GNTST_okay) {
		goto out_put_frame;
	}
	track = maptrack_at(mine, handle);
	track->owner = owner;
	track->ref = op->ref;
	track->busy = 0;
	__atomic_store_n(&track->flags,
			 op->flags & (GNTMAP_KINDS | GNTMAP_readonly |
				      GNTMAP_contains_pte), __ATOMIC_RELEASE);
	op->handle = handle;
	op->dev_bus_addr = mfn_to_maddr(frame).v;
	return GNTST_okay;

out_put_frame:
	if (op->flags & GNTMAP_device_map) {
		grant_frame_put(frame, readonly);
	}
out_put_handle:
	(void)maptrack_settle(mine, handle, 0);
out_unpin:
	grant_unpin(owner, op->ref, readonly);
	return status;
}

s16 grant_map(struct gnttab_map_grant_ref *op)
{
	struct domain *owner;
	s16 status;

	if (!(op->flags & GNTMAP_KINDS)) {
		return GNTST_bad_gntref;
	}
	owner = domain_get_by_id(op->dom);
	if (!owner) {
		return GNTST_bad_domain;
	}
	status = map_from(op, owner);
	if (status != GNTST_okay) {
		domain_put(owner);
	}
	return status;
}
