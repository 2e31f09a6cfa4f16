/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * GNTTABOP_unmap_grant_ref, in two halves: first the entries go out of the
 * page tables; then, after the TLBs were flushed, what they held is given back
 * and the grant is ended.
 *
 * What the handle maps is claimed first: a second vCPU that unmaps the same
 * one finds nothing.
 */
#include "grant/grant_table.h"
#include "mm/l1_ref.h"

void grant_unmap_begin(struct grant_unmap *u)
{
	u16 kinds = (u16)((u->host_addr ? GNTMAP_host_map : 0) |
			  (u->dev_bus_addr ? GNTMAP_device_map : 0));

	u->old_pte = 0;
	u->done = 0;
	u->status = GNTST_okay;
	if (!maptrack_claim(current->domain->grants, u->handle, kinds,
			    &u->was)) {
		u->was.flags = 0;
		u->status = GNTST_bad_handle;
		return;
	}
	/* What the call asks for, and the handle had; its pin names the frame. */
	kinds &= u->was.flags;
	u->frame = grant_active(u->was.owner->grants, u->was.ref)->frame;
	if (kinds & GNTMAP_device_map &&
	    u->dev_bus_addr != mfn_to_maddr(u->frame).v) {
		u->status = GNTST_bad_dev_addr;
	} else {
		u->done = kinds & GNTMAP_device_map;
	}
	if (u->status == GNTST_okay && kinds & GNTMAP_host_map) {
		u->status = grant_host_take(u->host_addr, u->was.flags,
					    u->frame, &u->old_pte);
		u->done |= u->old_pte ? GNTMAP_host_map : 0;
	}
	u->undone = kinds & (u16)~u->done;
}

void grant_unmap_finish(struct grant_unmap *u)
{
	struct domain *d = current->domain;

	if (!u->was.flags) {
		return;
	}
	if (u->old_pte) {
		l1_ref_put(d, u->old_pte);
	}
	maptrack_end(d->grants, u->handle, &u->was, u->done, u->undone);
}
