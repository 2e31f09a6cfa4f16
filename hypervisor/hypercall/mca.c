/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * HYPERVISOR_mca (xen/arch-x86/xen-mca.h), as far as domain 0's log of machine
 * checks needs it: which CPUs there are, and that no error is recorded.  A
 * machine check that reaches us ends the machine (x86/traps.c).
 */
#include "hypercall/hypercall.h"
#include "lib/string.h"
#include "mm/guest_copy.h"
#include "x86/cpu_features.h"
#include "x86/msr.h"
#include "x86/smp.h"
#include <xen/arch-x86/xen-mca.h>

static void describe_cpu(unsigned int cpu, struct mcinfo_logical_cpu *c)
{
	u32 r[4];

	memset(c, 0, sizeof(*c));
	c->mc_cpunr = cpu;
	c->mc_apicid = apic_ids[cpu];
	c->mc_coreid = (u16)cpu;
	c->mc_ncores = c->mc_ncores_active = nr_cpus;
	c->mc_nthreads = 1;
	c->mc_cpuid_level = (s32)cpu_features.max_leaf;
	c->mc_family = cpu_features.family;
	c->mc_model = cpu_features.model;
	c->mc_step = cpu_features.stepping;
	c->mc_vendor = cpu_features.vendor;
	cpuid(0, 0, r);
	memcpy(c->mc_vendorid, &r[1], 4);
	memcpy(c->mc_vendorid + 4, &r[3], 4);
	memcpy(c->mc_vendorid + 8, &r[2], 4);
	str_copy(c->mc_brandid, cpu_features.brand, sizeof(c->mc_brandid));
	cpuid(1, 0, r);
	c->mc_cpu_caps[MC_CAPS_STD_EDX] = r[3];
	c->mc_cpu_caps[MC_CAPS_STD_ECX] = r[2];
}

static long op_physcpuinfo(struct xen_mc_physcpuinfo *op)
{
	vaddr_t out = (vaddr_t)op->info.p;
	struct mcinfo_logical_cpu c;

	if (!out) {
		op->ncpus = nr_cpus;
		return 0;
	}
	op->ncpus = min(op->ncpus, (u32)nr_cpus);
	for (u32 i = 0; i < op->ncpus; i++) {
		describe_cpu(i, &c);
		if (copy_to_guest(out + i * sizeof(c), &c, 1)) {
			return -EFAULT;
		}
	}
	return 0;
}

long hc_mca(unsigned long a1, unsigned long a2, unsigned long a3,
	    unsigned long a4, unsigned long a5)
{
	struct xen_mc op;
	long rc;

	if (!current->domain->privileged) {
		return -EPERM;
	}
	if (copy_from_guest(&op, a1, 1)) {
		return -EFAULT;
	}
	if (op.interface_version != XEN_MCA_INTERFACE_VERSION) {
		return -EACCES;
	}
	switch (op.cmd) {
	case XEN_MC_fetch:
		op.u.mc_fetch.flags = XEN_MC_NODATA;
		op.u.mc_fetch.fetch_id = 0;
		rc = 0;
		break;
	case XEN_MC_physcpuinfo:
		rc = op_physcpuinfo(&op.u.mc_physcpuinfo);
		break;
	default:
		return hypercall_enosys("mca sub-call");
	}
	if (!rc && copy_to_guest(a1, &op, 1)) {
		rc = -EFAULT;
	}
	return rc;
}
