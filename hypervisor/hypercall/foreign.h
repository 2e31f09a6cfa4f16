/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Hypercalls that work on another domain's tables or frames name it by a
 * domid; only a privileged domain may name one that is not itself.
 */
#ifndef HYPERCALL_FOREIGN_H
#define HYPERCALL_FOREIGN_H

#include "domain/domain.h"
#include "mm/l1_ref.h"
#include "x86/tlb.h"

/*
 * In the count of mmu_update and mmuext_op: the call goes on; `done` has a
 * value.  With no requests left, the domid argument is the call's result.
 */
#define MMU_UPDATE_PREEMPTED	0x80000000U

/* DOMID_SELF or an id: the domain, with a reference; 0, -ESRCH or -EPERM. */
int domain_for_caller(domid_t id, struct domain **out);

/*
 * For page tables; the caller and the pseudo-domains need no reference:
 * 0, -ESRCH, or -EPERM.  The caller's own domain is named by DOMID_SELF alone.
 */
int foreign_get(domid_t id, struct domain **out);
void foreign_put(struct domain *d);

/* CPUs on which the tables of the vCPUs in the guest's bitmap are loaded. */
int vcpu_bitmap_to_cpus(const struct domain *d, vaddr_t bitmap,
			cpumask_t *out);

/* TLB flushes on behalf of a guest, one page or all, here or on a mask. */
static inline void guest_tlb_flush(cpumask_t cpus, bool one, vaddr_t va)
{
	if (one && !vaddr_canonical(va)) {
		return;
	}
	if (cpus == CPUMASK(this_cpu_id())) {
		if (one) {
			tlb_flush_local_one(va);
		} else {
			tlb_flush_local();
		}
	} else if (cpus && one) {
		tlb_flush_mask_one(cpus, va);
	} else if (cpus) {
		tlb_flush_mask(cpus);
	}
}

#endif
