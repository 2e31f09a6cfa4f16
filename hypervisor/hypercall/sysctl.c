/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * HYPERVISOR_sysctl (xen/sysctl.h): what the toolstack may know and set of the
 * machine as a whole.  Privileged callers only; what we do not have says
 * -ENOSYS.
 */
#include "device/console.h"
#include "domain/sched.h"
#include "hypercall/domctl.h"
#include "hypercall/hypercall.h"
#include "lib/string.h"
#include "mm/alloc.h"
#include "mm/guest_copy.h"
#include "pvcpu/policy.h"
#include "x86/clock.h"
#include "x86/smp.h"
#include "x86/upcalls.h"
#include <xen/sysctl.h>

static long readconsole(struct domain *d, void *arg)
{
	struct xen_sysctl_readconsole *r = arg;
	u32 done = 0, n;
	bool incremental = r->incremental;
	char buf[256];

	while (done < r->count) {
		n = console_ring_read(buf, &r->index,
				      min(r->count - done, (u32)sizeof(buf)),
				      incremental, false);
		if (!n) {
			break;
		}
		incremental = true;
		if (copy_to_guest_va((vaddr_t)r->buffer.p + done, buf, n)) {
			return -EFAULT;
		}
		done += n;
	}
	if (r->clear) {
		console_ring_read(buf, &r->index, 0, true, true);
	}
	r->count = done;
	return 0;
}

static long physinfo(struct domain *d, void *arg)
{
	struct xen_sysctl_physinfo *p = arg;

	*p = (struct xen_sysctl_physinfo){
		.threads_per_core = 1,
		.cores_per_socket = nr_cpus,
		.nr_cpus = nr_cpus,
		.max_cpu_id = nr_cpus - 1,
		.nr_nodes = 1,
		.cpu_khz = (u32)tsc_khz,
		.capabilities = XEN_SYSCTL_PHYSCAP_pv |
				XEN_SYSCTL_PHYSCAP_gnttab_v1,
		.total_pages = boot_ram_frames(),
		.free_pages = nr_free_frames,
		.outstanding_pages = nr_claimed_frames,
		.max_mfn = max_mfn - 1,
	};
	for (unsigned int i = 0; i < 4; i++) {
		p->hw_cap[i] = cpu_feature_word(&host_policy, i);
	}
	return 0;
}

static long sched_id(struct domain *d, void *arg)
{
	((struct xen_sysctl_sched_id *)arg)->sched_id = XEN_SCHEDULER_CREDIT;
	return 0;
}

/* 1: the list is full. */
static int put_domain_info(struct domain *d, void *arg)
{
	struct xen_sysctl_getdomaininfolist *l = arg;
	struct xen_domctl_getdomaininfo info;

	if (l->num_domains == l->max_domains) {
		return 1;
	}
	domain_info_fill(d, &info);
	return copy_to_guest(l->buffer.p + l->num_domains++, &info, 1);
}

static long getdomaininfolist(struct domain *d, void *arg)
{
	struct xen_sysctl_getdomaininfolist *l = arg;

	l->num_domains = 0;
	return min(domain_for_each(l->first_domain, put_domain_info, l), 0);
}

static long debug_keys(struct domain *d, void *arg)
{
	struct xen_sysctl_debug_keys *k = arg;
	char key;

	for (u32 i = 0; i < min(k->nr_keys, 32U); i++) {
		if (copy_from_guest(&key, k->keys.p + i, 1)) {
			return -EFAULT;
		}
		debug_key(key);
	}
	return 0;
}

/* One socket, its cores numbered as the CPUs are. */
static long cputopoinfo(struct domain *d, void *arg)
{
	struct xen_sysctl_cputopoinfo *t = arg;

	for (u32 i = 0; t->cputopo.p && i < min(t->num_cpus, nr_cpus); i++) {
		struct xen_sysctl_cputopo topo = { i, 0, 0 };

		if (copy_to_guest(t->cputopo.p + i, &topo, 1)) {
			return -EFAULT;
		}
	}
	t->num_cpus = nr_cpus;
	return 0;
}

static long numainfo(struct domain *d, void *arg)
{
	struct xen_sysctl_numainfo *n = arg;
	struct xen_sysctl_meminfo mem = {
		max_mfn << PAGE_SHIFT, nr_free_frames << PAGE_SHIFT
	};
	u32 distance = 10;

	if (n->num_nodes &&
	    ((n->meminfo.p && copy_to_guest(n->meminfo.p, &mem, 1)) ||
	     (n->distance.p && copy_to_guest(n->distance.p, &distance, 1)))) {
		return -EFAULT;
	}
	n->num_nodes = 1;
	return 0;
}

static int count_domain(struct domain *d, void *arg)
{
	(*(u32 *)arg)++;
	return 0;
}

/* There is one pool, number 0, with all CPUs. */
static long cpupool_op(struct domain *d, void *arg)
{
	struct xen_sysctl_cpupool_op *p = arg;

	switch (p->op) {
	case XEN_SYSCTL_CPUPOOL_OP_INFO:
		if (p->cpupool_id != 0 && p->cpupool_id != ~0U) {
			return -ENOENT;
		}
		p->cpupool_id = 0;
		p->sched_id = XEN_SCHEDULER_CREDIT;
		p->n_dom = 0;
		domain_for_each(0, count_domain, &p->n_dom);
		return bitmap_to_guest(&p->cpumap, cpus_online);
	case XEN_SYSCTL_CPUPOOL_OP_MOVEDOMAIN:
		return p->cpupool_id ? -ENOENT : 0;
	default:
		return -EOPNOTSUPP;
	}
}

static const struct subcall calls[] = {
	[XEN_SYSCTL_readconsole] = { readconsole, 0, SUB_OUT },
	[XEN_SYSCTL_perfc_op] = { sysctl_perfc_op, 0, SUB_OUT },
	[XEN_SYSCTL_physinfo] = { physinfo, 0, SUB_OUT },
	[XEN_SYSCTL_sched_id] = { sched_id, 0, SUB_OUT },
	[XEN_SYSCTL_getdomaininfolist] = { getdomaininfolist, 0, SUB_OUT },
	[XEN_SYSCTL_debug_keys] = { debug_keys },
	[XEN_SYSCTL_cputopoinfo] = { cputopoinfo, 0, SUB_OUT },
	[XEN_SYSCTL_numainfo] = { numainfo, 0, SUB_OUT },
	[XEN_SYSCTL_cpupool_op] = { cpupool_op, 0, SUB_OUT },
	[XEN_SYSCTL_get_cpu_featureset] = { get_cpu_featureset, 0, SUB_OUT },
	[XEN_SYSCTL_get_cpu_policy] = { get_system_cpu_policy, 0, SUB_OUT },
};

static const struct subcall_family family = {
	calls, ARRAY_LEN(calls), XEN_SYSCTL_INTERFACE_VERSION,
	sizeof(struct xen_sysctl), offsetof(struct xen_sysctl, u),
};

HC(sysctl)
{
	return subcall_versioned(&family, a1);
}
