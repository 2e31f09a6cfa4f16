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
 * The list of requests of mmu_update or mmuext_op: begun, done in part by the
 * caller, who says how many requests and what stopped him, and ended.  False
 * from begin: `result` is the call's.  Settling a table that was given up may
 * take several calls: before a list is begun, and after it has ended.
 */
struct mmu_list {
	unsigned long reqs, pdone, domid;	/* the hypercall's */
	u32 count;
	size_t size;				/* of a request */
	u32 done;				/* by earlier calls */
	long result;
};

bool mmu_list_begin(struct mmu_list *l);
long mmu_list_end(struct mmu_list *l, unsigned int n, int err);

/* Nothing is left to do but to settle a table; the result is known. */
long mmu_settle(int result);

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
