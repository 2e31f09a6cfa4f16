/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * CPU policies: which CPUID values a domain sees.  There is one of the host,
 * one of the most that a PV guest may have, and one for each domain, which the
 * toolstack may narrow but never widen.
 */
#ifndef PVCPU_POLICY_H
#define PVCPU_POLICY_H

#include "domain/domain.h"

#define POLICY_MAX_LEAVES	96

struct cpu_policy {
	unsigned int nr_leaves;
	struct xen_cpuid_leaf leaves[POLICY_MAX_LEAVES];
};

extern struct cpu_policy host_policy, pv_policy;

/* Boot: fills host_policy from the CPU and pv_policy from it. */
void policies_init(void);

/* A domain's own copy of pv_policy; -ENOMEM. */
int policy_init_domain(struct domain *d);

/*
 * Replaces a domain's leaves by those given, each cut to what pv_policy
 * allows.  -EINVAL for one that no PV domain has.
 */
int policy_update(struct cpu_policy *p, const struct xen_cpuid_leaf *leaf);

#endif
