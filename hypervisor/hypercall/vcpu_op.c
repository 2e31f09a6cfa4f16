/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * vcpu_op (xen/vcpu.h): what a domain does with its own vCPUs: starts and
 * stops them, places their memory areas, sets their timers.
 */
#include "hypercall/hypercall.h"
#include "domain/sched.h"
#include "mm/alloc.h"
#include "mm/guest_copy.h"
#include "pvcpu/pvcpu.h"
#include "x86/clock.h"
#include "x86/smp.h"

#define MIN_PERIOD_NS	1000000ULL
#define MAX_PERIOD_NS	(1ULL << 57)

static long op_initialise(struct vcpu *v, unsigned long arg)
{
	struct vcpu_guest_context *c;
	long err = -EFAULT;

	_Static_assert(sizeof(*c) <= 2 * PAGE_SIZE, "two frames");
	c = heap_alloc_pages(1);
	if (!c) {
		return -ENOMEM;
	}
	if (copy_from_guest_va(c, arg, sizeof(*c))) {
		goto out_free;
	}
	spin_lock(&v->domain->lock);
	err = v->initialised ? -EEXIST : pvcpu_set_context(v, c);
	if (!err) {
		vcpu_context_set(v, c->flags & VGCF_online);
	}
	spin_unlock(&v->domain->lock);
out_free:
	heap_free_pages(c, 1);
	return err;
}

static long op_get_runstate(struct vcpu *v, unsigned long arg)
{
	struct vcpu_runstate_info r;

	vcpu_runstate_read(v, &r);
	return copy_to_guest_va(arg, &r, sizeof(r)) ? -EFAULT : 0;
}

/* Both areas: an address in the guest, which we write from then on. */
static long op_register_area(struct vcpu *v, unsigned long arg, size_t size,
			     vaddr_t *where)
{
	u64 at;

	if (copy_from_guest_va(&at, arg, sizeof(at))) {
		return -EFAULT;
	}
	if (at + size < at || (at < HV_VIRT_END && at + size > HV_VIRT_START)) {
		return -EFAULT;
	}
	WRITE_ONCE(*where, at);
	vcpu_guest_areas_publish(v);
	return 0;
}

static long op_set_periodic(struct vcpu *v, unsigned long arg)
{
	struct vcpu_set_periodic_timer p;

	if (copy_from_guest_va(&p, arg, sizeof(p))) {
		return -EFAULT;
	}
	if (p.period_ns < MIN_PERIOD_NS || p.period_ns > MAX_PERIOD_NS) {
		return -EINVAL;
	}
	WRITE_ONCE(v->periodic_ns, p.period_ns);
	timer_set(&v->periodic, now_ns() + p.period_ns);
	return 0;
}

static long op_stop_periodic(struct vcpu *v)
{
	WRITE_ONCE(v->periodic_ns, 0);
	timer_stop(&v->periodic);
	return 0;
}

static long op_set_singleshot(struct vcpu *v, unsigned long arg)
{
	struct vcpu_set_singleshot_timer s;

	if (v != current) {
		return -EINVAL;
	}
	if (copy_from_guest_va(&s, arg, sizeof(s))) {
		return -EFAULT;
	}
	if ((s.flags & VCPU_SSHOTTMR_future) && s.timeout_abs_ns < now_ns()) {
		return -ETIME;
	}
	timer_migrate(&v->singleshot, this_cpu_id());
	timer_set(&v->singleshot, s.timeout_abs_ns);
	return 0;
}

static long op_stop_singleshot(struct vcpu *v)
{
	if (v != current) {
		return -EINVAL;
	}
	timer_stop(&v->singleshot);
	return 0;
}

static long op_register_info(struct vcpu *v, unsigned long arg)
{
	struct vcpu_register_vcpu_info r;

	if (copy_from_guest_va(&r, arg, sizeof(r))) {
		return -EFAULT;
	}
	return vcpu_register_info(v, mfn(r.mfn), r.offset);
}

static long on_state(unsigned long cmd, struct vcpu *v, unsigned long arg)
{
	switch (cmd) {
	case VCPUOP_initialise:
		return op_initialise(v, arg);
	case VCPUOP_up:
		return vcpu_up(v);
	case VCPUOP_down:
		vcpu_down(v);
		return 0;
	case VCPUOP_is_up:
		return !(READ_ONCE(v->pause_flags) & VPF_DOWN);
	case VCPUOP_send_nmi:
		guest_nmi_raise(v);
		vcpu_kick(v);
		return 0;
	case VCPUOP_get_physid:
		/* Only for vCPUs bound to CPUs for good, which none is. */
		return -EINVAL;
	default:
		return hypercall_enosys_sub("vcpu_op", cmd);
	}
}

long hc_vcpu_op(unsigned long cmd, unsigned long id, unsigned long arg,
		unsigned long a4, unsigned long a5)
{
	struct domain *d = current->domain;
	struct vcpu *v;

	if (id >= d->max_vcpus || !d->vcpus[id]) {
		return -ENOENT;
	}
	v = d->vcpus[id];
	switch (cmd) {
	case VCPUOP_set_singleshot_timer:
		return op_set_singleshot(v, arg);
	case VCPUOP_stop_singleshot_timer:
		return op_stop_singleshot(v);
	case VCPUOP_set_periodic_timer:
		return op_set_periodic(v, arg);
	case VCPUOP_stop_periodic_timer:
		return op_stop_periodic(v);
	case VCPUOP_get_runstate_info:
		return op_get_runstate(v, arg);
	case VCPUOP_register_runstate_memory_area:
		return op_register_area(v, arg,
					sizeof(struct vcpu_runstate_info),
					&v->runstate_guest);
	case VCPUOP_register_vcpu_time_memory_area:
		return op_register_area(v, arg, sizeof(struct vcpu_time_info),
					&v->time_guest);
	case VCPUOP_register_vcpu_info:
		return op_register_info(v, arg);
	default:
		return on_state(cmd, v, arg);
	}
}
