/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * HYPERVISOR_update_va_mapping(va, pte, flags) and its otherdomain form: one
 * L1 entry by virtual address in the tables that are loaded, and a TLB flush
 * as the UVMF_ flags (xen/xen.h) say.
 */
#include "hypercall/foreign.h"
#include "hypercall/hypercall.h"
#include "mm/page_type.h"
#include "mm/walk.h"

static int set_entry(vaddr_t va, pte_t new, struct domain *frame_owner)
{
	struct domain *d = current->domain;
	maddr_t where = { 0 };
	mfn_t table;
	int err;

	(void)walk_l1(va, &where);
	irq_enable();
	if (!where.v) {
		return -EINVAL;
	}
	table = maddr_to_mfn(where);
	if (!frame_use_get(mfn_to_frame(table), d->id, FT_L1)) {
		return -EINVAL;
	}
	err = l1_entry_set(d, frame_owner, (pte_t *)(direct_map_base +
			   where.v), new, false);
	pt_use_put(table);
	return err;
}

static int flush(vaddr_t va, unsigned long flags)
{
	struct domain *d = current->domain;
	unsigned long type = flags & UVMF_FLUSHTYPE_MASK;
	unsigned long which = flags & ~UVMF_FLUSHTYPE_MASK;
	cpumask_t cpus = CPUMASK(this_cpu_id());

	if (type != UVMF_TLB_FLUSH && type != UVMF_INVLPG) {
		return type == UVMF_NONE ? 0 : -EINVAL;
	}
	if (which == UVMF_ALL) {
		cpus = READ_ONCE(d->dirty_cpus);
	} else if (which != UVMF_LOCAL &&
		   vcpu_bitmap_to_cpus(d, which, &cpus)) {
		return -EFAULT;
	}
	guest_tlb_flush(cpus, type == UVMF_INVLPG, va);
	return 0;
}

HC(update_va_mapping)
{
	int err = set_entry(a1, a2, current->domain);

	if (unlikely(err)) {
		return err;
	}
	return a3 ? flush(a1, a3) : 0;
}

HC(update_va_mapping_otherdomain)
{
	struct domain *owner;
	int err = foreign_get((domid_t)a4, &owner);

	if (err) {
		return err;
	}
	err = set_entry(a1, a2, owner);
	foreign_put(owner);
	return err ? err : flush(a1, a3);
}
