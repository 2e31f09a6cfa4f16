/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The front door.  Every handler takes up to five arguments as the guest's
 * registers had them and returns the ABI's result: 0 or more, or a negative
 * errno from xen/errno.h.  Decode, check, commit: arguments in guest memory
 * are copied once; nothing changes until every check has passed.
 *
 * A long operation looks at hypercall_preempt() between steps and, when that
 * is true, returns hypercall_restart(op, n, args…) with arguments that say
 * where to go on: the guest's instruction pointer is put back onto its
 * hypercall instruction (inside a multicall: onto the entry).
 */
#ifndef HYPERCALL_HYPERCALL_H
#define HYPERCALL_HYPERCALL_H

#include "domain/domain.h"

typedef long (*hypercall_fn)(unsigned long a1, unsigned long a2,
			     unsigned long a3, unsigned long a4,
			     unsigned long a5);

/* Work waits for this CPU: softirqs, or an event that the guest may take. */
bool hypercall_preempt(void);

/* Arranges for op to be called again with these n arguments. */
long hypercall_restart(unsigned int op, unsigned int n, ...);

/* What the ABI calls it; NULL for a number without a name. */
const char *hypercall_name(unsigned int nr);

/* One line for each domain and kind: "hypercall …, sub-call … is not there". */
long hypercall_enosys(unsigned long sub_call);

/*
 * Most calls are families: a number says which sub-call, and a structure in
 * guest memory has its argument.  A table, by that number, says what fn gets:
 * our copy of the structure, and the domain that it is about.  -ERESTART from
 * fn: the same again later.
 */
struct subcall {
	long (*fn)(struct domain *d, void *arg);
	u16 size;			/* of the structure: bytes copied in */
	u16 flags;
};

#define SUB_OUT		1	/* our copy goes back to the caller */
#define SUB_PRIVILEGED	2	/* domain 0 only */
#define SUB_DOMAIN	4	/* the structure names d first; else the caller's */

/* A sub-call that needs nothing to be done. */
long subcall_nothing(struct domain *d, void *arg);

long subcall(const struct subcall *calls, unsigned int n, u32 nr, vaddr_t arg);

/*
 * The machine's owner's families: the structure begins with the sub-call's
 * number and an interface version (domctl: then the domain, for SUB_DOMAIN),
 * and fn gets the union in it.  All are privileged.
 */
struct subcall_family {
	const struct subcall *calls;
	unsigned int n;
	u32 version;
	u16 size, at;			/* of the structure; of the union in it */
};

long subcall_versioned(const struct subcall_family *f, vaddr_t arg);

/* A buffer with the context at `from`, to be freed with *err or without. */
struct vcpu_guest_context *context_copy(vaddr_t from, long *err);
#define CONTEXT_ORDER	1

/* Fills a page (our view of it) with a guest's entries for hypercalls. */
void hypercall_page_fill(void *page);

/*
 * Every call that is there: hypercall/<name>.c, or with its kin there
 * (pv_calls.c, vcpu_op.c, platform_op.c, dispatch.c); those that belong to a
 * vCPU's registers, pvcpu/.
 */
#define HYPERCALLS(X) \
	X(set_trap_table) X(mmu_update) X(set_gdt) X(stack_switch) \
	X(set_callbacks) X(fpu_taskswitch) X(platform_op) X(set_debugreg) \
	X(get_debugreg) X(update_descriptor) X(memory_op) X(multicall) \
	X(update_va_mapping) X(set_timer_op) X(xen_version) X(console_io) \
	X(grant_table_op) X(vm_assist) X(update_va_mapping_otherdomain) \
	X(iret) X(vcpu_op) X(set_segment_base) X(mmuext_op) X(sched_op) \
	X(callback_op) X(event_channel_op) X(physdev_op) X(sysctl) \
	X(domctl) X(mca)

#define HC(name) long hc_##name(unsigned long a1, unsigned long a2, \
				unsigned long a3, unsigned long a4, \
				unsigned long a5)
#define HC_DECLARE(name) HC(name);
HYPERCALLS(HC_DECLARE)
HC_DECLARE(missing)

#endif
