/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The toolstack's calls about a domain's vCPUs: their contexts, where they
 * may run, and what share of the machine they get.
 */
#include "hypercall/domctl.h"
#include "domain/sched.h"
#include "hypercall/hypercall.h"
#include "lib/string.h"
#include "mm/alloc.h"
#include "mm/guest_copy.h"
#include "pvcpu/pvcpu.h"
#include "x86/smp.h"

#define CONTEXT_ORDER	1	/* 8 KiB hold a vcpu_guest_context */

_Static_assert(sizeof(struct vcpu_guest_context) <= PAGE_SIZE << CONTEXT_ORDER,
	       "context buffer");

int bitmap_from_guest(const struct xenctl_bitmap *from, u64 *out)
{
	u32 bytes = min((from->nr_bits + 7) / 8, 8U);

	*out = 0;
	if (copy_from_guest_va(out, (vaddr_t)from->bitmap.p, bytes)) {
		return -EFAULT;
	}
	if (from->nr_bits < 64) {
		*out &= BIT(from->nr_bits) - 1;
	}
	return 0;
}

int bitmap_to_guest(const struct xenctl_bitmap *to, u64 map)
{
	u32 bytes = (to->nr_bits + 7) / 8;
	u32 own = min(bytes, 8U);

	if (to->nr_bits < 64) {
		map &= BIT(to->nr_bits) - 1;
	}
	if (copy_to_guest_va((vaddr_t)to->bitmap.p, &map, own) ||
	    clear_guest_va((vaddr_t)to->bitmap.p + own, bytes - own)) {
		return -EFAULT;
	}
	return 0;
}

static struct vcpu *vcpu_of(struct domain *d, u32 id)
{
	return id < d->max_vcpus ? d->vcpus[id] : NULL;
}

DOMCTL(setvcpucontext)
{
	struct vcpu *v = vcpu_of(d, op->u.vcpucontext.vcpu);
	struct vcpu_guest_context *c;
	long err;

	if (d == current->domain || d->dying) {
		return -EINVAL;
	}
	if (!v) {
		return -ENOENT;
	}
	c = heap_alloc_pages(CONTEXT_ORDER);
	if (!c) {
		return -ENOMEM;
	}
	if (copy_from_guest(c, op->u.vcpucontext.ctxt.p, 1)) {
		err = -EFAULT;
		goto out_free;
	}
	domain_pause(d);
	err = pvcpu_set_context(v, c);
	if (!err && v->id == 0) {
		/* The builder has cleared the shared info since creation. */
		domain_wallclock_publish(d);
	}
	domain_unpause(d);
out_free:
	heap_free_pages(c, CONTEXT_ORDER);
	return err;
}

DOMCTL(getvcpucontext)
{
	struct vcpu *v = vcpu_of(d, op->u.vcpucontext.vcpu);
	struct vcpu_guest_context *c;
	long err = 0;

	if (v == current) {
		return -EINVAL;
	}
	if (!v) {
		return -ESRCH;
	}
	if (!v->initialised) {
		return -ENODATA;
	}
	c = heap_alloc_pages(CONTEXT_ORDER);
	if (!c) {
		return -ENOMEM;
	}
	domain_pause(d);
	pvcpu_get_context(v, c);
	domain_unpause(d);
	if (copy_to_guest(op->u.vcpucontext.ctxt.p, c, 1)) {
		err = -EFAULT;
	}
	heap_free_pages(c, CONTEXT_ORDER);
	return err;
}

DOMCTL(getvcpuinfo)
{
	struct xen_domctl_getvcpuinfo *i = &op->u.getvcpuinfo;
	struct vcpu *v = vcpu_of(d, i->vcpu);
	u64 flags;

	if (!v) {
		return -ESRCH;
	}
	flags = READ_ONCE(v->pause_flags);
	i->online = !(flags & VPF_DOWN);
	i->blocked = !!(flags & VPF_BLOCKED);
	i->running = v->sched.running;
	i->cpu_time = vcpu_cpu_time(v);
	i->cpu = v->sched.cpu;
	*copy_back = true;
	return 0;
}

/* All of them exist from the domain's creation on. */
DOMCTL(max_vcpus)
{
	return op->u.max_vcpus.max == d->max_vcpus ? 0 : -EINVAL;
}

DOMCTL(setvcpuaffinity)
{
	struct xen_domctl_vcpuaffinity *a = &op->u.vcpuaffinity;
	struct vcpu *v = vcpu_of(d, a->vcpu);
	cpumask_t hard, soft;
	int err;

	if (!v) {
		return -ESRCH;
	}
	if (!a->flags || a->flags & ~(XEN_VCPUAFFINITY_HARD |
				      XEN_VCPUAFFINITY_SOFT |
				      XEN_VCPUAFFINITY_FORCE)) {
		return -EINVAL;
	}
	hard = v->sched.affinity;
	soft = v->sched.soft_affinity;
	if (a->flags & XEN_VCPUAFFINITY_HARD) {
		if (bitmap_from_guest(&a->cpumap_hard, &hard)) {
			return -EFAULT;
		}
	}
	if (a->flags & XEN_VCPUAFFINITY_SOFT) {
		if (bitmap_from_guest(&a->cpumap_soft, &soft)) {
			return -EFAULT;
		}
	}
	if (!(hard & cpus_online)) {
		return -EINVAL;
	}
	err = vcpu_set_affinity(v, hard, soft);
	if (err) {
		return err;
	}
	if ((a->flags & XEN_VCPUAFFINITY_HARD &&
	     bitmap_to_guest(&a->cpumap_hard, hard & cpus_online)) ||
	    (a->flags & XEN_VCPUAFFINITY_SOFT &&
	     bitmap_to_guest(&a->cpumap_soft, hard & soft & cpus_online))) {
		return -EFAULT;
	}
	return 0;
}

DOMCTL(getvcpuaffinity)
{
	struct xen_domctl_vcpuaffinity *a = &op->u.vcpuaffinity;
	struct vcpu *v = vcpu_of(d, a->vcpu);

	if (!v) {
		return -ESRCH;
	}
	if ((a->flags & XEN_VCPUAFFINITY_HARD &&
	     bitmap_to_guest(&a->cpumap_hard, v->sched.affinity)) ||
	    (a->flags & XEN_VCPUAFFINITY_SOFT &&
	     bitmap_to_guest(&a->cpumap_soft, v->sched.soft_affinity))) {
		return -EFAULT;
	}
	return 0;
}

DOMCTL(scheduler_op)
{
	struct xen_domctl_sched_credit *c = &op->u.scheduler_op.u.credit;

	if (op->u.scheduler_op.sched_id != XEN_SCHEDULER_CREDIT) {
		return -EINVAL;
	}
	switch (op->u.scheduler_op.cmd) {
	case XEN_DOMCTL_SCHEDOP_getinfo:
		c->weight = d->weight;
		c->cap = d->cap;
		*copy_back = true;
		return 0;
	case XEN_DOMCTL_SCHEDOP_putinfo:
		if (c->weight) {
			d->weight = c->weight;
		}
		if (c->cap != (u16)~0U) {
			d->cap = c->cap;
		}
		return 0;
	}
	return -EINVAL;
}

/* One node. */
DOMCTL(getnodeaffinity)
{
	return bitmap_to_guest(&op->u.nodeaffinity.nodemap, 1);
}
