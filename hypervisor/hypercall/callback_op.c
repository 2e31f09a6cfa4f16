/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * HYPERVISOR_callback_op: where the calling vCPU's kernel wants to be entered
 * for events, system calls, NMIs and iret failures (xen/callback.h).
 */
#include "hypercall/hypercall.h"
#include "mm/guest_copy.h"
#include "mm/pte.h"
#include "pvcpu/pvcpu.h"
#include <xen/callback.h>

static long register_callback(struct vcpu *v, const struct callback_register *r)
{
	bool masks = r->flags & CALLBACKF_mask_events;
	struct pv_vcpu *pv = &v->pv;

	if (!vaddr_canonical(r->address)) {
		return -EINVAL;
	}
	switch (r->type) {
	case CALLBACKTYPE_event:
		pv->event_address = r->address;
		break;
	case CALLBACKTYPE_failsafe:
		pv->failsafe_address = r->address;
		pv->failsafe_masks_events = masks;
		break;
	case CALLBACKTYPE_syscall:
		pv->syscall_address = r->address;
		pv->syscall_masks_events = masks;
		break;
	case CALLBACKTYPE_syscall32:
		pv->syscall32_address = r->address;
		pv->syscall32_masks_events = masks;
		break;
	case CALLBACKTYPE_sysenter:
		pv->sysenter_address = r->address;
		pv->sysenter_masks_events = masks;
		break;
	case CALLBACKTYPE_nmi:
		pv->nmi_address = r->address;
		break;
	default:
		return hypercall_enosys_sub("callback_op type", r->type);
	}
	pvcpu_update_fast(v);
	return 0;
}

static long unregister_callback(struct vcpu *v, u16 type)
{
	switch (type) {
	case CALLBACKTYPE_event:
	case CALLBACKTYPE_failsafe:
	case CALLBACKTYPE_syscall:
	case CALLBACKTYPE_syscall32:
	case CALLBACKTYPE_sysenter:
		return -EINVAL;
	case CALLBACKTYPE_nmi:
		v->pv.nmi_address = 0;
		return 0;
	default:
		return hypercall_enosys_sub("callback_op type", type);
	}
}

long hc_callback_op(unsigned long a1, unsigned long a2, unsigned long a3,
		    unsigned long a4, unsigned long a5)
{
	struct callback_unregister u;
	struct callback_register r;

	switch ((int)a1) {
	case CALLBACKOP_register:
		if (copy_from_guest(&r, a2, 1)) {
			return -EFAULT;
		}
		return register_callback(current, &r);
	case CALLBACKOP_unregister:
		if (copy_from_guest(&u, a2, 1)) {
			return -EFAULT;
		}
		return unregister_callback(current, u.type);
	default:
		return hypercall_enosys_sub("callback_op", a1);
	}
}
