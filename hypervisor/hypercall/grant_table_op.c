/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * HYPERVISOR_grant_table_op(cmd, ops, count): see xen/grant_table.h.  Arrays
 * are worked through one element at a time; a call that must make way goes on
 * later with the rest of the array.
 */
#include "grant/grant_table.h"
#include "hypercall/hypercall.h"
#include "mm/guest_copy.h"
#include "x86/tlb.h"

#define UNMAP_BATCH	8

/* One element: reads, works, writes back.  0 or -errno. */
typedef int (*element_fn)(vaddr_t at);

static int map_element(vaddr_t at)
{
	struct gnttab_map_grant_ref op;

	if (copy_from_guest(&op, at, 1)) {
		return -EFAULT;
	}
	grant_map(&op);
	return copy_to_guest(at, &op, 1);
}

static int copy_element(vaddr_t at)
{
	struct gnttab_copy op;

	if (copy_from_guest(&op, at, 1)) {
		return -EFAULT;
	}
	grant_copy(&op);
	return copy_to_guest(at + offsetof(struct gnttab_copy, status),
			     &op.status, 1);
}

/* Needs a donor's frame to change owner: not offered. */
static int transfer_element(vaddr_t at)
{
	struct gnttab_transfer op;

	if (copy_from_guest(&op, at, 1)) {
		return -EFAULT;
	}
	op.status = GNTST_general_error;
	return copy_to_guest(at, &op, 1);
}

/* The domain that a call about a table names: GNTST_*, with a reference. */
static s16 table_domain_get(domid_t id, struct domain **out)
{
	*out = domain_get_or_self(id);
	if (!*out) {
		return GNTST_bad_domain;
	}
	if (*out != current->domain && !current->domain->privileged) {
		domain_put(*out);
		return GNTST_permission_denied;
	}
	return GNTST_okay;
}

static s16 setup_table(const struct gnttab_setup_table *op)
{
	struct domain *d;
	s16 status = table_domain_get(op->dom, &d);

	if (status != GNTST_okay) {
		return status;
	}
	if (grant_table_grow(d, op->nr_frames)) {
		status = GNTST_general_error;
	}
	for (u32 i = 0; status == GNTST_okay && i < op->nr_frames; i++) {
		u64 m = d->grants->frames[i].v;

		if (copy_to_guest(op->frame_list.p + i, &m, 1)) {
			status = GNTST_bad_virt_addr;
		}
	}
	domain_put(d);
	return status;
}

static int setup_element(vaddr_t at)
{
	struct gnttab_setup_table op;

	if (copy_from_guest(&op, at, 1)) {
		return -EFAULT;
	}
	op.status = setup_table(&op);
	return copy_to_guest(at, &op, 1);
}

static int query_element(vaddr_t at)
{
	struct gnttab_query_size op;
	struct domain *d;

	if (copy_from_guest(&op, at, 1)) {
		return -EFAULT;
	}
	op.status = table_domain_get(op.dom, &d);
	if (op.status == GNTST_okay) {
		op.nr_frames = d->grants->nr_frames;
		op.max_nr_frames = d->grants->max_frames;
		domain_put(d);
	}
	return copy_to_guest(at, &op, 1);
}

/* Version 1 is the only one there is. */
static long set_version(vaddr_t at)
{
	struct gnttab_set_version op;

	if (copy_from_guest(&op, at, 1)) {
		return -EFAULT;
	}
	if (op.version != 1) {
		return op.version == 2 ? -ENOSYS : -EINVAL;
	}
	return copy_to_guest(at, &op, 1);
}

static long get_version(vaddr_t at)
{
	struct gnttab_get_version op;
	struct domain *d;
	s16 status;

	if (copy_from_guest(&op, at, 1)) {
		return -EFAULT;
	}
	status = table_domain_get(op.dom, &d);
	if (status != GNTST_okay) {
		return status == GNTST_bad_domain ? -ESRCH : -EPERM;
	}
	op.version = 1;
	domain_put(d);
	return copy_to_guest(at, &op, 1);
}

