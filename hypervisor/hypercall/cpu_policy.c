/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * CPU policies in the toolstack's form: lists of CPUID leaves and MSRs, as
 * libxenguest reads, narrows and writes them when it builds a domain.
 */
#include "hypercall/domctl.h"
#include "hypercall/hypercall.h"
#include "lib/string.h"
#include "mm/alloc.h"
#include "mm/guest_copy.h"
#include "pvcpu/policy.h"
#include "x86/cpu_features.h"
#include <xen/sysctl.h>

#define MSR_PLATFORM_INFO	0xce
#define MSR_ARCH_CAPS		0x10a
#define NR_MSRS			2

/*
 * Copies a list out and sets *n to its length.  A null buffer asks only for
 * that; one that is too small gives -ENOBUFS.
 */
static long put_list(const void *to, u32 *n, const void *list, u32 have,
		     size_t size)
{
	if (to && *n < have) {
		return -ENOBUFS;
	}
	*n = have;
	return to ? copy_to_guest_va((vaddr_t)to, list, have * size) : 0;
}

static long policy_out(const struct cpu_policy *p, u32 *nr_leaves,
		       const void *leaves, u32 *nr_msrs, const void *msrs)
{
	const struct xen_msr_entry list[NR_MSRS] = {
		{ MSR_PLATFORM_INFO, 0, 0 }, { MSR_ARCH_CAPS, 0, 0 },
	};

	return put_list(leaves, nr_leaves, p->leaves,
			leaves ? p->nr_leaves : POLICY_MAX_LEAVES,
			sizeof(p->leaves[0])) ?:
	       put_list(msrs, nr_msrs, list, NR_MSRS, sizeof(list[0]));
}

long get_cpu_policy(struct domain *d, void *arg)
{
	struct xen_domctl_cpu_policy *p = arg;

	return policy_out(d->policy, &p->nr_leaves, p->leaves.p,
			  &p->nr_msrs, p->msrs.p);
}

static long update_leaves(struct cpu_policy *p,
			  struct xen_domctl_cpu_policy *arg)
{
	struct xen_cpuid_leaf leaf;

	for (u32 i = 0; i < arg->nr_leaves; i++) {
		if (copy_from_guest(&leaf, arg->leaves.p + i, 1)) {
			return -EFAULT;
		}
		if (policy_update(p, &leaf)) {
			arg->err_leaf = leaf.leaf;
			arg->err_subleaf = leaf.subleaf;
			return -EINVAL;
		}
	}
	return 0;
}

static long check_msrs(struct xen_domctl_cpu_policy *arg)
{
	struct xen_msr_entry msr;

	for (u32 i = 0; i < arg->nr_msrs; i++) {
		if (copy_from_guest(&msr, arg->msrs.p + i, 1)) {
			return -EFAULT;
		}
		/* Of these two no PV guest has a bit that could be set. */
		if (msr.flags || (msr.val && msr.idx != MSR_PLATFORM_INFO &&
				  msr.idx != MSR_ARCH_CAPS)) {
			arg->err_msr = msr.idx;
			return -EINVAL;
		}
	}
	return 0;
}

/*
 * Before the domain runs for the first time only: it may not see a change.
 * Two at once: each is checked as a whole, and the later one holds.
 */
long set_cpu_policy(struct domain *d, void *arg)
{
	struct xen_domctl_cpu_policy *p = arg;
	struct cpu_policy *new;
	long err;

	if (d == current->domain) {
		return -EINVAL;
	}
	if (p->nr_leaves > 1024 || p->nr_msrs > 1024) {
		return -E2BIG;
	}
	new = heap_alloc(sizeof(*new));
	if (!new) {
		return -ENOMEM;
	}
	p->err_leaf = p->err_subleaf = p->err_msr = ~0U;
	spin_lock(&d->lock);
	*new = *d->policy;
	spin_unlock(&d->lock);
	err = update_leaves(new, p);
	err = err ? err : check_msrs(p);
	spin_lock(&d->lock);
	if (d->vcpus[0]->initialised) {
		err = -EEXIST;
	} else if (!err) {
		*d->policy = *new;
	}
	spin_unlock(&d->lock);
	heap_free(new);
	return err;
}

/*
 * By XEN_SYSCTL_cpu_policy_*; of feature sets, XEN_SYSCTL_cpu_featureset_*,
 * the numbers are the same kinds.  There are none for HVM.
 */
static long system_policy(u32 index, const struct cpu_policy **p)
{
	static const struct cpu_policy *const policies[] = {
		[XEN_SYSCTL_cpu_policy_raw] = &host_policy,
		[XEN_SYSCTL_cpu_policy_host] = &host_policy,
		[XEN_SYSCTL_cpu_policy_pv_max] = &pv_policy,
		[XEN_SYSCTL_cpu_policy_pv_default] = &pv_policy,
		[XEN_SYSCTL_cpu_policy_hvm_default] = NULL,
	};

	if (index >= ARRAY_LEN(policies)) {
		return -EINVAL;
	}
	*p = policies[index];
	return *p ? 0 : -EOPNOTSUPP;
}

long get_system_cpu_policy(struct domain *d, void *arg)
{
	struct xen_sysctl_cpu_policy *a = arg;
	const struct cpu_policy *p;

	return system_policy(a->index, &p) ?:
	       policy_out(p, &a->nr_leaves, a->leaves.p, &a->nr_msrs,
			  a->msrs.p);
}

u32 cpu_feature_word(const struct cpu_policy *p, unsigned int i)
{
	const struct cpu_feature_source *s = &cpu_feature_sources[i];

	for (unsigned int n = 0; n < p->nr_leaves; n++) {
		const struct xen_cpuid_leaf *l = &p->leaves[n];

		if (l->leaf == s->leaf &&
		    (l->subleaf == s->sub || l->subleaf == ~0U)) {
			return (&l->a)[s->reg];
		}
	}
	return 0;
}

long get_cpu_featureset(struct domain *d, void *arg)
{
	struct xen_sysctl_cpu_featureset *f = arg;
	u32 set[NR_FEATURE_WORDS], n = NR_FEATURE_WORDS;
	const struct cpu_policy *p;
	long err = system_policy(f->index, &p);

	if (err) {
		return err;
	}
	for (u32 i = 0; i < n; i++) {
		set[i] = cpu_feature_word(p, i);
	}
	f->nr_features = f->features.p ? min(n, f->nr_features) : n;
	return f->features.p ?
	       copy_to_guest(f->features.p, set, f->nr_features) : 0;
}
