/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * HYPERVISOR_grant_table_op(cmd, ops, count): see xen/grant_table.h.  Lists
 * are worked through one element at a time (unmappings: a batch, so that one
 * flush serves several); a call that must make way goes on later with the rest
 * of the list.  Calls about a table take one element.
 */
#include "grant/grant_table.h"
#include "hypercall/foreign.h"
#include "hypercall/hypercall.h"
#include "mm/guest_copy.h"
#include "x86/tlb.h"

#define UNMAP_BATCH	8

/* The domain that a call about a table names: GNTST_*, with a reference. */
static s16 table_domain_get(domid_t id, struct domain **out)
{
	int err = domain_for_caller(id, out);

	return err == -ESRCH ? GNTST_bad_domain :
	       err ? GNTST_permission_denied : GNTST_okay;
}

static long map(void *arg)
{
	((struct gnttab_map_grant_ref *)arg)->status = grant_map(arg);
	return 0;
}

static long copy(void *arg)
{
	((struct gnttab_copy *)arg)->status = grant_copy(arg);
	return 0;
}

/* Needs a donor's frame to change owner: not offered. */
static long transfer(void *arg)
{
	((struct gnttab_transfer *)arg)->status = GNTST_general_error;
	return 0;
}

static s16 frames_list(struct domain *d, const struct gnttab_setup_table *op)
{
	if (grant_table_grow(d, op->nr_frames)) {
		return GNTST_general_error;
	}
	return copy_to_guest_va((vaddr_t)op->frame_list.p, d->grants->frames,
				op->nr_frames * sizeof(mfn_t)) ?
	       GNTST_bad_virt_addr : GNTST_okay;
}

static long setup_table(void *arg)
{
	struct gnttab_setup_table *op = arg;
	struct domain *d;

	op->status = table_domain_get(op->dom, &d);
	if (op->status == GNTST_okay) {
		op->status = frames_list(d, op);
		domain_put(d);
	}
	return 0;
}

static long query_size(void *arg)
{
	struct gnttab_query_size *op = arg;
	struct domain *d;

	op->status = table_domain_get(op->dom, &d);
	if (op->status == GNTST_okay) {
		op->nr_frames = d->grants->nr_frames;
		op->max_nr_frames = d->grants->max_frames;
		domain_put(d);
	}
	return 0;
}

/* Version 1 is the only one there is. */
static long set_version(void *arg)
{
	u32 version = ((struct gnttab_set_version *)arg)->version;

	return version == 1 ? 0 : version == 2 ? -ENOSYS : -EINVAL;
}

static long get_version(void *arg)
{
	struct gnttab_get_version *op = arg;
	struct domain *d;
	int err = domain_for_caller(op->dom, &d);

	if (!err) {
		op->version = 1;
		domain_put(d);
	}
	return err;
}

static int unmap_some(vaddr_t at, unsigned int n)
{
	struct gnttab_unmap_grant_ref op[UNMAP_BATCH];
	struct grant_unmap u[UNMAP_BATCH];
	unsigned int have;
	bool flush = false;

	for (have = 0; have < n; have++) {
		if (copy_from_guest(&op[have], at + have * sizeof(op[0]), 1)) {
			break;
		}
		u[have] = (struct grant_unmap){
			.host_addr = op[have].host_addr,
			.dev_bus_addr = op[have].dev_bus_addr,
			.handle = op[have].handle,
		};
		grant_unmap_begin(&u[have]);
		flush |= u[have].old_pte != 0;
	}
	if (flush) {
		tlb_flush_mask(READ_ONCE(current->domain->dirty_cpus));
	}
	for (unsigned int i = 0; i < have; i++) {
		grant_unmap_finish(&u[i]);
		op[i].status = u[i].status;
	}
	return copy_to_guest(at, op, have) || have < n ? -EFAULT : 0;
}

static const struct {
	long (*fn)(void *arg);		/* NULL: unmap_some */
	u16 size;
	u16 back;		/* what is copied back begins here */
	bool list;
} calls[] = {
#define CALL(name, fn, ...) \
	[GNTTABOP_##name] = { fn, sizeof(struct gnttab_##name), __VA_ARGS__ }
	CALL(map_grant_ref, map, 0, true),
	CALL(unmap_grant_ref, NULL, 0, true),
	CALL(copy, copy, offsetof(struct gnttab_copy, status), true),
	CALL(transfer, transfer, 0, true),
	CALL(setup_table, setup_table),
	CALL(query_size, query_size),
	CALL(set_version, set_version),
	CALL(get_version, get_version),
};

static long one_element(unsigned int nr, vaddr_t at)
{
	size_t size = calls[nr].size, back = calls[nr].back;
	u64 arg[8];
	long err;

	if (copy_from_guest_va(arg, at, size)) {
		return -EFAULT;
	}
	err = calls[nr].fn(arg);
	return err ? err : copy_to_guest_va(at + back, (u8 *)arg + back,
					    size - back);
}

HC(grant_table_op)
{
	u32 nr = (u32)a1, count = (u32)a3, done, n;
	long err = 0;

	if ((s32)count < 0) {
		return -EINVAL;
	}
	if (nr >= ARRAY_LEN(calls) || !calls[nr].size) {
		return hypercall_enosys(nr);
	}
	if (!calls[nr].list && count != 1) {
		return -EINVAL;
	}
	for (done = 0; !err && done < count; done += n) {
		vaddr_t at = a2 + (u64)done * calls[nr].size;

		if (done && hypercall_preempt()) {
			return hypercall_restart(__HYPERVISOR_grant_table_op,
						 3, a1, at,
						 (unsigned long)(count - done));
		}
		n = calls[nr].fn ? 1 : min(count - done, (u32)UNMAP_BATCH);
		err = calls[nr].fn ? one_element(nr, at) : unmap_some(at, n);
	}
	return err;
}
