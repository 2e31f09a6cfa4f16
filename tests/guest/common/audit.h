/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * What only the control domain can ask: the hypervisor's own count of what it
 * keeps, and calls for which libxenctrl is used elsewhere.
 */
#ifndef TESTS_GUEST_AUDIT_H
#define TESTS_GUEST_AUDIT_H

#include <stdint.h>

#include <xen/domctl.h>
#include <xen/sysctl.h>

#include "common/test.h"

/*
 * Has Paravane recount frames, ports and grants from scratch: how many differ,
 * or -1 where there is no such audit (Xen, or an unprivileged domain).
 */
int audit(void);

/* By the word in its version. */
bool on_paravane(void);

/* Pages that the hypervisor has free once the number has settled, or -1. */
long free_pages(void);

/* Waits until there are as many again; false when that does not come. */
bool free_pages_return_to(long number);

/* Has a vCPU run on the CPUs of this mask only. */
void vcpu_pin(domid_t domain, unsigned int vcpu, unsigned char cpus);

/* Leaves the CPU to others for so long. */
void nap(uint64_t ns);

/*
 * How far two CPUs' readings of system time, or the kernel's and the
 * hypervisor's of the same CPU, may lie apart: hardly, where the hypervisor
 * says that one record serves all vCPUs.
 */
uint64_t clock_tolerance(void);

long hc_domctl(struct xen_domctl *op);
long hc_sysctl(struct xen_sysctl *op);

#endif
