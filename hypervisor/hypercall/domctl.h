/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * What the domctl and sysctl files share.
 */
#ifndef HYPERCALL_DOMCTL_H
#define HYPERCALL_DOMCTL_H

#include "domain/domain.h"
#include <xen/domctl.h>

/* Sub-calls of both, in hypercall/cpu_policy.c; hypercall.h says how. */
long get_cpu_policy(struct domain *d, void *arg);
long set_cpu_policy(struct domain *d, void *arg);
long get_system_cpu_policy(struct domain *d, void *arg);
long get_cpu_featureset(struct domain *d, void *arg);

/* A sub-call of sysctl, in hypercall/perfc.c. */
long sysctl_perfc_op(struct domain *d, void *arg);

/* Word i of cpufeatureset.h in a policy. */
struct cpu_policy;
u32 cpu_feature_word(const struct cpu_policy *p, unsigned int i);

/* What getdomaininfo and getdomaininfolist tell of a domain. */
void domain_info_fill(struct domain *d, struct xen_domctl_getdomaininfo *info);

/* A CPU map in the toolstack's variable-length form.  0 or -EFAULT. */
int bitmap_to_guest(const struct xenctl_bitmap *to, u64 map);

#endif
