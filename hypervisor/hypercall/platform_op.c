/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * HYPERVISOR_platform_op (xen/platform.h): domain 0's kernel about the
 * machine's firmware: clock, sleep states, CPUs, idle times.
 */
#include "boot/boot_info.h"
#include "device/power.h"
#include "domain/sched.h"
#include "hypercall/hypercall.h"
#include "lib/string.h"
#include "mm/guest_copy.h"
#include "x86/clock.h"
#include "x86/cpu_features.h"
#include "x86/msr.h"
#include "x86/smp.h"
#include <xen/platform.h>

static int publish_wallclock(struct domain *d, void *unused)
{
	domain_wallclock_publish(d);
	return 0;
}

static long settime(u64 sec, u32 nsec, u64 system_time)
{
	if (nsec >= 1000000000) {
		return -EINVAL;
	}
	wallclock_set(sec, nsec, system_time);
	domain_for_each(0, publish_wallclock, NULL);
	return 0;
}

/* Idle time of each CPU asked for; clears the bits of CPUs that are not there. */
static long getidletime(struct xenpf_getidletime *g)
{
	u32 bytes = (min(g->cpumap_nr_cpus, 64U) + 7) / 8;
	vaddr_t map_va = (vaddr_t)g->cpumap_bitmap.p;
	unsigned int cpu;
	u64 map = 0, t;

	g->now = now_ns();
	if (copy_from_guest_va(&map, map_va, bytes)) {
		return -EFAULT;
	}
	map &= cpus_online;
	for_each_cpu_in(cpu, map) {
		t = sched_idle_time(cpu);
		if (cpu < g->cpumap_nr_cpus &&
		    copy_to_guest((vaddr_t)g->idletime.p + cpu * sizeof(t),
				  &t, 1)) {
			return -EFAULT;
		}
	}
	return copy_to_guest_va(map_va, &map, bytes);
}

static long get_cpuinfo(struct xenpf_pcpuinfo *p)
{
	u32 cpu = p->xen_cpuid;

	p->max_present = nr_cpus - 1;
	if (cpu >= nr_cpus) {
		p->flags = XEN_PCPU_FLAGS_INVALID;
		return 0;
	}
	p->flags = XEN_PCPU_FLAGS_ONLINE;
	p->apic_id = apic_ids[cpu];
	p->acpi_id = acpi_ids[cpu];
	return 0;
}

static long get_cpu_version(struct xenpf_pcpu_version *p)
{
	u32 r[4];

	p->max_present = nr_cpus - 1;
	if (p->xen_cpuid >= nr_cpus) {
		memset(p->vendor_id, 0, sizeof(p->vendor_id));
		p->family = p->model = p->stepping = 0;
		return 0;
	}
	cpuid(0, 0, r);
	memcpy(p->vendor_id, &r[1], 4);
	memcpy(p->vendor_id + 4, &r[3], 4);
	memcpy(p->vendor_id + 8, &r[2], 4);
	p->family = cpu_features.family;
	p->model = cpu_features.model;
	p->stepping = cpu_features.stepping;
	return 0;
}

static long firmware_info(const struct xenpf_firmware_info *f)
{
	switch (f->type) {
	case XEN_FW_DISK_INFO:
	case XEN_FW_DISK_MBR_SIGNATURE:
	case XEN_FW_VBEDDC_INFO:
		return -ESRCH;		/* nothing was asked of the BIOS */
	}
	return -EINVAL;
}

/* Power data of CPUs that we do not manage: taken note of, not used. */
static long set_pminfo(const struct xenpf_set_processor_pminfo *p)
{
	return p->type == XEN_PM_PDC || p->type == XEN_PM_CX ||
	       p->type == XEN_PM_PX ? 0 : -EINVAL;
}

static long dispatch(struct xen_platform_op *op, bool *copy_back)
{
	switch (op->cmd) {
	case XENPF_settime32:
		return settime(op->u.settime32.secs, op->u.settime32.nsecs,
			       op->u.settime32.system_time);
	case XENPF_settime64:
		return op->u.settime64.mbz ? -EINVAL :
		       settime(op->u.settime64.secs, op->u.settime64.nsecs,
			       op->u.settime64.system_time);
	case XENPF_enter_acpi_sleep:
		return acpi_enter_sleep(op->u.enter_acpi_sleep.sleep_state,
					op->u.enter_acpi_sleep.val_a,
					op->u.enter_acpi_sleep.val_b);
	case XENPF_getidletime:
		*copy_back = true;
		return getidletime(&op->u.getidletime);
	case XENPF_get_cpuinfo:
		*copy_back = true;
		return get_cpuinfo(&op->u.pcpu_info);
	case XENPF_get_cpu_version:
		*copy_back = true;
		return get_cpu_version(&op->u.pcpu_version);
	case XENPF_firmware_info:
		return firmware_info(&op->u.firmware_info);
	case XENPF_set_processor_pminfo:
		return set_pminfo(&op->u.set_pminfo);
	}
	return hypercall_enosys_sub("platform_op", op->cmd);
}

long hc_platform_op(unsigned long arg, unsigned long a2, unsigned long a3,
		    unsigned long a4, unsigned long a5)
{
	struct xen_platform_op op;
	bool copy_back = false;
	long ret;

	if (copy_from_guest(&op, arg, 1)) {
		return -EFAULT;
	}
	if (op.interface_version != XENPF_INTERFACE_VERSION) {
		return -EACCES;
	}
	if (!current->domain->privileged) {
		return -EPERM;
	}
	ret = dispatch(&op, &copy_back);
	if (!ret && copy_back && copy_to_guest(arg, &op, 1)) {
		return -EFAULT;
	}
	return ret;
}
