/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * HYPERVISOR_memory_op(cmd, arg) (xen/memory.h): how much memory a domain has,
 * and where; where the machine's is, where the M2P table is, and which frames
 * hold a domain's grant table.
 */
#include "boot/boot_info.h"
#include "grant/grant_table.h"
#include "hypercall/foreign.h"
#include "hypercall/hypercall.h"
#include "hypercall/memory_op.h"
#include "lib/string.h"
#include "mm/alloc.h"
#include "mm/guest_copy.h"
#include "x86/paging.h"

#define M2P_EXTENT	(2UL << 20)

_Static_assert(sizeof(struct e820_entry) == 20, "the BIOS's layout");

bool memory_alloc_flags(unsigned int mem_flags, u32 *flags)
{
	unsigned int bits = XENMEMF_get_address_bits(mem_flags);
	bool low = bits && bits <= bit_highest(max_mfn - 1) + PAGE_SHIFT;

	*flags = low ? ALLOC_BITS(bits) : 0;
	return !low || (bits > PAGE_SHIFT && current->domain->privileged);
}

static long op_maximum_ram_page(struct domain *d, void *arg)
{
	return (long)max_mfn;
}

static long op_current_reservation(struct domain *d, void *arg)
{
	return (long)d->tot_pages;
}

static long op_maximum_reservation(struct domain *d, void *arg)
{
	return (long)d->max_pages;
}

static long op_maximum_gpfn(struct domain *d, void *arg)
{
	long n = (long)READ_ONCE(d->shared->arch.max_pfn);

	return n ? n - 1 : 0;
}

static long op_claim_pages(struct domain *d, void *arg)
{
	struct xen_memory_reservation *r = arg;
	long err;

	if (r->extent_start.p || r->extent_order || r->mem_flags ||
	    domain_for_caller(r->domid, &d)) {
		return -EINVAL;
	}
	err = domain_claim_pages(d, r->nr_extents);
	domain_put(d);
	return err;
}

/* Stores n entries as far as they fit and says how many. */
static long put_map(struct xen_memory_map *m, const struct e820_entry *e,
		    unsigned int n)
{
	m->nr_entries = min(m->nr_entries, n);
	return copy_to_guest_va((vaddr_t)m->buffer.p, e,
				m->nr_entries * sizeof(*e));
}

static long op_memory_map(struct domain *d, void *arg)
{
	unsigned int n = READ_ONCE(d->nr_e820);

	return n ? put_map(arg, d->e820, n) : -ENOSYS;
}

/* For a domain that runs not yet; the map is its own as long as it lives. */
static long op_set_memory_map(struct domain *d, void *arg)
{
	struct xen_memory_map *m = &((struct xen_foreign_memory_map *)arg)->map;
	struct e820_entry *map;

	if (m->nr_entries > BOOT_MAX_E820) {
		return -E2BIG;
	}
	map = heap_alloc(BOOT_MAX_E820 * sizeof(*map));
	if (!map) {
		return -ENOMEM;
	}
	if (copy_from_guest(map, m->buffer.p, m->nr_entries)) {
		heap_free(map);
		return -EFAULT;
	}
	spin_lock(&d->lock);
	if (d->e820) {
		memcpy(d->e820, map, m->nr_entries * sizeof(*map));
	} else {
		d->e820 = map;
		map = NULL;
	}
	WRITE_ONCE(d->nr_e820, m->nr_entries);
	spin_unlock(&d->lock);
	heap_free(map);
	return 0;
}

static long op_machine_memory_map(struct domain *d, void *arg)
{
	return ((struct xen_memory_map *)arg)->nr_entries < boot_info.nr_e820 ?
	       -EINVAL : put_map(arg, boot_info.e820, boot_info.nr_e820);
}

static long op_machphys_mfn_list(struct domain *d, void *arg)
{
	u32 n = (u32)DIV_ROUND_UP(max_mfn * sizeof(u64), M2P_EXTENT);
	struct xen_machphys_mfn_list *l = arg;

	l->nr_extents = min(l->max_extents, n);
	for (u32 i = 0; i < l->nr_extents; i++) {
		u64 m = hv_va_to_mfn(M2P_START + i * M2P_EXTENT).v;

		if (copy_to_guest(l->extent_start.p + i, &m, 1)) {
			return -EFAULT;
		}
	}
	return 0;
}

static long op_machphys_mapping(struct domain *d, void *arg)
{
	*(struct xen_machphys_mapping *)arg = (struct xen_machphys_mapping){
		.v_start = MACH2PHYS_VIRT_START,
		.v_end = MACH2PHYS_VIRT_END,
		.max_mfn = MACH2PHYS_NR_ENTRIES - 1,
	};
	return 0;
}

/* The frames of a grant table; without a list, how many there can be. */
static long op_acquire_resource(struct domain *d, void *arg)
{
	struct xen_mem_acquire_resource *r = arg;
	u32 limit = d->grants->max_frames;
	long err;

	if (r->type != XENMEM_resource_grant_table || r->pad) {
		return -EOPNOTSUPP;
	}
	if (r->id != XENMEM_resource_grant_table_id_shared) {
		return -EINVAL;
	}
	if (!r->frame_list.p) {
		err = r->nr_frames ? -EINVAL : 0;
		r->nr_frames = limit;
		return err;
	}
	if (!range_within(r->frame, r->nr_frames, limit)) {
		return -EINVAL;
	}
	err = grant_table_grow(d, (u32)r->frame + r->nr_frames);
	return err ? err : copy_to_guest_va((vaddr_t)r->frame_list.p,
					    &d->grants->frames[r->frame],
					    r->nr_frames * sizeof(mfn_t));
}

static long op_not_translated(struct domain *d, void *arg)
{
	return -EACCES;
}

#define CALL(name, type, flags) \
	[XENMEM_##name] = { op_##name, sizeof(struct type), flags }

static const struct subcall calls[] = {
	[XENMEM_maximum_ram_page] = { op_maximum_ram_page },
	CALL(current_reservation, xen_memory_domain, SUB_DOMAIN),
	CALL(maximum_reservation, xen_memory_domain, SUB_DOMAIN),
	CALL(maximum_gpfn, xen_memory_domain, SUB_DOMAIN),
	CALL(claim_pages, xen_memory_reservation, SUB_PRIVILEGED),
	CALL(exchange, xen_memory_exchange, SUB_OUT),
	CALL(memory_map, xen_memory_map, SUB_OUT),
	CALL(set_memory_map, xen_foreign_memory_map,
	     SUB_PRIVILEGED | SUB_DOMAIN),
	CALL(machine_memory_map, xen_memory_map, SUB_PRIVILEGED | SUB_OUT),
	CALL(machphys_mfn_list, xen_machphys_mfn_list, SUB_OUT),
	CALL(machphys_mapping, xen_machphys_mapping, SUB_OUT),
	CALL(acquire_resource, xen_mem_acquire_resource,
	     SUB_PRIVILEGED | SUB_DOMAIN | SUB_OUT),
	[XENMEM_add_to_physmap] = { op_not_translated },
	[XENMEM_add_to_physmap_batch] = { op_not_translated },
	[XENMEM_remove_from_physmap] = { op_not_translated },
};

HC(memory_op)
{
	switch (a1 & MEMOP_CMD_MASK) {
	case XENMEM_increase_reservation:
	case XENMEM_decrease_reservation:
	case XENMEM_populate_physmap:
		return memory_reservation(a1, a2);
	default:
		return subcall(calls, ARRAY_LEN(calls), (u32)a1, a2);
	}
}
