/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * memory_op's questions: where a domain's memory is, where the machine's is,
 * where the M2P table is, and which frames hold a domain's grant table.
 */
#include "boot/boot_info.h"
#include "grant/grant_table.h"
#include "hypercall/hypercall.h"
#include "hypercall/memory_op.h"
#include "mm/alloc.h"
#include "mm/guest_copy.h"
#include "x86/paging.h"

#define M2P_EXTENT	(2UL << 20)

_Static_assert(sizeof(struct e820_entry) == 20, "the BIOS's layout");

/* Stores n entries as far as they fit and says how many. */
static long put_map(unsigned long arg, struct xen_memory_map *m,
		    const struct e820_entry *e, unsigned int n)
{
	m->nr_entries = min(m->nr_entries, n);
	if (copy_to_guest_va((vaddr_t)m->buffer.p, e,
			     m->nr_entries * sizeof(*e)) ||
	    copy_to_guest(arg, m, 1)) {
		return -EFAULT;
	}
	return 0;
}

long memory_map(unsigned long arg)
{
	struct domain *d = current->domain;
	struct xen_memory_map m;
	struct e820_entry *copy;
	unsigned int n;
	long err;

	if (copy_from_guest(&m, arg, 1)) {
		return -EFAULT;
	}
	spin_lock(&d->lock);
	n = d->nr_e820;
	copy = n ? heap_alloc(n * sizeof(*copy)) : NULL;
	for (unsigned int i = 0; copy && i < n; i++) {
		copy[i] = d->e820[i];
	}
	spin_unlock(&d->lock);
	if (!n) {
		return -ENOSYS;
	}
	if (!copy) {
		return -ENOMEM;
	}
	err = put_map(arg, &m, copy, n);
	heap_free(copy);
	return err;
}

long memory_set_map(unsigned long arg)
{
	struct xen_foreign_memory_map fm;
	struct e820_entry *map = NULL, *old;
	struct domain *d;
	int err;

	if (copy_from_guest(&fm, arg, 1)) {
		return -EFAULT;
	}
	if (fm.map.nr_entries > BOOT_MAX_E820) {
		return -E2BIG;
	}
	err = memory_domain_get(fm.domid, &d);
	if (err) {
		return err;
	}
	if (!current->domain->privileged) {
		err = -EPERM;
		goto out_put_domain;
	}
	map = heap_alloc(max(fm.map.nr_entries, 1U) * sizeof(*map));
	if (!map) {
		err = -ENOMEM;
		goto out_put_domain;
	}
	if (copy_from_guest(map, fm.map.buffer.p, fm.map.nr_entries)) {
		err = -EFAULT;
		goto out_free;
	}
	spin_lock(&d->lock);
	if (d->dying) {
		err = -EINVAL;
	} else {
		old = d->e820;
		d->e820 = map;
		d->nr_e820 = fm.map.nr_entries;
		map = old;
	}
	spin_unlock(&d->lock);
out_free:
	heap_free(map);
out_put_domain:
	domain_put(d);
	return err;
}

long memory_machine_map(unsigned long arg)
{
	struct xen_memory_map m;

	if (!current->domain->privileged) {
		return -EPERM;
	}
	if (copy_from_guest(&m, arg, 1)) {
		return -EFAULT;
	}
	if (m.nr_entries < boot_info.nr_e820) {
		return -EINVAL;
	}
	return put_map(arg, &m, boot_info.e820, boot_info.nr_e820);
}

long memory_machphys_list(unsigned long arg)
{
	unsigned int n = (unsigned int)DIV_ROUND_UP(max_mfn * sizeof(u64),
						    M2P_EXTENT);
	struct xen_machphys_mfn_list l;
	u64 m;

	if (copy_from_guest(&l, arg, 1)) {
		return -EFAULT;
	}
	l.nr_extents = min(l.max_extents, n);
	for (unsigned int i = 0; i < l.nr_extents; i++) {
		m = hv_va_to_mfn(M2P_START + i * M2P_EXTENT).v;
		if (copy_to_guest(l.extent_start.p + i, &m, 1)) {
			return -EFAULT;
		}
	}
	return copy_to_guest(arg, &l, 1);
}

long memory_machphys_mapping(unsigned long arg)
{
	struct xen_machphys_mapping m = {
		.v_start = MACH2PHYS_VIRT_START,
		.v_end = MACH2PHYS_VIRT_END,
		.max_mfn = MACH2PHYS_NR_ENTRIES - 1,
	};

	return copy_to_guest(arg, &m, 1);
}

static int grant_frames_get(struct domain *d, unsigned long cmd,
			    const struct xen_mem_acquire_resource *r)
{
	u64 *list = r->frame_list.p;

	for (u32 i = (u32)(cmd >> MEMOP_EXTENT_SHIFT); i < r->nr_frames; i++) {
		mfn_t m;
		u64 v;
		int err = grant_frame_mfn(d, (unsigned int)(r->frame + i), &m);

		if (err) {
			return err;
		}
		v = m.v;
		if (copy_to_guest(list + i, &v, 1)) {
			return -EFAULT;
		}
	}
	return 0;
}

long memory_acquire_resource(unsigned long cmd, unsigned long arg)
{
	struct xen_mem_acquire_resource r;
	struct domain *d;
	unsigned int limit;
	int err;

	if (copy_from_guest(&r, arg, 1)) {
		return -EFAULT;
	}
	err = memory_domain_get(r.domid, &d);
	if (err) {
		return err;
	}
	if (!current->domain->privileged) {
		err = -EPERM;
	} else if (r.type != XENMEM_resource_grant_table || r.pad) {
		err = -EOPNOTSUPP;
	} else if (r.id != XENMEM_resource_grant_table_id_shared) {
		err = -EINVAL;
	}
	if (err) {
		goto out_put_domain;
	}
	limit = d->grants->max_frames;
	if (!r.frame_list.p) {
		err = r.nr_frames ? -EINVAL : 0;
		r.nr_frames = limit;
		if (!err && copy_to_guest(arg, &r, 1)) {
			err = -EFAULT;
		}
	} else if (!range_within(r.frame, r.nr_frames, limit)) {
		err = -EINVAL;
	} else {
		err = grant_frames_get(d, cmd, &r);
	}
out_put_domain:
	domain_put(d);
	return err;
}
