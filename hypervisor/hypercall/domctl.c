/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * HYPERVISOR_domctl (xen/domctl.h): the toolstack's hold on domains.  The
 * structure is the one of interface version 0x15, so that Debian's libxenctrl
 * works unchanged.  Only a privileged domain may call; what we do not have
 * says -ENOSYS.
 */
#include "hypercall/domctl.h"
#include "domain/sched.h"
#include "hypercall/hypercall.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "mm/guest_copy.h"
#include "x86/clock.h"

static long create_check(const struct xen_domctl_createdomain *c)
{
	if (c->flags & ~XEN_DOMCTL_CDF_xs_domain) {
		log_info("createdomain: only plain PV domains (flags %x)\n",
			 c->flags);
		return -EINVAL;
	}
	if (!c->max_vcpus || c->max_vcpus > MAX_VCPUS || c->iommu_opts ||
	    c->arch.emulation_flags || c->vmtrace_size) {
		return -EINVAL;
	}
	if ((c->grant_opts & XEN_DOMCTL_GRANT_version_mask) > 1) {
		log_info("createdomain: grant tables are version 1 only\n");
		return -EINVAL;
	}
	return c->grant_opts & ~XEN_DOMCTL_GRANT_version_mask ? -EINVAL : 0;
}

static long domctl_createdomain(struct xen_domctl *op, bool *copy_back)
{
	const struct xen_domctl_createdomain *c = &op->u.createdomain;
	struct domain_params params = {
		.flags = c->flags,
		.ssidref = c->ssidref,
		.max_vcpus = c->max_vcpus,
		.max_evtchn_port = c->max_evtchn_port,
		.max_grant_frames = c->max_grant_frames,
		.max_maptrack_frames = c->max_maptrack_frames,
	};
	domid_t id = op->domain;
	struct domain *d;
	long err = create_check(c);

	if (err) {
		return err;
	}
	if (!id || id >= DOMID_FIRST_RESERVED) {
		id = DOMID_INVALID;
	}
	memcpy(params.uuid, c->handle, sizeof(params.uuid));
	err = domain_create(id, &params, &d);
	if (!err) {
		op->domain = d->id;
		*copy_back = true;
	}
	return err;
}

DOMCTL(destroydomain);
DOMCTL(destroydomain)
{
	return d == current->domain || d->privileged ? -EINVAL
						     : domain_kill(d);
}

DOMCTL(pausedomain);
DOMCTL(pausedomain)
{
	return d == current->domain ? -EINVAL : domain_controller_pause(d);
}

DOMCTL(unpausedomain);
DOMCTL(unpausedomain)
{
	return domain_controller_unpause(d);
}

DOMCTL(resumedomain);
DOMCTL(resumedomain)
{
	if (d == current->domain) {
		return -EINVAL;
	}
	domain_resume(d);
	return 0;
}

static u32 info_flags(struct domain *d, u64 *cpu_time, u32 *online)
{
	u32 flags = XEN_DOMINF_blocked;
	struct vcpu *v;

	for_each_vcpu(d, v) {
		*cpu_time += vcpu_cpu_time(v);
		if (READ_ONCE(v->pause_flags) & VPF_DOWN) {
			continue;
		}
		(*online)++;
		if (!(READ_ONCE(v->pause_flags) & VPF_BLOCKED)) {
			flags &= ~XEN_DOMINF_blocked;
		}
		if (v->sched.running) {
			flags |= XEN_DOMINF_running;
		}
	}
	return flags;
}

void domain_info_fill(struct domain *d, struct xen_domctl_getdomaininfo *info)
{
	*info = (struct xen_domctl_getdomaininfo){
		.domain = d->id,
		.tot_pages = d->tot_pages,
		.max_pages = d->max_pages,
		.outstanding_pages = d->claimed_pages,
		.shared_info_frame = d->shared_mfn.v,
		.max_vcpu_id = d->max_vcpus - 1,
		.ssidref = d->ssidref,
		.gpaddr_bits = 52,
	};
	info->flags = info_flags(d, &info->cpu_time, &info->nr_online_vcpus);
	info->flags |= (d->dying ? XEN_DOMINF_dying : 0) |
		       (d->shut_down ? XEN_DOMINF_shutdown : 0) |
		       (d->controller_pauses ? XEN_DOMINF_paused : 0) |
		       (u32)d->shutdown_code << XEN_DOMINF_shutdownshift;
	memcpy(info->handle, d->uuid, sizeof(d->uuid));
}

static int take_first(struct domain *d, void *arg)
{
	domain_get(d);
	*(struct domain **)arg = d;
	return 1;
}

/* The first domain whose id is not below the one asked for. */
static long domctl_getdomaininfo(struct xen_domctl *op, bool *copy_back)
{
	struct domain *d = NULL;

	if (op->domain == DOMID_SELF) {
		take_first(current->domain, &d);
	} else if (op->domain >= DOMID_FIRST_RESERVED) {
		return -EINVAL;
	} else {
		domain_for_each(op->domain, take_first, &d);
	}
	if (!d) {
		return -ESRCH;
	}
	domain_info_fill(d, &op->u.getdomaininfo);
	op->domain = d->id;
	domain_put(d);
	*copy_back = true;
	return 0;
}

DOMCTL(setdomainhandle);
DOMCTL(setdomainhandle)
{
	memcpy(d->uuid, op->u.setdomainhandle.handle, sizeof(d->uuid));
	return 0;
}

