/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * XEN_SYSCTL_perfc_op: what cpu_info counts, a value for each CPU, the low 32
 * bits as the ABI has it: ways in from guests by kind, then hypercalls by
 * number. The CPUs go on counting meanwhile; a reset may lose a few.
 * Calls inside a multicall count as that one call.
 */
#include "hypercall/domctl.h"
#include "hypercall/hypercall.h"
#include "lib/printk.h"
#include "mm/guest_copy.h"
#include "x86/percpu.h"
#include <xen/sysctl.h>

#define NR_COUNTERS	(NR_ENTRY_COUNTS + NR_HYPERCALLS)

static const char *const kinds[NR_ENTRY_COUNTS] = {
	[COUNT_SYSCALL] = "system call of a guest",
	[COUNT_SWITCH] = "switch between vCPUs",
	[COUNT_IRET] = "iret",
	[COUNT_EXCEPTION] = "exception",
	[COUNT_PAGE_FAULT] = "page fault, straight to the guest",
	[COUNT_EMULATED] = "instruction emulated",
	[COUNT_IRQ] = "interrupt",
	[COUNT_UPCALL] = "upcall to the guest",
};

static u64 *counter(unsigned int n, unsigned int cpu)
{
	struct cpu_info *i = cpu_info_of(cpu);

	return n < NR_ENTRY_COUNTS ? &i->counts[n] :
				     &i->calls[n - NR_ENTRY_COUNTS];
}

static int describe(struct xen_sysctl_perfc_op *p, unsigned int n)
{
	struct xen_sysctl_perfc_desc desc = { .nr_vals = nr_cpus };
	const char *name = n < NR_ENTRY_COUNTS ? kinds[n] :
			   hypercall_name(n - NR_ENTRY_COUNTS);

	format(desc.name, sizeof(desc.name), "%s%s",
	       n < NR_ENTRY_COUNTS ? "" : "hypercall ", name ? name : "-");
	return copy_to_guest((vaddr_t)p->desc.p + n * sizeof(desc), &desc, 1);
}

long sysctl_perfc_op(struct domain *d, void *arg)
{
	struct xen_sysctl_perfc_op *p = arg;

	(void)d;
	if (p->cmd != XEN_SYSCTL_PERFCOP_query &&
	    p->cmd != XEN_SYSCTL_PERFCOP_reset) {
		return -EINVAL;
	}
	for (unsigned int n = 0; n < NR_COUNTERS; n++) {
		if (p->desc.p && describe(p, n)) {
			return -EFAULT;
		}
		for (unsigned int cpu = 0; cpu < nr_cpus; cpu++) {
			u64 at = (n * nr_cpus + cpu) * sizeof(u32);
			u32 value = (u32)*counter(n, cpu);

			if (p->cmd == XEN_SYSCTL_PERFCOP_reset) {
				*counter(n, cpu) = 0;
			} else if (p->val.p &&
				   copy_to_guest((vaddr_t)p->val.p + at,
						 &value, 1)) {
				return -EFAULT;
			}
		}
	}
	p->nr_counters = NR_COUNTERS;
	p->nr_vals = NR_COUNTERS * nr_cpus;
	return 0;
}
