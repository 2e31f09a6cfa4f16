/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Small calls on the calling vCPU: its kernel stack, CR0.TS, its domain's
 * assists, and the oldest form of naming callbacks.
 */
#include "hypercall/hypercall.h"
#include "mm/pte.h"
#include "pvcpu/pvcpu.h"
#include "x86/fpu.h"
#include "x86/regs.h"

#define VM_ASSISTS	(BIT(VMASST_TYPE_4gb_segments) | \
			 BIT(VMASST_TYPE_4gb_segments_notify) | \
			 BIT(VMASST_TYPE_writable_pagetables) | \
			 BIT(VMASST_TYPE_pae_extended_cr3) | \
			 BIT(VMASST_TYPE_architectural_iopl) | \
			 BIT(VMASST_TYPE_runstate_update_flag) | \
			 BIT(VMASST_TYPE_m2p_strict))

HC(stack_switch)
{
	struct vcpu *v = current;

	v->pv.kernel_ss = guest_selector_fix((u16)a1);
	v->pv.kernel_sp = a2;
	pvcpu_update_fast_stack(v);
	return 0;
}

HC(set_callbacks)
{
	struct vcpu *v = current;

	if (!vaddr_canonical(a1) || !vaddr_canonical(a2) ||
	    !vaddr_canonical(a3)) {
		return -EINVAL;
	}
	pvcpu_set_callback(v, CALLBACKTYPE_event, a1, true);
	pvcpu_set_callback(v, CALLBACKTYPE_failsafe, a2, false);
	pvcpu_set_callback(v, CALLBACKTYPE_syscall, a3, false);
	pvcpu_update_fast(v);
	return 0;
}

HC(fpu_taskswitch)
{
	struct vcpu *v = current;

	v->pv.cr0_ts = (int)a1 ? CR0_TS : 0;
	fpu_set_ts(v->pv.cr0_ts || !v->fpu_dirty);
	return 0;
}

HC(vm_assist)
{
	unsigned int cmd = (unsigned int)a1, type = (unsigned int)a2;
	struct domain *d = current->domain;
	struct vcpu *v;

	if (cmd != VMASST_CMD_enable && cmd != VMASST_CMD_disable) {
		return -ENOSYS;
	}
	if (type >= 64 || !(VM_ASSISTS & BIT(type))) {
		return -EINVAL;
	}
	if (cmd == VMASST_CMD_enable) {
		atomic_set_bit(&d->vm_assist, type);
	} else {
		atomic_clear_bit(&d->vm_assist, type);
	}
	for_each_vcpu(d, v) {
		pvcpu_update_fast(v);
	}
	return 0;
}
