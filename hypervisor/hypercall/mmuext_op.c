/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * HYPERVISOR_mmuext_op(ops, count, done, domid): pinning, page-table roots,
 * TLB and cache flushes, the LDT, page clearing and copying (xen/xen.h).
 */
#include "hypercall/foreign.h"
#include "hypercall/hypercall.h"
#include "lib/string.h"
#include "mm/guest_copy.h"
#include "mm/page_type.h"
#include "pvcpu/pvcpu.h"
#include "x86/msr.h"
#include "x86/smp.h"
#include "x86/user_copy.h"

#define LDT_MAX_ENTRIES	8192
#define FAST_OPS	4	/* without a look at other work */

static int unpin(mfn_t m, struct domain *owner)
{
	int err = page_unpin(m, owner);

	if (err == -ERESTART) {
		page_put_later(m);
		err = 0;
	}
	return err;
}

static int tlb_op(const struct mmuext_op *op)
{
	struct domain *d = current->domain;
	cpumask_t cpus = CPUMASK(this_cpu_id());
	bool one = op->cmd == MMUEXT_INVLPG_LOCAL ||
		   op->cmd == MMUEXT_INVLPG_MULTI ||
		   op->cmd == MMUEXT_INVLPG_ALL;

	if (op->cmd == MMUEXT_TLB_FLUSH_ALL || op->cmd == MMUEXT_INVLPG_ALL) {
		cpus = READ_ONCE(d->dirty_cpus);
	} else if ((op->cmd == MMUEXT_TLB_FLUSH_MULTI ||
		    op->cmd == MMUEXT_INVLPG_MULTI) &&
		   vcpu_bitmap_to_cpus(d, (vaddr_t)op->arg2.vcpumask.p,
				       &cpus)) {
		return -EINVAL;
	}
	guest_tlb_flush(cpus, one, op->arg1.linear_addr);
	return 0;
}

static int set_ldt(const struct mmuext_op *op)
{
	struct vcpu *v = current;
	u64 base = op->arg1.linear_addr;
	unsigned int entries = op->arg2.nr_ents;

	if ((base & PAGE_OFFSET_MASK) || entries > LDT_MAX_ENTRIES ||
	    (entries && !range_is_guest(base, entries * 8UL))) {
		return -EINVAL;
	}
	if (v->pv.ldt_base != base || v->pv.ldt_entries != entries) {
		pvcpu_clear_ldt_window(v);
		v->pv.ldt_base = base;
		v->pv.ldt_entries = entries;
		pvcpu_load_ldt(v);
	}
	return 0;
}

static int clear_or_copy(const struct mmuext_op *op, struct domain *owner)
{
	mfn_t dst = mfn(op->arg1.mfn), src = mfn(op->arg2.src_mfn);
	int err = 0;

	if (page_type_get(dst, FT_WRITABLE, owner, false)) {
		return -EINVAL;
	}
	if (op->cmd == MMUEXT_CLEAR_PAGE) {
		memset(mfn_to_virt(dst), 0, PAGE_SIZE);
	} else if (frame_get(src, owner)) {
		memcpy(mfn_to_virt(dst), mfn_to_virt(src), PAGE_SIZE);
		frame_put(src);
	} else {
		err = -EINVAL;
	}
	return page_type_put(dst, false) ?: err;
}

static int set_user_root(unsigned long m)
{
	if (m >= max_mfn) {
		return -EINVAL;
	}
	return pvcpu_set_user_root(current, m ? mfn(m) : INVALID_MFN);
}

