/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Virtual CPUs: made, brought up and down, blocked and kicked, freed.  The
 * truth kept here: v->info is always a vcpu_info that we may write, wherever
 * the guest wants it.
 */
#include "domain/runqueue.h"
#include "event/evtchn.h"
#include "mm/alloc.h"
#include "mm/page_type.h"
#include "pvcpu/pvcpu.h"
#include "x86/clock.h"
#include "x86/fpu.h"
#include "x86/smp.h"
#include "lib/printk.h"
#include "lib/string.h"

static void singleshot_fired(void *data)
{
	virq_send_vcpu(data, VIRQ_TIMER);
}

static void periodic_fired(void *data)
{
	struct vcpu *v = data;
	u64 period = READ_ONCE(v->periodic_ns), now = now_ns();

	virq_send_vcpu(v, VIRQ_TIMER);
	if (period) {
		u64 late = now - v->periodic.node.key;

		timer_set(&v->periodic, now + period - late % period);
	}
}

/* One left over from an earlier poll wakes nobody who only blocks. */
static void poll_timed_out(void *data)
{
	struct vcpu *v = data;

	if (READ_ONCE(v->pause_flags) & VPF_POLLING) {
		vcpu_unblock(v);
	}
}

int vcpu_create(struct domain *d, unsigned int id)
{
	struct vcpu *v = heap_alloc_pages(1);

	if (!v) {
		return -ENOMEM;
	}
	v->domain = d;
	v->id = id;
	v->pause_flags = VPF_DOWN;
	v->info_mfn = INVALID_MFN;
	v->info = id < XEN_LEGACY_MAX_VCPUS ? &d->shared->vcpu_info[id]
					    : &v->spare_info;
	v->info->evtchn_upcall_mask = 1;
	v->pv.root_kernel = v->pv.root_user = INVALID_MFN;
	v->dirty_cpu = ~0U;
	if (fpu_alloc(v)) {
		heap_free_pages(v, 1);
		return -ENOMEM;
	}
	sched_init_vcpu(v);
	timer_init(&v->singleshot, singleshot_fired, v);
	timer_init(&v->periodic, periodic_fired, v);
	timer_init(&v->poll, poll_timed_out, v);
	vcpu_time_publish(v);
	d->vcpus[id] = v;
	return 0;
}

void vcpu_release(struct vcpu *v)
{
	mfn_t m = v->info_mfn;

	timer_kill(&v->singleshot);
	timer_kill(&v->periodic);
	timer_kill(&v->poll);
	pvcpu_destroy(v);
	v->runstate_guest = v->time_guest = 0;
	if (!mfn_eq(m, INVALID_MFN)) {
		v->spare_info = *v->info;
		WRITE_ONCE(v->info, &v->spare_info);
		v->info_mfn = INVALID_MFN;
		(void)page_type_put(m, false);
	}
}

void vcpu_free(struct vcpu *v)
{
	if (v) {
		BUG_ON(v->sched.queued || v->sched.running);
		fpu_free(v);
		heap_free_pages(v, 1);
	}
}

int vcpu_register_info(struct vcpu *v, mfn_t gmfn, unsigned int offset)
{
	struct domain *d = v->domain;
	struct vcpu_info *info;
	int err;

	if (offset > PAGE_SIZE - sizeof(*info) || offset % 8) {
		return -ENXIO;
	}
	if (v != current && !(READ_ONCE(v->pause_flags) & VPF_DOWN)) {
		return -EINVAL;
	}
	err = page_type_get(gmfn, FT_WRITABLE, d, false);
	if (err) {
		return -EINVAL;
	}
	spin_lock(&d->lock);
	if (!mfn_eq(v->info_mfn, INVALID_MFN) || d->dying) {
		spin_unlock(&d->lock);
		(void)page_type_put(gmfn, false);
		return -EINVAL;
	}
	info = (struct vcpu_info *)((char *)mfn_to_virt(gmfn) + offset);
	*info = *v->info;
	v->info_mfn = gmfn;
	WRITE_ONCE(v->info, info);
	smp_mb();
	/*
	 * Who raised an event meanwhile wrote to the old place: everything is
	 * pending, which costs the guest one vain look.
	 */
	info->evtchn_upcall_pending = 1;
	info->evtchn_pending_sel = ~0UL;
	spin_unlock(&d->lock);
	return 0;
}

int vcpu_up(struct vcpu *v)
{
	if (!v->initialised) {
		return -EINVAL;
	}
	atomic_and(&v->pause_flags, ~VPF_DOWN);
	vcpu_wake(v);
	return 0;
}

void vcpu_down(struct vcpu *v)
{
	struct domain *d = v->domain;
	struct vcpu *other;
	bool any_up = false;

	atomic_or(&v->pause_flags, VPF_DOWN);
	for_each_vcpu(d, other) {
		any_up |= !(READ_ONCE(other->pause_flags) & VPF_DOWN);
	}
	if (!any_up) {
		domain_shutdown(d, SHUTDOWN_poweroff);
	}
	vcpu_sleep_nosync(v);
}

void vcpu_unblock(struct vcpu *v)
{
	/* Its bit in polling_vcpus stays: only v itself changes that. */
	if ((READ_ONCE(v->pause_flags) & VPF_ASLEEP) &&
	    (__atomic_fetch_and(&v->pause_flags, ~VPF_ASLEEP,
				__ATOMIC_SEQ_CST) & VPF_ASLEEP)) {
		vcpu_wake(v);
	}
}

void vcpu_kick(struct vcpu *v)
{
	vcpu_unblock(v);
	if (READ_ONCE(v->sched.running)) {
		unsigned int cpu = READ_ONCE(v->sched.cpu);

		if (cpu != this_cpu_id()) {
			smp_kick(cpu);
		}
	}
}

void vcpu_block_current(void)
{
	struct vcpu *v = current;

	v->info->evtchn_upcall_mask = 0;
	atomic_or(&v->pause_flags, VPF_BLOCKED);
	/* An event before this point is seen here, a later one unblocks. */
	if (vcpu_upcall_due(v)) {
		atomic_and(&v->pause_flags, ~VPF_BLOCKED);
	} else {
		softirq_raise(SOFTIRQ_SCHEDULE);
	}
}

bool vcpu_yield_current(void)
{
	WRITE_ONCE(current->sched.yielding, true);
	softirq_raise(SOFTIRQ_SCHEDULE);
	return READ_ONCE(this_cpu(runqueue).waiting);
}
