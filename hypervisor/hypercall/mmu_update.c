/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * HYPERVISOR_mmu_update(reqs, count, done, foreigndom): page-table entries by
 * machine address, and M2P entries (xen/xen.h).  A use of the table is held
 * from one request to the next as long as both lie in the same one: a batch
 * on one L1 costs two steps on its state word in all.
 *
 * foreigndom: low half, who owns the frames that entries name; high half, who
 * owns the tables, plus 1 (0: the caller).
 */
#include "hypercall/foreign.h"
#include "hypercall/hypercall.h"
#include "mm/guest_copy.h"
#include "mm/l1_ref.h"
#include "mm/page_type.h"
#include "x86/user_copy.h"

#define CHUNK	16

struct batch {
	struct domain *pt_owner, *frame_owner;
	mfn_t table;			/* held as `type` unless FT_NONE */
	enum frame_type type;
};

static void table_release_held(struct batch *b)
{
	if (b->type != FT_NONE) {
		pt_use_put(b->table);
		b->type = FT_NONE;
	}
}

static int entry_update(struct batch *b, maddr_t where, pte_t new,
			bool keep_ad)
{
	mfn_t table = maddr_to_mfn(where);

	if (b->type == FT_NONE || !mfn_eq(table, b->table)) {
		table_release_held(b);
		b->type = pt_use_get(table, b->pt_owner);
		b->table = table;
		if (b->type == FT_NONE) {
			return -EINVAL;
		}
	}
	return pt_entry_set_typed(b->type, b->pt_owner, b->frame_owner, where,
				  new, keep_ad);
}

static int one_update(struct batch *b, const struct mmu_update *r)
{
	maddr_t where = { r->ptr & ~7UL };

	switch (r->ptr & 7) {
	case MMU_NORMAL_PT_UPDATE:
	case MMU_PT_UPDATE_NO_TRANSLATE:
		return entry_update(b, where, r->val, false);
	case MMU_PT_UPDATE_PRESERVE_AD:
		return entry_update(b, where, r->val, true);
	case MMU_MACHPHYS_UPDATE:
		return m2p_set_owned(maddr_to_mfn(where), b->frame_owner,
				     r->val) ? 0 : -EINVAL;
	default:
		return -ENOSYS;
	}
}

/* Does requests until one fails; *n of them are done. */
static int do_batch(struct batch *b, vaddr_t reqs, unsigned int count,
		    unsigned int *n)
{
	struct mmu_update r[CHUNK];
	unsigned int have = 0, at = 0;
	int err;

	for (*n = 0; *n < count; ++*n, at++) {
		if (at == have) {
			if (*n && hypercall_preempt()) {
				return -ERESTART;
			}
			have = min(count - *n, (unsigned int)CHUNK);
			if (copy_from_guest_va(r, reqs + *n * sizeof(r[0]),
					       have * sizeof(r[0]))) {
				return -EFAULT;
			}
			at = 0;
		}
		err = one_update(b, &r[at]);
		if (unlikely(err)) {
			return err;
		}
		if (unlikely(page_put_is_pending()) && *n + 1 < count) {
			++*n;
			return -ERESTART;
		}
	}
	return 0;
}

static int batch_domains(struct batch *b, unsigned long foreigndom)
{
	unsigned int pt = (u32)foreigndom >> 16;
	int err;

	err = pt ? foreign_get((domid_t)(pt - 1), &b->pt_owner) :
		   foreign_get(DOMID_SELF, &b->pt_owner);
	if (err) {
		return err;
	}
	err = foreign_get((domid_t)foreigndom, &b->frame_owner);
	if (err) {
		foreign_put(b->pt_owner);
	}
	return err;
}

static __noinline bool done_one(vaddr_t pdone)
{
	u32 one = 1;

	return !copy_to_guest(pdone, &one, 1);
}

/*
 * One request for one L1 entry of the caller's own: what Linux sends for each
 * page.  False: nothing was done, the general way decides.
 */
static inline bool update_fast(vaddr_t req, vaddr_t pdone)
{
	struct domain *d = current->domain;
	u64 ptr, val;
	mfn_t table;
	pte_t *ptep;
	int err;

	if (!range_is_guest(req, sizeof(struct mmu_update)) ||
	    !user_get_words(&ptr, &val, (const void *)req) ||
	    (ptr & (7 & ~MMU_PT_UPDATE_PRESERVE_AD)) ||
	    ptr >> PAGE_SHIFT >= max_mfn) {
		return false;
	}
	table = mfn(ptr >> PAGE_SHIFT);
	if (!frame_use_get(mfn_to_frame(table), d->id, FT_L1)) {
		return false;
	}
	ptep = (pte_t *)(direct_map_base + (ptr & ~7UL));
	if (likely(l1_entry_fill(d, ptep, val))) {
		err = 0;
	} else {
		err = l1_entry_set(d, d, ptep, val,
				   ptr & MMU_PT_UPDATE_PRESERVE_AD);
	}
	pt_use_put(table);
	if (err) {
		return false;
	}
	/* When that fails the general way does it all again, and says so. */
	return likely(!pdone) || done_one(pdone);
}

static __noinline
long update_general(unsigned long a1, unsigned long a2, unsigned long a3,
		    unsigned long a4)
{
	struct mmu_list l = {
		.reqs = a1, .count = (u32)a2, .pdone = a3, .domid = a4,
		.size = sizeof(struct mmu_update),
	};
	struct batch b = { .type = FT_NONE };
	unsigned int n;
	int err;

	if (!mmu_list_begin(&l)) {
		return l.result;
	}
	err = batch_domains(&b, a4);
	if (err) {
		return err;
	}
	err = do_batch(&b, a1, l.count, &n);
	table_release_held(&b);
	foreign_put(b.pt_owner);
	foreign_put(b.frame_owner);
	return mmu_list_end(&l, n, err);
}

HC(mmu_update)
{
	if (likely((u32)a2 == 1 && a4 == DOMID_SELF &&
		   !page_put_is_pending() && update_fast(a1, a3))) {
		return likely(!page_put_is_pending()) ? 0 : mmu_settle(0);
	}
	return update_general(a1, a2, a3, a4);
}
