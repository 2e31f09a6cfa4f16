/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * What guests know of time: pvclock records (xen/xen.h, vcpu_time_info), the
 * wall clock in shared_info, and how long each vCPU was in each run state.
 * Our system time is one line through the TSC for the whole machine, so a
 * record never grows old: it is written when it first appears, and marked as
 * stable over all vCPUs.
 */
#include "domain/domain.h"
#include "domain/runqueue.h"
#include "mm/guest_copy.h"
#include "pvcpu/pvcpu.h"
#include "x86/clock.h"
#include "x86/smp.h"
#include "x86/tlb.h"
#include "lib/string.h"

void vcpu_time_publish(struct vcpu *v)
{
	struct vcpu_time_info *t = &v->info->time, *copy = &v->time_copy;

	if (copy->version && READ_ONCE(t->version) == copy->version) {
		return;
	}
	/* Odd while we write; the version is ours, not what the guest left. */
	*copy = (struct vcpu_time_info){
		.version = (copy->version + 2) | 1,
		.tsc_timestamp = clock_scale.tsc_base,
		.system_time = clock_scale.ns_base,
		.tsc_to_system_mul = clock_scale.mul,
		.tsc_shift = clock_scale.shift,
		.flags = XEN_PVCLOCK_TSC_STABLE_BIT,
	};
	WRITE_ONCE(t->version, copy->version);
	smp_wmb();
	*t = *copy;
	smp_wmb();
	copy->version++;
	WRITE_ONCE(t->version, copy->version);
}

void domain_wallclock_publish(struct domain *d)
{
	struct shared_info *s = d->shared;
	u64 sec;
	u32 nsec, version;

	wallclock_get(&sec, &nsec);
	sec += d->wallclock_offset_s;
	spin_lock(&d->lock);
	version = (READ_ONCE(s->wc_version) + 1) | 1;
	WRITE_ONCE(s->wc_version, version);
	smp_wmb();
	WRITE_ONCE(s->wc_sec, (u32)sec);
	WRITE_ONCE(s->wc_sec_hi, (u32)(sec >> 32));
	WRITE_ONCE(s->wc_nsec, nsec);
	smp_wmb();
	WRITE_ONCE(s->wc_version, version + 1);
	spin_unlock(&d->lock);
}

void vcpu_runstate_change(struct vcpu *v, int to, u64 now)
{
	struct vcpu_runstate_info *r = &v->runstate_info;
	s64 spent = (s64)(now - r->state_entry_time);

	if (r->state == to) {
		return;
	}
	if (spent > 0) {
		r->time[r->state] += (u64)spent;
		r->state_entry_time = now;
	}
	r->state = to;
}

void vcpu_runstate_read(struct vcpu *v, struct vcpu_runstate_info *out,
			bool up_to_now)
{
	unsigned long flags;
	struct runqueue *rq = runqueue_lock(v, &flags);
	s64 spent;

	/* Padding too: it goes to guests. */
	memcpy(out, &v->runstate_info, sizeof(*out));
	spin_unlock_irqrestore(&rq->lock, flags);
	spent = (s64)(now_ns() - out->state_entry_time);
	if (up_to_now && spent > 0) {
		out->time[out->state] += (u64)spent;
	}
}

/*
 * With the vm_assist the entry time carries a flag while the rest changes.
 * A guest that gave a bad address just gets nothing.
 */
static void runstate_write(struct vcpu *v)
{
	vaddr_t at = v->runstate_guest;
	vaddr_t entry = at + offsetof(struct vcpu_runstate_info,
				      state_entry_time);
	struct vcpu_runstate_info r;
	u64 entered;

	vcpu_runstate_read(v, &r, false);
	entered = r.state_entry_time;
	if (v->domain->vm_assist & BIT(VMASST_TYPE_runstate_update_flag)) {
		r.state_entry_time |= XEN_RUNSTATE_UPDATE;
		(void)!copy_to_guest_va(entry, &r.state_entry_time, sizeof(u64));
		smp_wmb();
	}
	(void)!copy_to_guest_va(at, &r, sizeof(r));
	smp_wmb();
	(void)!copy_to_guest_va(entry, &entered, sizeof(u64));
}

void vcpu_guest_areas_publish(struct vcpu *v)
{
	struct vcpu *c = current;
	/* In guest user mode the kernel's addresses are not mapped. */
	bool other_tables = !c->pv.kernel_mode &&
			    c->pv.cr3_user != c->pv.cr3_kernel;

	if (!v->runstate_guest && !v->time_guest) {
		return;
	}
	if (other_tables) {
		cr3_load(c->pv.cr3_kernel);
	}
	if (v->runstate_guest) {
		runstate_write(v);
	}
	if (v->time_guest) {
		/* The same whole record each time: nobody sees it change. */
		(void)!copy_to_guest(v->time_guest, &v->time_copy, 1);
	}
	if (other_tables) {
		cr3_load(c->pv.cr3_user);
	}
}
