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

typedef long (*sysctl_fn)(struct xen_sysctl *op, bool *copy_back);

static long sysctl_readconsole(struct xen_sysctl *op, bool *copy_back)
{
	struct xen_sysctl_readconsole *r = &op->u.readconsole;
	u32 index = r->index, done = 0, n;
	bool incremental = r->incremental;
	char buf[256];

	while (done < r->count) {
		n = console_ring_read(buf, &index,
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
		console_ring_read(buf, &index, 0, true, true);
	}
	r->count = done;
	r->index = index;
	*copy_back = true;
	return 0;
}

static long sysctl_physinfo(struct xen_sysctl *op, bool *copy_back)
{
	struct xen_sysctl_physinfo *p = &op->u.physinfo;

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
		.free_pages = frames_free_count(),
		.scrub_pages = 0,
		.outstanding_pages = frames_claimed_count(),
		.max_mfn = max_mfn - 1,
	};
	for (unsigned int i = 0; i < host_policy.nr_leaves; i++) {
		const struct xen_cpuid_leaf *l = &host_policy.leaves[i];

		if (l->leaf == 1) {
			p->hw_cap[0] = l->d;
			p->hw_cap[1] = l->c;
		} else if (l->leaf == 0x80000001) {
			p->hw_cap[2] = l->d;
			p->hw_cap[3] = l->c;
		}
	}
	*copy_back = true;
	return 0;
}

static long sysctl_sched_id(struct xen_sysctl *op, bool *copy_back)
{
	op->u.sched_id.sched_id = XEN_SCHEDULER_CREDIT;
	*copy_back = true;
	return 0;
}

struct list_out {
	struct xen_sysctl_getdomaininfolist *arg;
	long err;
};

static int put_domain_info(struct domain *d, void *arg)
{
	struct list_out *out = arg;
	struct xen_domctl_getdomaininfo info;

	if (out->arg->num_domains == out->arg->max_domains) {
		return 1;
	}
	domain_info_fill(d, &info);
	if (copy_to_guest((vaddr_t)out->arg->buffer.p +
			  out->arg->num_domains * sizeof(info), &info, 1)) {
		out->err = -EFAULT;
		return 1;
	}
	out->arg->num_domains++;
	return 0;
}

static long sysctl_getdomaininfolist(struct xen_sysctl *op, bool *copy_back)
{
	struct list_out out = { &op->u.getdomaininfolist, 0 };

	out.arg->num_domains = 0;
	domain_for_each(out.arg->first_domain, put_domain_info, &out);
	*copy_back = true;
	return out.err;
}

static long sysctl_debug_keys(struct xen_sysctl *op, bool *copy_back)
{
	char key;

	for (u32 i = 0; i < min(op->u.debug_keys.nr_keys, 32U); i++) {
		if (copy_from_guest(&key,
				    (vaddr_t)op->u.debug_keys.keys.p + i, 1)) {
			return -EFAULT;
		}
		debug_key(key);
	}
	return 0;
}

static long sysctl_getcpuinfo(struct xen_sysctl *op, bool *copy_back)
{
	struct xen_sysctl_getcpuinfo *g = &op->u.getcpuinfo;
	struct xen_sysctl_cpuinfo info;

	g->nr_cpus = min(g->max_cpus, nr_cpus);
	for (u32 i = 0; i < g->nr_cpus; i++) {
		info.idletime = sched_idle_time(i);
		if (copy_to_guest((vaddr_t)g->info.p + i * sizeof(info),
				  &info, 1)) {
			return -EFAULT;
		}
	}
	*copy_back = true;
	return 0;
}

static long sysctl_availheap(struct xen_sysctl *op, bool *copy_back)
{
	op->u.availheap.avail_bytes = frames_free_count() << PAGE_SHIFT;
	*copy_back = true;
	return 0;
}

/* One socket, its cores numbered as the CPUs are. */
static long sysctl_cputopoinfo(struct xen_sysctl *op, bool *copy_back)
{
	struct xen_sysctl_cputopoinfo *t = &op->u.cputopoinfo;
	u32 n = t->cputopo.p ? min(t->num_cpus, nr_cpus) : 0;

	for (u32 i = 0; i < n; i++) {
		struct xen_sysctl_cputopo topo = { i, 0, 0 };

		if (copy_to_guest((vaddr_t)t->cputopo.p + i * sizeof(topo),
				  &topo, 1)) {
			return -EFAULT;
		}
	}
	t->num_cpus = nr_cpus;
	*copy_back = true;
	return 0;
}

