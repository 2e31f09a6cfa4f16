/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/* See hypercall/foreign.h. */
#include "hypercall/foreign.h"
#include "hypercall/hypercall.h"
#include "mm/guest_copy.h"
#include "mm/page_type.h"

/*
 * In the count of mmu_update and mmuext_op: the call goes on; `done` has a
 * value.  With no requests left, the domid argument is the call's result.
 */
#define PREEMPTED	0x80000000U

int domain_for_caller(domid_t id, struct domain **out)
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

int foreign_get(domid_t id, struct domain **out)
{
	struct domain *d = current->domain;

	if (likely(id == DOMID_SELF)) {
		*out = d;
		return 0;
	}
	if (id == DOMID_IO || id == DOMID_XEN) {
		*out = id == DOMID_IO ? &domain_io : &domain_hv;
		return d->privileged ? 0 : -EPERM;
	}
	return id == d->id ? -ESRCH : domain_for_caller(id, out);
}

void foreign_put(struct domain *d)
{
	if (d != current->domain && d != &domain_io && d != &domain_hv) {
		domain_put(d);
	}
}

int vcpu_bitmap_to_cpus(const struct domain *d, vaddr_t bitmap,
			cpumask_t *out)
{
	struct vcpu *v;
	u64 vcpus;

	if (copy_from_guest_va(&vcpus, bitmap, sizeof(vcpus))) {
		return -EFAULT;
	}
	*out = 0;
	for_each_vcpu(d, v) {
		u32 cpu = READ_ONCE(v->dirty_cpu);

		if ((vcpus >> v->id) & 1 && cpu < MAX_CPUS) {
			*out |= CPUMASK(cpu);
		}
	}
	return 0;
}

static long list_restart(unsigned long reqs, unsigned long count,
			 unsigned long pdone, unsigned long domid)
{
	return hypercall_restart((u32)current->last_hypercall, 4, reqs, count,
				 pdone, domid);
}

bool mmu_list_begin(struct mmu_list *l)
{
	bool goes_on = l->count & PREEMPTED;

	if (unlikely(page_put_is_pending()) && page_put_pending()) {
		l->result = list_restart(l->reqs, l->count, l->pdone,
					 l->domid);
		return false;
	}
	l->count &= ~PREEMPTED;
	if (goes_on && !l->reqs && !l->count) {
		l->result = (int)l->domid;	/* only settling was left */
		return false;
	}
	if (goes_on && l->pdone && copy_from_guest(&l->done, l->pdone, 1)) {
		l->result = -EFAULT;
		return false;
	}
	return true;
}

long mmu_list_end(struct mmu_list *l, unsigned int n, int err)
{
	l->done += n;
	if (l->pdone && copy_to_guest(l->pdone, &l->done, 1)) {
		err = err ? err : -EFAULT;
	}
	if (unlikely(err == -ERESTART)) {
		return list_restart(l->reqs + n * l->size,
				    (l->count - n) | PREEMPTED,
				    l->pdone, l->domid);
	}
	return unlikely(page_put_is_pending()) ? mmu_settle(err) : err;
}

long mmu_settle(int result)
{
	return list_restart(0, PREEMPTED, 0, (u32)result);
}
