/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * GNTTABOP_unmap_grant_ref and unmap_and_replace, in two halves: first the
 * entries go out of the page tables; then, after the TLBs were flushed, what
 * they held is given back and the grant is ended.
 *
 * What the handle maps is claimed first: a second vCPU that unmaps the same
 * one finds nothing.
 */
#include "grant/grant_table.h"
#include "mm/l1_ref.h"
#include "mm/page_type.h"

/* Moves the entry at new_addr: it leaves its place, references and all. */
static s16 replacement_take(u64 new_addr, u64 *out)
{
	maddr_t where = { 0 };
	mfn_t table;
	s16 status = GNTST_general_error;

	(void)guest_walk_l1(new_addr, &where);
	if (!where.v) {
		return GNTST_general_error;
	}
	table = maddr_to_mfn(where);
	switch (pt_use_get(table, current->domain)) {
	case FT_NONE:
		return GNTST_general_error;
	case FT_L1:
		*out = xchg((pte_t *)mfn_to_virt(table) +
			    (where.v & PAGE_OFFSET_MASK) / sizeof(pte_t), 0);
		status = GNTST_okay;
		break;
	default:
		break;
	}
	pt_use_put(table);
	return status;
}

static s16 host_unmap(struct grant_unmap *u, u16 flags)
{
	u64 new = 0;
	s16 status;

	if (u->replace) {
		if (flags & GNTMAP_contains_pte) {
			return GNTST_general_error;
		}
		status = replacement_take(u->new_addr, &new);
		if (status != GNTST_okay) {
			return status;
		}
	}
	status = grant_host_take(u->host_addr, flags, u->frame, new,
				 &u->old_pte);
	if (status != GNTST_okay && new & PTE_P) {
		l1_ref_put(current->domain, new);
	}
	return status;
}

/* What the call asks for, and the handle had: u says what was done. */
static s16 begin_kinds(struct grant_unmap *u, u16 flags, u16 kinds)
{
	s16 status;

	if (kinds & GNTMAP_device_map) {
		if (u->dev_bus_addr != mfn_to_maddr(u->frame).v) {
			return GNTST_bad_dev_addr;
		}
		u->device_done = true;
	}
	if (kinds & GNTMAP_host_map) {
		status = host_unmap(u, flags);
		if (status != GNTST_okay) {
			return status;
		}
		u->host_done = true;
	}
	return GNTST_okay;
}

void grant_unmap_begin(struct grant_unmap *u)
{
	struct grant_table *mine = current->domain->grants;
	u16 kinds = (u16)((u->host_addr ? GNTMAP_host_map : 0) |
			  (u->dev_bus_addr ? GNTMAP_device_map : 0));
	struct maptrack was;

	u->old_pte = 0;
	u->host_done = u->device_done = false;
	u->claimed = maptrack_claim(mine, u->handle, kinds, &was);
	if (!u->claimed) {
		u->status = GNTST_bad_handle;
		return;
	}
	kinds &= was.flags;
	u->kinds = kinds;
	u->owner = was.owner;
	u->ref = was.ref;
	u->readonly = was.flags & GNTMAP_readonly;
	u->status = GNTST_okay;
	if (kinds) {
		/* The pins that we took over keep the frame named. */
		u->frame = grant_active(u->owner->grants, u->ref)->frame;
		u->status = begin_kinds(u, was.flags, kinds);
	}
}

void grant_unmap_finish(struct grant_unmap *u)
{
	struct domain *d = current->domain;
	u16 give_back;

	if (!u->claimed) {
		return;
	}
	if (u->old_pte) {
		l1_ref_put(d, u->old_pte);
	}
	if (u->device_done) {
		if (u->readonly) {
			frame_put(u->frame);
		} else {
			(void)page_type_put(u->frame, false);
		}
		grant_unpin(u->owner, u->ref, u->readonly);
	}
	if (u->host_done) {
		grant_unpin(u->owner, u->ref, u->readonly);
	}
	give_back = (u16)(u->kinds &
			  ~((u->host_done ? GNTMAP_host_map : 0) |
			    (u->device_done ? GNTMAP_device_map : 0)));
	if (maptrack_settle(d->grants, u->handle, give_back)) {
		domain_put(u->owner);
	}
}
