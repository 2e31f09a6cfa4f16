/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * HYPERVISOR_domctl (xen/domctl.h): the toolstack's hold on domains: their
 * life, their memory, their vCPUs.  The structure is the one of interface
 * version 0x15, so that Debian's libxenctrl works unchanged.  Only a
 * privileged domain may call; what we do not have says -ENOSYS.
 */
#include "domain/sched.h"
#include "hypercall/domctl.h"
#include "hypercall/hypercall.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "mm/alloc.h"
#include "mm/guest_copy.h"
#include "mm/page_type.h"
#include "pvcpu/pvcpu.h"
#include "x86/clock.h"
#include "x86/smp.h"

static bool create_ok(const struct xen_domctl_createdomain *c)
{
	return !(c->flags & ~XEN_DOMCTL_CDF_xs_domain) && c->max_vcpus &&
	       c->max_vcpus <= MAX_VCPUS && !c->iommu_opts &&
	       !c->arch.emulation_flags && !c->vmtrace_size &&
	       c->grant_opts <= 1;	/* the tables' version */
}

static long createdomain(struct domain *caller, void *arg)
{
	const struct xen_domctl_createdomain *c = arg;
	struct xen_domctl *op = container_of(arg, struct xen_domctl, u);
	struct domain *d;
	long err;

	if (!create_ok(c)) {
		log_info("createdomain: a plain PV domain, grants of version 1: nothing else is to be had\n");
		return -EINVAL;
	}
	err = domain_create(op->domain && op->domain < DOMID_FIRST_RESERVED ?
			    op->domain : DOMID_INVALID, c, false, &d);
	if (!err) {
		op->domain = d->id;
	}
	return err;
}

static long destroydomain(struct domain *d, void *arg)
{
	return d == current->domain || d->privileged ? -EINVAL
						     : domain_kill(d);
}

static long pausedomain(struct domain *d, void *arg)
{
	return d == current->domain ? -EINVAL : domain_controller_pause(d);
}

static long unpausedomain(struct domain *d, void *arg)
{
	return domain_controller_unpause(d);
}

static long resumedomain(struct domain *d, void *arg)
{
	if (d == current->domain) {
		return -EINVAL;
	}
	domain_resume(d);
	return 0;
}

void domain_info_fill(struct domain *d, struct xen_domctl_getdomaininfo *info)
{
	struct vcpu *v;

	*info = (struct xen_domctl_getdomaininfo){
		.domain = d->id,
		.tot_pages = d->tot_pages,
		.max_pages = d->max_pages,
		.outstanding_pages = d->claimed_pages,
		.shared_info_frame = d->shared_mfn.v,
		.max_vcpu_id = d->max_vcpus - 1,
		.ssidref = d->ssidref,
		.gpaddr_bits = 52,
		.flags = XEN_DOMINF_blocked |
			 (d->dying ? XEN_DOMINF_dying : 0) |
			 (d->shut_down ? XEN_DOMINF_shutdown : 0) |
			 (d->controller_pauses ? XEN_DOMINF_paused : 0) |
			 (u32)d->shutdown_code << XEN_DOMINF_shutdownshift,
	};
	for_each_vcpu(d, v) {
		u64 paused = READ_ONCE(v->pause_flags);

		info->cpu_time += vcpu_cpu_time(v);
		if (paused & VPF_DOWN) {
			continue;
		}
		info->nr_online_vcpus++;
		if (!(paused & VPF_ASLEEP)) {
			info->flags &= ~XEN_DOMINF_blocked;
		}
		if (v->sched.running) {
			info->flags |= XEN_DOMINF_running;
		}
	}
	memcpy(info->handle, d->uuid, sizeof(d->uuid));
}

static int fill_first(struct domain *d, void *arg)
{
	domain_info_fill(d, arg);
	return 1;
}

/* The first domain whose id is not below the one asked for. */
static long getdomaininfo(struct domain *caller, void *arg)
{
	struct xen_domctl *op = container_of(arg, struct xen_domctl, u);

	if (op->domain == DOMID_SELF) {
		fill_first(caller, arg);
	} else if (op->domain >= DOMID_FIRST_RESERVED) {
		return -EINVAL;
	} else if (!domain_for_each(op->domain, fill_first, arg)) {
		return -ESRCH;
	}
	op->domain = op->u.getdomaininfo.domain;
	return 0;
}

static long setdomainhandle(struct domain *d, void *arg)
{
	memcpy(d->uuid, arg, sizeof(d->uuid));
	return 0;
}

static long settimeoffset(struct domain *d, void *arg)
{
	struct xen_domctl_settimeoffset *s = arg;

	d->wallclock_offset_s = (u64)s->time_offset_seconds;
	domain_wallclock_publish(d);
	return 0;
}

static long set_address_size(struct domain *d, void *arg)
{
	struct xen_domctl_address_size *a = arg;

	return a->size == 64 ? 0 : -EOPNOTSUPP;
}

