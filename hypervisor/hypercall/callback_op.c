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

#define KNOWN_TYPES	(BIT(CALLBACKTYPE_event) | BIT(CALLBACKTYPE_failsafe) | \
			 BIT(CALLBACKTYPE_syscall) | BIT(CALLBACKTYPE_nmi) | \
			 BIT(CALLBACKTYPE_sysenter) | \
			 BIT(CALLBACKTYPE_syscall32))

static bool type_known(u16 type)
{
	return type < 64 && (BIT(type) & KNOWN_TYPES);
}

static long register_callback(struct vcpu *v, const struct callback_register *r)
{
	if (!vaddr_canonical(r->address)) {
		return -EINVAL;
	}
	if (!type_known(r->type)) {
		return hypercall_enosys_sub("callback_op type", r->type);
	}
	pvcpu_set_callback(v, r->type, r->address,
			   r->flags & CALLBACKF_mask_events);
	pvcpu_update_fast(v);
	return 0;
}

static long unregister_callback(struct vcpu *v, u16 type)
{
	if (!type_known(type)) {
		return hypercall_enosys_sub("callback_op type", type);
	}
	if (type != CALLBACKTYPE_nmi) {
		return -EINVAL;
	}
	pvcpu_set_callback(v, type, 0, false);
	return 0;
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
