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

/* Fills a page (our view of it) with a guest's entries for hypercalls. */
void hypercall_page_fill(void *page);

/* Every call's handler; file hypercall/<name>.c or the layer that owns it. */
#define HC(name) long hc_##name(unsigned long a1, unsigned long a2, \
				unsigned long a3, unsigned long a4, \
				unsigned long a5)
HC(set_trap_table);		/* pvcpu/trap_table.c */
HC(mmu_update);			/* hypercall/mmu_update.c */
HC(set_gdt);			/* pvcpu/gdt.c */
HC(stack_switch);		/* hypercall/pv_calls.c */
HC(set_callbacks);
HC(fpu_taskswitch);
HC(platform_op);		/* hypercall/platform_op.c */
HC(set_debugreg);
HC(get_debugreg);
HC(update_descriptor);
HC(memory_op);			/* hypercall/memory_op.c */
HC(multicall);
HC(update_va_mapping);		/* hypercall/update_va_mapping.c */
HC(set_timer_op);		/* hypercall/vcpu_op.c */
HC(xen_version);
HC(console_io);			/* hypercall/console_io.c */
HC(grant_table_op);		/* hypercall/grant_table_op.c */
HC(vm_assist);
HC(update_va_mapping_otherdomain);
HC(iret);			/* pvcpu/iret.c */
HC(vcpu_op);			/* hypercall/vcpu_op.c */
HC(set_segment_base);
HC(mmuext_op);			/* hypercall/mmuext_op.c */
HC(sched_op);			/* hypercall/sched_op.c */
HC(callback_op);
HC(event_channel_op);		/* hypercall/event_channel_op.c */
HC(physdev_op);			/* hypercall/physdev_op.c */
HC(sysctl);			/* hypercall/sysctl.c */
HC(domctl);			/* hypercall/domctl.c */
HC(mca);			/* hypercall/platform_op.c */
HC(missing);

#endif