static long get_address_size(struct domain *d, void *arg)
{
	((struct xen_domctl_address_size *)arg)->size = 64;
	return 0;
}

/*
 * The TSC is never emulated: mode 0 ("default") and 2 ("never") mean that
 * here; the emulating modes are refused.
 */
static long settscinfo(struct domain *d, void *arg)
{
	u32 mode = ((struct xen_domctl_tsc_info *)arg)->tsc_mode;

	if (mode != 0 && mode != 2) {
		return -EOPNOTSUPP;
	}
	d->tsc_mode = mode;
	return 0;
}

static long getnodeaffinity(struct domain *d, void *arg)
{
	return bitmap_to_guest(&((struct xen_domctl_nodeaffinity *)arg)->nodemap,
			       1);
}

static long max_mem(struct domain *d, void *arg)
{
	struct xen_domctl_max_mem *m = arg;

	spin_lock(&d->frame_lock);
	d->max_pages = m->max_memkb >> (PAGE_SHIFT - 10);
	spin_unlock(&d->frame_lock);
	return 0;
}

static long hypercall_init(struct domain *d, void *arg)
{
	mfn_t m = mfn(((struct xen_domctl_hypercall_init *)arg)->gmfn);
	int err = d->dying ? -EINVAL : page_type_get(m, FT_WRITABLE, d, false);

	if (err) {
		return d->dying || err != -EINVAL ? err : -EACCES;
	}
	hypercall_page_fill(mfn_to_virt(m));
	page_type_put(m, false);
	return 0;
}

static u64 bits_of(const struct xenctl_bitmap *map)
{
	return map->nr_bits < 64 ? BIT(map->nr_bits) - 1 : ~0UL;
}

static int bitmap_from_guest(const struct xenctl_bitmap *from, u64 *out)
{
	u32 bytes = min((from->nr_bits + 7) / 8, 8U);

	*out = 0;
	if (copy_from_guest_va(out, (vaddr_t)from->bitmap.p, bytes)) {
		return -EFAULT;
	}
	*out &= bits_of(from);
	return 0;
}

int bitmap_to_guest(const struct xenctl_bitmap *to, u64 map)
{
	u64 bytes = (to->nr_bits + 7) / 8, words[8] = { map & bits_of(to) };

	for (u64 at = 0; at < bytes; at += sizeof(words)) {
		if (copy_to_guest_va((vaddr_t)to->bitmap.p + at, words,
				     min(bytes - at, sizeof(words)))) {
			return -EFAULT;
		}
		words[0] = 0;
	}
	return 0;
}

static long setvcpucontext(struct domain *d, void *arg)
{
	struct xen_domctl_vcpucontext *a = arg;
	struct vcpu *v = domain_vcpu(d, a->vcpu);
	struct vcpu_guest_context *c;
	long err;

	if (!v || d == current->domain) {
		return -EINVAL;
	}
	c = context_copy((vaddr_t)a->ctxt.p, &err);
	if (!err) {
		domain_pause(d);
		spin_lock(&d->lock);
		err = d->dying ? -EINVAL : pvcpu_set_context(v, c);
		spin_unlock(&d->lock);
		if (!err && v->id == 0) {
			/* The builder has cleared the shared info. */
			domain_wallclock_publish(d);
		}
		domain_unpause(d);
	}
	heap_free_pages(c, CONTEXT_ORDER);
	return err;
}

static long getvcpucontext(struct domain *d, void *arg)
{
	struct xen_domctl_vcpucontext *a = arg;
	struct vcpu *v = domain_vcpu(d, a->vcpu);
	struct vcpu_guest_context *c;
	long err;

	/* Two that wait for each other would wait for ever. */
	if (!v || d == current->domain) {
		return -EINVAL;
	}
	if (!v->initialised) {
		return -ENODATA;
	}
	c = context_copy((vaddr_t)a->ctxt.p, &err);
	if (!err) {
		domain_pause(d);
		pvcpu_get_context(v, c);
		domain_unpause(d);
		err = copy_to_guest(a->ctxt.p, c, 1);
	}
	heap_free_pages(c, CONTEXT_ORDER);
	return err;
}

static long getvcpuinfo(struct domain *d, void *arg)
{
	struct xen_domctl_getvcpuinfo *i = arg;
	struct vcpu *v = domain_vcpu(d, i->vcpu);
	u64 flags;

	if (!v) {
		return -EINVAL;
	}
	flags = READ_ONCE(v->pause_flags);
	i->online = !(flags & VPF_DOWN);
	i->blocked = !!(flags & VPF_ASLEEP);
	i->running = v->sched.running;
	i->cpu_time = vcpu_cpu_time(v);
	i->cpu = v->sched.cpu;
	return 0;
}