static long get_status_frames(vaddr_t at)
{
	struct gnttab_get_status_frames op;

	if (copy_from_guest(&op, at, 1)) {
		return -EFAULT;
	}
	op.status = GNTST_general_error;	/* version 2 only */
	return copy_to_guest(at, &op, 1);
}

/* ---- unmapping: batches, so that one flush serves several ---- */

static int unmap_read(struct grant_unmap *u, vaddr_t at)
{
	struct gnttab_unmap_grant_ref op;

	if (copy_from_guest(&op, at, 1)) {
		return -EFAULT;
	}
	u->host_addr = op.host_addr;
	u->dev_bus_addr = op.dev_bus_addr;
	u->handle = op.handle;
	return 0;
}

static int unmap_some(vaddr_t at, unsigned int n)
{
	const size_t size = sizeof(struct gnttab_unmap_grant_ref);
	const size_t status_off = offsetof(struct gnttab_unmap_grant_ref,
					   status);
	struct grant_unmap u[UNMAP_BATCH];
	unsigned int have;
	bool flush = false;
	int err = 0;

	for (have = 0; have < n; have++) {
		err = unmap_read(&u[have], at + have * size);
		if (err) {
			break;
		}
		grant_unmap_begin(&u[have]);
		flush |= u[have].old_pte != 0;
	}
	if (flush) {
		tlb_flush_mask(READ_ONCE(current->domain->dirty_cpus));
	}
	for (unsigned int i = 0; i < have; i++) {
		grant_unmap_finish(&u[i]);
		if (copy_to_guest(at + i * size + status_off, &u[i].status,
				  1)) {
			err = -EFAULT;
		}
	}
	return err;
}

static long unmap_all(vaddr_t at, unsigned int count)
{
	int err = 0;

	while (count && !err) {
		unsigned int n = min(count, (unsigned int)UNMAP_BATCH);

		err = unmap_some(at, n);
		at += n * sizeof(struct gnttab_unmap_grant_ref);
		count -= n;
		if (!err && count && hypercall_preempt()) {
			return hypercall_restart(__HYPERVISOR_grant_table_op,
						 3, GNTTABOP_unmap_grant_ref,
						 at, (unsigned long)count);
		}
	}
	return err;
}

static long for_each_element(unsigned long cmd, vaddr_t at,
			     unsigned int count, element_fn fn, size_t size)
{
	for (unsigned int i = 0; i < count; i++) {
		int err;

		if (i && hypercall_preempt()) {
			return hypercall_restart(__HYPERVISOR_grant_table_op,
						 3, cmd, at + i * size,
						 (unsigned long)(count - i));
		}
		err = fn(at + i * size);
		if (err) {
			return err;
		}
	}
	return 0;
}

long hc_grant_table_op(unsigned long a1, unsigned long a2, unsigned long a3,
		       unsigned long a4, unsigned long a5)
{
	u32 count = (u32)a3;

	if ((s32)count < 0) {
		return -EINVAL;
	}
	switch ((u32)a1) {
	case GNTTABOP_map_grant_ref:
		return for_each_element(a1, a2, count, map_element,
					sizeof(struct gnttab_map_grant_ref));
	case GNTTABOP_unmap_grant_ref:
		return unmap_all(a2, count);
	case GNTTABOP_copy:
		return for_each_element(a1, a2, count, copy_element,
					sizeof(struct gnttab_copy));
	case GNTTABOP_transfer:
		return for_each_element(a1, a2, count, transfer_element,
					sizeof(struct gnttab_transfer));
	case GNTTABOP_setup_table:
		return count == 1 ? setup_element(a2) : -EINVAL;
	case GNTTABOP_query_size:
		return count == 1 ? query_element(a2) : -EINVAL;
	case GNTTABOP_set_version:
		return count == 1 ? set_version(a2) : -EINVAL;
	case GNTTABOP_get_version:
		return count == 1 ? get_version(a2) : -EINVAL;
	case GNTTABOP_get_status_frames:
		return count == 1 ? get_status_frames(a2) : -EINVAL;
	case GNTTABOP_cache_flush:
		return -EOPNOTSUPP;
	default:
		return hypercall_enosys_sub("grant_table_op", (u32)a1);
	}
}