DOMCTL(settimeoffset);
DOMCTL(settimeoffset)
{
	d->wallclock_offset_s = (u64)op->u.settimeoffset.time_offset_seconds;
	domain_wallclock_publish(d);
	return 0;
}

DOMCTL(set_address_size);
DOMCTL(set_address_size)
{
	return op->u.address_size.size == 64 ? 0 : -EOPNOTSUPP;
}

DOMCTL(get_address_size);
DOMCTL(get_address_size)
{
	op->u.address_size.size = 64;
	*copy_back = true;
	return 0;
}

/*
 * The TSC is never emulated: mode 0 ("default") and 2 ("never") mean that
 * here; the emulating modes are refused.
 */
DOMCTL(settscinfo);
DOMCTL(settscinfo)
{
	u32 mode = op->u.tsc_info.tsc_mode;

	if (mode != 0 && mode != 2) {
		return -EOPNOTSUPP;
	}
	d->tsc_mode = mode;
	return 0;
}

DOMCTL(gettscinfo);
DOMCTL(gettscinfo)
{
	op->u.tsc_info = (struct xen_domctl_tsc_info){
		.tsc_mode = d->tsc_mode,
		.gtsc_khz = (u32)tsc_khz,
	};
	*copy_back = true;
	return 0;
}

/* One node, so there is nothing to choose. */
DOMCTL(setnodeaffinity);
DOMCTL(setnodeaffinity)
{
	return 0;
}

/* Giving a domain hardware, saving and tracing it: all that we lack. */
DOMCTL(not_there);
DOMCTL(not_there)
{
	return hypercall_enosys_sub("domctl", op->cmd);
}

static const struct {
	u32 cmd;
	domctl_fn fn;
} calls[] = {
	{ XEN_DOMCTL_destroydomain, domctl_destroydomain },
	{ XEN_DOMCTL_pausedomain, domctl_pausedomain },
	{ XEN_DOMCTL_unpausedomain, domctl_unpausedomain },
	{ XEN_DOMCTL_resumedomain, domctl_resumedomain },
	{ XEN_DOMCTL_max_mem, domctl_max_mem },
	{ XEN_DOMCTL_setvcpucontext, domctl_setvcpucontext },
	{ XEN_DOMCTL_getvcpucontext, domctl_getvcpucontext },
	{ XEN_DOMCTL_getvcpuinfo, domctl_getvcpuinfo },
	{ XEN_DOMCTL_max_vcpus, domctl_max_vcpus },
	{ XEN_DOMCTL_setvcpuaffinity, domctl_setvcpuaffinity },
	{ XEN_DOMCTL_getvcpuaffinity, domctl_getvcpuaffinity },
	{ XEN_DOMCTL_scheduler_op, domctl_scheduler_op },
	{ XEN_DOMCTL_setdomainhandle, domctl_setdomainhandle },
	{ XEN_DOMCTL_hypercall_init, domctl_hypercall_init },
	{ XEN_DOMCTL_settimeoffset, domctl_settimeoffset },
	{ XEN_DOMCTL_set_address_size, domctl_set_address_size },
	{ XEN_DOMCTL_get_address_size, domctl_get_address_size },
	{ XEN_DOMCTL_settscinfo, domctl_settscinfo },
	{ XEN_DOMCTL_gettscinfo, domctl_gettscinfo },
	{ XEN_DOMCTL_setnodeaffinity, domctl_setnodeaffinity },
	{ XEN_DOMCTL_getnodeaffinity, domctl_getnodeaffinity },
	{ XEN_DOMCTL_getpageframeinfo3, domctl_getpageframeinfo3 },
	{ XEN_DOMCTL_get_cpu_policy, domctl_get_cpu_policy },
	{ XEN_DOMCTL_set_cpu_policy, domctl_set_cpu_policy },
};

static domctl_fn find_call(u32 cmd)
{
	for (unsigned int i = 0; i < ARRAY_LEN(calls); i++) {
		if (calls[i].cmd == cmd) {
			return calls[i].fn;
		}
	}
	return domctl_not_there;
}

static long on_domain(struct xen_domctl *op, bool *copy_back)
{
	struct domain *d = domain_get_or_self(op->domain);
	long ret;

	if (!d) {
		return -ESRCH;
	}
	ret = current->domain->privileged ?
	      find_call(op->cmd)(d, op, copy_back) : -EPERM;
	domain_put(d);
	return ret;
}

long hc_domctl(unsigned long arg, unsigned long a2, unsigned long a3,
	       unsigned long a4, unsigned long a5)
{
	struct xen_domctl op;
	bool copy_back = false;
	long ret;

	if (copy_from_guest(&op, arg, 1)) {
		return -EFAULT;
	}
	if (op.interface_version != XEN_DOMCTL_INTERFACE_VERSION) {
		return -EACCES;
	}
	if (op.cmd == XEN_DOMCTL_createdomain ||
	    op.cmd == XEN_DOMCTL_getdomaininfo) {
		ret = !current->domain->privileged ? -EPERM :
		      op.cmd == XEN_DOMCTL_createdomain ?
		      domctl_createdomain(&op, &copy_back) :
		      domctl_getdomaininfo(&op, &copy_back);
	} else {
		ret = on_domain(&op, &copy_back);
	}
	if (ret == -ERESTART) {
		return hypercall_restart(__HYPERVISOR_domctl, 1, arg);
	}
	if (copy_back && copy_to_guest(arg, &op, 1)) {
		return -EFAULT;
	}
	return ret;
}