static long sysctl_numainfo(struct xen_sysctl *op, bool *copy_back)
{
	struct xen_sysctl_numainfo *n = &op->u.numainfo;
	struct xen_sysctl_meminfo mem = {
		max_mfn << PAGE_SHIFT, frames_free_count() << PAGE_SHIFT
	};
	u32 distance = 10;

	if (n->num_nodes) {
		if ((n->meminfo.p && copy_to_guest(n->meminfo.p, &mem, 1)) ||
		    (n->distance.p &&
		     copy_to_guest(n->distance.p, &distance, 1))) {
			return -EFAULT;
		}
	}
	n->num_nodes = 1;
	*copy_back = true;
	return 0;
}

static int count_domain(struct domain *d, void *arg)
{
	(*(u32 *)arg)++;
	return 0;
}

/* There is one pool, number 0, with all CPUs. */
static long sysctl_cpupool_op(struct xen_sysctl *op, bool *copy_back)
{
	struct xen_sysctl_cpupool_op *p = &op->u.cpupool_op;
	u64 map = cpus_online;

	switch (p->op) {
	case XEN_SYSCTL_CPUPOOL_OP_INFO:
		if (p->cpupool_id != 0 && p->cpupool_id != ~0U) {
			return -ENOENT;
		}
		p->cpupool_id = 0;
		p->sched_id = XEN_SCHEDULER_CREDIT;
		p->n_dom = 0;
		domain_for_each(0, count_domain, &p->n_dom);
		break;
	case XEN_SYSCTL_CPUPOOL_OP_FREEINFO:
		map = 0;
		break;
	case XEN_SYSCTL_CPUPOOL_OP_MOVEDOMAIN:
		return p->cpupool_id ? -ENOENT : 0;
	default:
		return -EOPNOTSUPP;
	}
	*copy_back = true;
	return bitmap_to_guest(&p->cpumap, map);
}

static long sysctl_scheduler_op(struct xen_sysctl *op, bool *copy_back)
{
	struct xen_sysctl_scheduler_op *s = &op->u.scheduler_op;

	if (s->cpupool_id || s->sched_id != XEN_SCHEDULER_CREDIT) {
		return -EINVAL;
	}
	if (s->cmd != XEN_SYSCTL_SCHEDOP_getinfo) {
		return -EOPNOTSUPP;
	}
	s->u.sched_credit = (struct xen_sysctl_credit_schedule){
		.tslice_ms = SCHED_SLICE_MS,
	};
	*copy_back = true;
	return 0;
}

static long sysctl_get_cpu_levelling_caps(struct xen_sysctl *op,
					  bool *copy_back)
{
	op->u.cpu_levelling_caps.caps = 0;
	*copy_back = true;
	return 0;
}

static const struct {
	u32 cmd;
	sysctl_fn fn;
} calls[] = {
	{ XEN_SYSCTL_readconsole, sysctl_readconsole },
	{ XEN_SYSCTL_physinfo, sysctl_physinfo },
	{ XEN_SYSCTL_sched_id, sysctl_sched_id },
	{ XEN_SYSCTL_getdomaininfolist, sysctl_getdomaininfolist },
	{ XEN_SYSCTL_debug_keys, sysctl_debug_keys },
	{ XEN_SYSCTL_getcpuinfo, sysctl_getcpuinfo },
	{ XEN_SYSCTL_availheap, sysctl_availheap },
	{ XEN_SYSCTL_cputopoinfo, sysctl_cputopoinfo },
	{ XEN_SYSCTL_numainfo, sysctl_numainfo },
	{ XEN_SYSCTL_cpupool_op, sysctl_cpupool_op },
	{ XEN_SYSCTL_scheduler_op, sysctl_scheduler_op },
	{ XEN_SYSCTL_get_cpu_levelling_caps, sysctl_get_cpu_levelling_caps },
	{ XEN_SYSCTL_get_cpu_featureset, sysctl_get_cpu_featureset },
	{ XEN_SYSCTL_get_cpu_policy, sysctl_get_cpu_policy },
};

long hc_sysctl(unsigned long arg, unsigned long a2, unsigned long a3,
	       unsigned long a4, unsigned long a5)
{
	struct xen_sysctl op;
	bool copy_back = false;
	sysctl_fn fn = NULL;
	long ret;

	if (copy_from_guest(&op, arg, 1)) {
		return -EFAULT;
	}
	if (op.interface_version != XEN_SYSCTL_INTERFACE_VERSION) {
		return -EACCES;
	}
	if (!current->domain->privileged) {
		return -EPERM;
	}
	for (unsigned int i = 0; i < ARRAY_LEN(calls); i++) {
		if (calls[i].cmd == op.cmd) {
			fn = calls[i].fn;
		}
	}
	if (!fn) {
		return hypercall_enosys_sub("sysctl", op.cmd);
	}
	ret = fn(&op, &copy_back);
	if (copy_back && copy_to_guest(arg, &op, 1)) {
		return -EFAULT;
	}
	return ret;
}