/* All of them exist from the domain's creation on. */
static long max_vcpus(struct domain *d, void *arg)
{
	struct xen_domctl_max_vcpus *m = arg;

	return m->max == d->max_vcpus ? 0 : -EINVAL;
}

static long affinity_out(const struct xen_domctl_vcpuaffinity *a,
			 cpumask_t hard, cpumask_t soft)
{
	int err = 0;

	if (a->flags & XEN_VCPUAFFINITY_HARD) {
		err = bitmap_to_guest(&a->cpumap_hard, hard);
	}
	if (!err && a->flags & XEN_VCPUAFFINITY_SOFT) {
		err = bitmap_to_guest(&a->cpumap_soft, soft);
	}
	return err;
}

static long setvcpuaffinity(struct domain *d, void *arg)
{
	struct xen_domctl_vcpuaffinity *a = arg;
	struct vcpu *v = domain_vcpu(d, a->vcpu);
	cpumask_t hard, soft;
	int err;

	if (!v) {
		return -EINVAL;
	}
	if (!a->flags || a->flags & ~(XEN_VCPUAFFINITY_HARD |
				      XEN_VCPUAFFINITY_SOFT |
				      XEN_VCPUAFFINITY_FORCE)) {
		return -EINVAL;
	}
	hard = v->sched.affinity;
	soft = v->sched.soft_affinity;
	if ((a->flags & XEN_VCPUAFFINITY_HARD &&
	     bitmap_from_guest(&a->cpumap_hard, &hard)) ||
	    (a->flags & XEN_VCPUAFFINITY_SOFT &&
	     bitmap_from_guest(&a->cpumap_soft, &soft))) {
		return -EFAULT;
	}
	err = vcpu_set_affinity(v, hard, soft);
	return err ? err : affinity_out(a, hard & cpus_online,
					hard & soft & cpus_online);
}

static long getvcpuaffinity(struct domain *d, void *arg)
{
	struct xen_domctl_vcpuaffinity *a = arg;
	struct vcpu *v = domain_vcpu(d, a->vcpu);

	return v ? affinity_out(a, v->sched.affinity, v->sched.soft_affinity)
		 : -EINVAL;
}

static long scheduler_op(struct domain *d, void *arg)
{
	struct xen_domctl_scheduler_op *op = arg;
	struct xen_domctl_sched_credit *c = &op->u.credit;

	if (op->sched_id != XEN_SCHEDULER_CREDIT) {
		return -EINVAL;
	}
	switch (op->cmd) {
	case XEN_DOMCTL_SCHEDOP_getinfo:
		c->weight = d->weight;
		c->cap = d->cap;
		return 0;
	case XEN_DOMCTL_SCHEDOP_putinfo:
		d->weight = c->weight ? c->weight : d->weight;
		d->cap = c->cap != (u16)~0U ? c->cap : d->cap;
		return 0;
	}
	return -EINVAL;
}

#define CALL(name, flags) \
	[XEN_DOMCTL_##name] = { name, 0, flags }

static const struct subcall calls[] = {
	CALL(createdomain, SUB_OUT),
	CALL(getdomaininfo, SUB_OUT),
	CALL(destroydomain, SUB_DOMAIN),
	CALL(pausedomain, SUB_DOMAIN),
	CALL(unpausedomain, SUB_DOMAIN),
	CALL(resumedomain, SUB_DOMAIN),
	CALL(max_mem, SUB_DOMAIN),
	CALL(setvcpucontext, SUB_DOMAIN),
	CALL(getvcpucontext, SUB_DOMAIN),
	CALL(getvcpuinfo, SUB_DOMAIN | SUB_OUT),
	CALL(max_vcpus, SUB_DOMAIN),
	CALL(setvcpuaffinity, SUB_DOMAIN),
	CALL(getvcpuaffinity, SUB_DOMAIN),
	CALL(scheduler_op, SUB_DOMAIN | SUB_OUT),
	CALL(setdomainhandle, SUB_DOMAIN),
	CALL(hypercall_init, SUB_DOMAIN),
	CALL(settimeoffset, SUB_DOMAIN),
	CALL(set_address_size, SUB_DOMAIN),
	CALL(get_address_size, SUB_DOMAIN | SUB_OUT),
	CALL(settscinfo, SUB_DOMAIN),
	/* One node, so there is nothing to choose. */
	[XEN_DOMCTL_setnodeaffinity] = { subcall_nothing, 0, SUB_DOMAIN },
	CALL(getnodeaffinity, SUB_DOMAIN),
	CALL(get_cpu_policy, SUB_DOMAIN | SUB_OUT),
	CALL(set_cpu_policy, SUB_DOMAIN | SUB_OUT),
};

static const struct subcall_family family = {
	calls, ARRAY_LEN(calls), XEN_DOMCTL_INTERFACE_VERSION,
	sizeof(struct xen_domctl), offsetof(struct xen_domctl, u),
};

HC(domctl)
{
	return subcall_versioned(&family, a1);
}
