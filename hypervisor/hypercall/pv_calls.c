/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Small calls on the calling vCPU: its kernel stack, CR0.TS, its domain's
 * assists; where its kernel wants to be entered for events, system calls, NMIs
 * and iret failures (xen/callback.h), in the oldest form and in the usual one.
 */
#include "hypercall/hypercall.h"
#include "mm/guest_copy.h"
#include "mm/pte.h"
#include "pvcpu/pvcpu.h"
#include "x86/fpu.h"
#include "x86/regs.h"

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
