/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * vcpu_op (xen/vcpu.h): what a domain does with its own vCPUs: starts and
 * stops them, places their memory areas, sets their timers; set_timer_op.
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
#define FAR_AWAY_NS	(1ULL << 62)
#define LATE_ENOUGH_NS	100000000ULL

struct vcpu_guest_context *context_copy(vaddr_t from, long *err)
{
	struct vcpu_guest_context *c = heap_alloc_pages(CONTEXT_ORDER);

	_Static_assert(sizeof(*c) <= PAGE_SIZE << CONTEXT_ORDER, "buffer");
	*err = c ? copy_from_guest(c, from, 1) : -ENOMEM;
	return c;
}

static long op_initialise(struct vcpu *v, unsigned long arg)
{
	long err;
	struct vcpu_guest_context *c = context_copy(arg, &err);

	if (!err) {
		spin_lock(&v->domain->lock);
		err = v->initialised ? -EEXIST : pvcpu_set_context(v, c);
		v->initialised |= !err;
		if (!err && c->flags & VGCF_online) {
			(void)vcpu_up(v);
		}
		spin_unlock(&v->domain->lock);
	}
	heap_free_pages(c, CONTEXT_ORDER);
	return err;
}

static long op_get_runstate(struct vcpu *v, unsigned long arg)
{
	struct vcpu_runstate_info r;

	vcpu_runstate_read(v, &r, true);
	return copy_to_guest(arg, &r, 1);
}

/* Both areas: an address in the guest, which we write from then on. */
static long register_area(struct vcpu *v, u64 at, size_t size, vaddr_t *where)
{
	if (at + size < at || (at < HV_VIRT_END && at + size > HV_VIRT_START)) {
		return -EFAULT;
	}
	WRITE_ONCE(*where, at);
	vcpu_guest_areas_publish(v);
	return 0;
}

/* 0 stops it. */
static void periodic_set(struct vcpu *v, u64 period_ns)
{
	WRITE_ONCE(v->periodic_ns, period_ns);
	if (period_ns) {
		timer_set(&v->periodic, now_ns() + period_ns);
	} else {
		timer_stop(&v->periodic);
	}
}

HC(vcpu_op)
{
	static const u8 sizes[] = {
		[VCPUOP_set_singleshot_timer] =
			sizeof(struct vcpu_set_singleshot_timer),
		[VCPUOP_set_periodic_timer] =
			sizeof(struct vcpu_set_periodic_timer),
		[VCPUOP_register_runstate_memory_area] = sizeof(u64),
		[VCPUOP_register_vcpu_time_memory_area] = sizeof(u64),
		[VCPUOP_register_vcpu_info] =
			sizeof(struct vcpu_register_vcpu_info),
	};
	union {
		struct vcpu_set_singleshot_timer singleshot;
		struct vcpu_set_periodic_timer periodic;
		struct vcpu_register_vcpu_info info;
		u64 area;
	} arg;
	struct vcpu *v = domain_vcpu(current->domain, (u32)a2);
	long err;

	if (!v) {
		return -ENOENT;
	}
	if (v != current && (a1 == VCPUOP_set_singleshot_timer ||
			     a1 == VCPUOP_stop_singleshot_timer)) {
		return -EINVAL;
	}
	if (a1 < ARRAY_LEN(sizes) && copy_from_guest_va(&arg, a3, sizes[a1])) {
		return -EFAULT;
	}
	switch (a1) {
	case VCPUOP_set_singleshot_timer:
		if (arg.singleshot.flags & VCPU_SSHOTTMR_future &&
		    arg.singleshot.timeout_abs_ns < now_ns()) {
			return -ETIME;
		}
		timer_set(&v->singleshot, arg.singleshot.timeout_abs_ns);
		return 0;
	case VCPUOP_stop_singleshot_timer:
		timer_stop(&v->singleshot);
		return 0;
	case VCPUOP_set_periodic_timer:
		if (arg.periodic.period_ns < MIN_PERIOD_NS ||
		    arg.periodic.period_ns > MAX_PERIOD_NS) {
			return -EINVAL;
		}
		periodic_set(v, arg.periodic.period_ns);
		return 0;
	case VCPUOP_register_runstate_memory_area:
		return register_area(v, arg.area,
				     sizeof(struct vcpu_runstate_info),
				     &v->runstate_guest);
	case VCPUOP_register_vcpu_time_memory_area:
		return register_area(v, arg.area, sizeof(struct vcpu_time_info),
				     &v->time_guest);
	case VCPUOP_register_vcpu_info:
		return vcpu_register_info(v, mfn(arg.info.mfn),
					  arg.info.offset);
	case VCPUOP_initialise:
		err = op_initialise(v, a3);
		return err != -ERESTART ? err :
		       hypercall_restart(__HYPERVISOR_vcpu_op, 3, a1, a2, a3);
	case VCPUOP_up:
		return vcpu_up(v);
	case VCPUOP_down:
		vcpu_down(v);
		return 0;
	case VCPUOP_is_up:
		return !(READ_ONCE(v->pause_flags) & VPF_DOWN);
	case VCPUOP_get_runstate_info:
		return op_get_runstate(v, a3);
	case VCPUOP_stop_periodic_timer:
		periodic_set(v, 0);
		return 0;
	case VCPUOP_send_nmi:
		guest_nmi_raise(v);
		vcpu_kick(v);
		return 0;
	case VCPUOP_get_physid:
		/* Only for vCPUs bound to CPUs for good, which none is. */
		return -EINVAL;
	default:
		return hypercall_enosys(a1);
	}
}

/*
 * The one-shot timer by its old name (xen/xen.h).  Zero stops it; a time in
 * the past fires at once; old kernels' wrapped differences give times absurdly
 * far away.
 */
HC(set_timer_op)
{
	if (!a1) {
		timer_stop(&current->singleshot);
	} else {
		timer_set(&current->singleshot, a1 < FAR_AWAY_NS ? a1 :
			  now_ns() + LATE_ENOUGH_NS);
	}
	return 0;
}
