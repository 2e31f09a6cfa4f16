/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * What the domctl and sysctl files share.  A sub-call gets our copy of the
 * caller's structure; what it changes there goes back to the caller when it
 * sets *copy_back and returns 0.
 */
#ifndef HYPERCALL_DOMCTL_H
#define HYPERCALL_DOMCTL_H

#include "domain/domain.h"
#include <xen/domctl.h>

typedef long (*domctl_fn)(struct domain *d, struct xen_domctl *op,
			  bool *copy_back);

#define DOMCTL(name) long domctl_##name(struct domain *d, \
					struct xen_domctl *op, bool *copy_back)

/* hypercall/domctl_vcpu.c */
DOMCTL(setvcpucontext);
DOMCTL(getvcpucontext);
DOMCTL(getvcpuinfo);
DOMCTL(max_vcpus);
DOMCTL(setvcpuaffinity);
DOMCTL(getvcpuaffinity);
DOMCTL(scheduler_op);
DOMCTL(getnodeaffinity);

/* hypercall/domctl_memory.c */
DOMCTL(max_mem);
DOMCTL(getpageframeinfo3);
DOMCTL(hypercall_init);

/* hypercall/cpu_policy.c */
DOMCTL(get_cpu_policy);
DOMCTL(set_cpu_policy);
struct xen_sysctl;
long sysctl_get_cpu_policy(struct xen_sysctl *op, bool *copy_back);
long sysctl_get_cpu_featureset(struct xen_sysctl *op, bool *copy_back);

/* What getdomaininfo and getdomaininfolist tell of a domain. */
void domain_info_fill(struct domain *d, struct xen_domctl_getdomaininfo *info);

/* CPU maps in the toolstack's variable-length form.  0 or -EFAULT. */
int bitmap_from_guest(const struct xenctl_bitmap *from, u64 *out);
int bitmap_to_guest(const struct xenctl_bitmap *to, u64 map);

#endif
