/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * HYPERVISOR_set_trap_table: the guest's IDT, as a list of entries that ends
 * with address 0.  Entries read before a bad one stay set, as with Xen.
 */
#include "hypercall/hypercall.h"
#include "lib/string.h"
#include "mm/pte.h"
#include "pvcpu/pvcpu.h"

void trap_entry_set(struct vcpu *v, u8 vector, const struct trap_info *info)
{
	v->pv.traps[vector] = (struct trap_entry){
		.address = info->address,
		.cs = guest_selector_fix(info->cs),
		.dpl = TI_GET_DPL(info),
		.masks_events = TI_GET_IF(info) != 0,
	};
}

HC(set_trap_table)
{
	struct vcpu *v = current;
	struct trap_info info;
	vaddr_t table = a1;

	if (!table) {
		memset(v->pv.traps, 0, sizeof(v->pv.traps));
		pvcpu_update_fast(v);
		return 0;
	}
	for (;;) {
		if (copy_from_guest(&info, table, 1)) {
			return -EFAULT;
		}
		if (!info.address) {
			return 0;
		}
		if (!vaddr_canonical(info.address)) {
			return -EINVAL;
		}
		trap_entry_set(v, info.vector, &info);
		pvcpu_update_fast(v);
		table += sizeof(info);
		if (hypercall_preempt()) {
			return hypercall_restart(__HYPERVISOR_set_trap_table,
						 1, table);
		}
	}
}
