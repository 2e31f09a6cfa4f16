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

static long set_callback(struct vcpu *v, u16 type, u64 address, bool masks)
{
	if (type >= 64 || !(BIT(type) & KNOWN_TYPES)) {
		return hypercall_enosys(type);
	}
	if (!vaddr_canonical(address)) {
		return -EINVAL;
	}
	pvcpu_set_callback(v, type, address, masks);
	pvcpu_update_fast(v);
	return 0;
}

static long op_register(struct domain *d, void *arg)
{
	struct callback_register *r = arg;

	return set_callback(current, r->type, r->address,
			    r->flags & CALLBACKF_mask_events);
}

/* Only NMIs can be done without; the others get an address that is refused. */
static long op_unregister(struct domain *d, void *arg)
{
	u16 type = ((struct callback_unregister *)arg)->type;

	return set_callback(current, type, type == CALLBACKTYPE_nmi ? 0 :
			    GUEST_LOW_END, false);
}

#define CALL(name) \
	[CALLBACKOP_##name] = { op_##name, sizeof(struct callback_##name) }

static const struct subcall calls[] = {
	CALL(register),
	CALL(unregister),
};

HC(callback_op)
{
	return subcall(calls, ARRAY_LEN(calls), (u32)a1, a2);
}
