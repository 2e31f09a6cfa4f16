/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * HYPERVISOR_memory_op(cmd, arg): how much memory a domain has, and where
 * (xen/memory.h).
 */
#include "hypercall/memory_op.h"
#include "hypercall/hypercall.h"
#include "mm/alloc.h"
#include "mm/guest_copy.h"

int memory_domain_get(domid_t id, struct domain **out)
{
	*out = domain_get_or_self(id);
	if (!*out) {
		return -ESRCH;
	}
	if (*out != current->domain && !current->domain->privileged) {
		domain_put(*out);
		return -EPERM;
	}
	return 0;
}

bool memory_alloc_flags(unsigned int mem_flags, u32 *flags)
{
	unsigned int bits = XENMEMF_get_address_bits(mem_flags);

	*flags = 0;
	if (bits && bits <= PAGE_SHIFT) {
		return false;
	}
	if (bits && bits < 64) {
		*flags = ALLOC_BITS(bits);
	}
	return true;
}

static long size_query(unsigned long cmd, unsigned long arg)
{
	struct xen_memory_domain q;
	struct domain *d;
	long n;
	int err;

	if (copy_from_guest(&q, arg, 1)) {
		return -EFAULT;
	}
	err = memory_domain_get(q.domid, &d);
	if (err) {
		return err;
	}
	switch (cmd) {
	case XENMEM_current_reservation:
		n = (long)d->tot_pages;
		break;
	case XENMEM_maximum_reservation:
		n = (long)d->max_pages;
		break;
	default:
		n = (long)READ_ONCE(d->shared->arch.max_pfn);
		n = n ? n - 1 : 0;
		break;
	}
	domain_put(d);
	return n;
}

long hc_memory_op(unsigned long a1, unsigned long a2, unsigned long a3,
		  unsigned long a4, unsigned long a5)
{
	switch (a1 & MEMOP_CMD_MASK) {
	case XENMEM_increase_reservation:
	case XENMEM_decrease_reservation:
	case XENMEM_populate_physmap:
		return memory_reservation(a1, a2);
	case XENMEM_exchange:
		return memory_exchange(a1, a2);
	case XENMEM_claim_pages:
		return memory_claim(a2);
	case XENMEM_acquire_resource:
		return memory_acquire_resource(a1, a2);
	default:
		break;
	}
	switch (a1) {
	case XENMEM_maximum_ram_page:
		return (long)max_mfn;
	case XENMEM_current_reservation:
	case XENMEM_maximum_reservation:
	case XENMEM_maximum_gpfn:
		return size_query(a1, a2);
	case XENMEM_memory_map:
		return memory_map(a2);
	case XENMEM_set_memory_map:
		return memory_set_map(a2);
	case XENMEM_machine_memory_map:
		return memory_machine_map(a2);
	case XENMEM_machphys_mfn_list:
		return memory_machphys_list(a2);
	case XENMEM_machphys_mapping:
		return memory_machphys_mapping(a2);
	case XENMEM_add_to_physmap:
	case XENMEM_add_to_physmap_batch:
	case XENMEM_remove_from_physmap:
		return -EACCES;		/* translated guests only */
	case XENMEM_get_vnumainfo:
		return -EOPNOTSUPP;
	default:
		return hypercall_enosys_sub("memory_op", a1);
	}
}
