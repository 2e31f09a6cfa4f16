/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * HYPERVISOR_platform_op (xen/platform.h): domain 0's kernel about the
 * machine's firmware: clock, sleep states, CPUs.  And HYPERVISOR_mca
 * (xen/arch-x86/xen-mca.h), as far as its log of machine checks needs it:
 * that of no CPU errors are recorded.  A machine check that reaches us ends
 * the machine (x86/traps.c).
 */
#include "device/power.h"
#include "hypercall/hypercall.h"
#include "x86/clock.h"
#include "x86/smp.h"
#include <xen/arch-x86/xen-mca.h>
#include <xen/platform.h>

static int publish_wallclock(struct domain *d, void *unused)
{
	domain_wallclock_publish(d);
	return 0;
}

static long settime64(struct domain *d, void *arg)
{
	struct xenpf_settime64 *s = arg;

	if (s->mbz || s->nsecs >= 1000000000) {
		return -EINVAL;
	}
	wallclock_set(s->secs, s->nsecs, s->system_time);
	domain_for_each(0, publish_wallclock, NULL);
	return 0;
}

static long enter_acpi_sleep(struct domain *d, void *arg)
{
	struct xenpf_enter_acpi_sleep *s = arg;

	return acpi_enter_sleep(s->sleep_state, s->val_a, s->val_b);
}

static long get_cpuinfo(struct domain *d, void *arg)
{
	struct xenpf_pcpuinfo *p = arg;
	u32 cpu = p->xen_cpuid;

	p->max_present = nr_cpus - 1;
	p->flags = XEN_PCPU_FLAGS_INVALID;
	if (cpu < nr_cpus) {
		p->flags = XEN_PCPU_FLAGS_ONLINE;
		p->apic_id = apic_ids[cpu];
		p->acpi_id = acpi_ids[cpu];
	}
	return 0;
}

static const struct subcall platform_calls[] = {
	[XENPF_settime64] = { settime64 },
	[XENPF_enter_acpi_sleep] = { enter_acpi_sleep },
	[XENPF_get_cpuinfo] = { get_cpuinfo, 0, SUB_OUT },
	/* Power data of CPUs that we do not manage. */
	[XENPF_set_processor_pminfo] = { subcall_nothing },
};

static const struct subcall_family platform = {
	platform_calls, ARRAY_LEN(platform_calls), XENPF_INTERFACE_VERSION,
	sizeof(struct xen_platform_op), offsetof(struct xen_platform_op, u),
};

HC(platform_op)
{
	return subcall_versioned(&platform, a1);
}

/* CPUs whose machine checks domain 0 is told of: none. */
static long mc_physcpuinfo(struct domain *d, void *arg)
{
	((struct xen_mc_physcpuinfo *)arg)->ncpus = 0;
	return 0;
}

static const struct subcall mc_calls[] = {
	[XEN_MC_physcpuinfo] = { mc_physcpuinfo, 0, SUB_OUT },
};

static const struct subcall_family mc = {
	mc_calls, ARRAY_LEN(mc_calls), XEN_MCA_INTERFACE_VERSION,
	sizeof(struct xen_mc), offsetof(struct xen_mc, u),
};

HC(mca)
{
	return subcall_versioned(&mc, a1);
}
