/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/* See hypercall/foreign.h. */
#include "hypercall/foreign.h"
#include "mm/guest_copy.h"

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
	if (id == DOMID_IO) {
		*out = &domain_io;
		return 0;
	}
	if (id == DOMID_XEN) {
		*out = &domain_hv;
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