static int one_op(const struct mmuext_op *op, struct domain *owner)
{
	mfn_t m = mfn(op->arg1.mfn);

	if (owner != current->domain && op->cmd > MMUEXT_UNPIN_TABLE &&
	    op->cmd <= MMUEXT_NEW_USER_BASEPTR) {
		return -EPERM;
	}
	switch (op->cmd) {
	case MMUEXT_PIN_L1_TABLE:
	case MMUEXT_PIN_L2_TABLE:
	case MMUEXT_PIN_L3_TABLE:
	case MMUEXT_PIN_L4_TABLE:
		return page_pin(m, (enum frame_type)(FT_L1 + op->cmd -
						     MMUEXT_PIN_L1_TABLE),
				owner);
	case MMUEXT_UNPIN_TABLE:
		return unpin(m, owner);
	case MMUEXT_CLEAR_PAGE:
	case MMUEXT_COPY_PAGE:
		return clear_or_copy(op, owner);
	case MMUEXT_NEW_BASEPTR:
		return pvcpu_set_root(current, m);
	case MMUEXT_NEW_USER_BASEPTR:
		return set_user_root(m.v);
	case MMUEXT_TLB_FLUSH_LOCAL ... MMUEXT_INVLPG_ALL:
		return tlb_op(op);
	case MMUEXT_FLUSH_CACHE:
	case MMUEXT_FLUSH_CACHE_GLOBAL:
		if (!current->domain->privileged) {
			return op->cmd == MMUEXT_FLUSH_CACHE ? -EACCES : -EINVAL;
		}
		smp_call(op->cmd == MMUEXT_FLUSH_CACHE ?
			 CPUMASK(this_cpu_id()) : cpus_online, wbinvd, 0);
		return 0;
	case MMUEXT_SET_LDT:
		return set_ldt(op);
	case MMUEXT_MARK_SUPER:
	case MMUEXT_UNMARK_SUPER:
		return -EOPNOTSUPP;
	default:
		return hypercall_enosys(op->cmd);
	}
}

/*
 * The operations that Linux does on each context switch and page fault.
 * False: it is none of them, or did not work, and the general way decides.
 */
static inline bool op_fast(vaddr_t at)
{
	u64 cmd, arg;

	if (!range_is_guest(at, 2 * sizeof(u64)) ||
	    !user_get_words(&cmd, &arg, (const void *)at)) {
		return false;
	}
	switch ((u32)cmd) {
	case MMUEXT_TLB_FLUSH_LOCAL:
		tlb_flush_local();
		return true;
	case MMUEXT_INVLPG_LOCAL:
		if (unlikely(!vaddr_canonical(arg))) {
			return false;
		}
		tlb_flush_local_one(arg);
		return true;
	case MMUEXT_NEW_BASEPTR:
		return !pvcpu_set_root(current, mfn(arg));
	case MMUEXT_NEW_USER_BASEPTR:
		return !set_user_root(arg);
	default:
		return false;
	}
}

static __noinline
long ops_general(unsigned long a1, unsigned long a2, unsigned long a3,
		 unsigned long a4)
{
	struct mmu_list l = {
		.reqs = a1, .count = (u32)a2, .pdone = a3, .domid = a4,
		.size = sizeof(struct mmuext_op),
	};
	struct domain *owner;
	struct mmuext_op op;
	unsigned int n = 0;
	int err;

	if (!mmu_list_begin(&l)) {
		return l.result;
	}
	err = foreign_get((domid_t)a4, &owner);
	if (err) {
		return err;
	}
	while (!err && n < l.count) {
		if (n && (page_put_is_pending() || hypercall_preempt())) {
			err = -ERESTART;
		} else if (copy_from_guest(&op, a1 + n * sizeof(op), 1)) {
			err = -EFAULT;
		} else {
			err = one_op(&op, owner);
			n += !err;
		}
	}
	foreign_put(owner);
	return mmu_list_end(&l, n, err);
}

HC(mmuext_op)
{
	u32 count = (u32)a2;

	if (likely(count <= FAST_OPS && !a3 && a4 == DOMID_SELF &&
		   !page_put_is_pending())) {
		for (; count && op_fast(a1); count--) {
			a1 += sizeof(struct mmuext_op);
		}
		if (likely(!count)) {
			return 0;
		}
	}
	return ops_general(a1, count, a3, a4);
}
