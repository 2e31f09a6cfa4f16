/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * What hypercalls cost without a Linux around them: a keel kernel that runs as
 * domain 0 and prints the same lines as run.c. First those that it makes alone
 * (grants are its own, mapped and copied by itself), events on all vCPUs at
 * once; then those between two domains (pair.c).
 */
#include "xen/clock.h"
#include "xen/cpu.h"
#include "xen/event.h"
#include "xen/grant.h"
#include "xen/pagetable.h"
#include "xen/start.h"
#include "lib/page.h"

#include <xen/sysctl.h>

#include "bench/workloads/mark.h"
#include "bench/workloads/pair.h"

#define MAX_CPUS	4
#define SELF		0	/* domain 0's own number */
#define TEST_VA		0x0000100000000000UL

static void xen_version(int n)
{
	while (n--) {
		hc_xen_version(XENVER_version, NULL);
	}
}

/* Each vCPU has a port, in a word of pending bits that no other looks at. */
static struct {
	evtchn_port_t port;
	volatile unsigned int received;
} ends[MAX_CPUS];

static void on_event(evtchn_port_t p, void *arg)
{
	unsigned int *n = arg;

	(void)p;
	++*n;
}

static void end_make(unsigned int cpu)
{
	int p;

	do {
		p = event_bind_ipi(cpu);
		if (p < 0) {
			panic("no event channel: %d", p);
		}
	} while (cpu && p / 64 != (int)cpu);
	ends[cpu].port = p;
	event_set_handler(p, on_event, (void *)&ends[cpu].received);
}

/* Notify, upcall, unmask by hypercall. */
static void event_on(unsigned int cpu, int n)
{
	while (n--) {
		unsigned int before = ends[cpu].received;

		event_send(ends[cpu].port);
		while (ends[cpu].received == before) {
			barrier();
		}
		event_unmask(ends[cpu].port);
	}
}

static void event_self(int n)
{
	event_on(0, n);
}

static unsigned int nr_cpus;
static volatile int round_ops;
static volatile unsigned int round_begun;
static unsigned int round_done;

/* Another vCPU: does what vCPU 0 does, each time that it begins a round. */
static void other_cpu(void *arg)
{
	unsigned int cpu = (unsigned long)arg;

	events_enable();
	for (unsigned int round = 1; ; round++) {
		while (round_begun < round) {
			cpu_relax();
		}
		event_on(cpu, round_ops);
		__atomic_add_fetch(&round_done, 1, __ATOMIC_SEQ_CST);
	}
}

/* n in all, on all vCPUs at once. */
static void event_each(int n)
{
	round_ops = n / nr_cpus;
	__atomic_store_n(&round_done, 0, __ATOMIC_SEQ_CST);
	round_begun++;
	event_on(0, round_ops);
	while (__atomic_load_n(&round_done, __ATOMIC_SEQ_CST) < nr_cpus - 1) {
		cpu_relax();
	}
}

static grant_ref_t from_ref, to_ref;

static void grant_map_unmap(int n)
{
	while (n--) {
		struct gnttab_map_grant_ref map = {
			.host_addr = TEST_VA, .flags = GNTMAP_host_map,
			.ref = from_ref, .dom = SELF,
		};
		struct gnttab_unmap_grant_ref unmap = { .host_addr = TEST_VA };

		hc_grant_table_op(GNTTABOP_map_grant_ref, &map, 1);
		if (map.status != GNTST_okay) {
			panic("grant map: %d", map.status);
		}
		unmap.handle = map.handle;
		hc_grant_table_op(GNTTABOP_unmap_grant_ref, &unmap, 1);
		if (unmap.status != GNTST_okay) {
			panic("grant unmap: %d", unmap.status);
		}
	}
}

static void grant_copy(int n)
{
	while (n--) {
		struct gnttab_copy op = {
			.source = { .u.ref = from_ref, .domid = SELF },
			.dest = { .u.ref = to_ref, .domid = SELF },
			.len = PAGE_SIZE,
			.flags = GNTCOPY_source_gref | GNTCOPY_dest_gref,
		};

		hc_grant_table_op(GNTTABOP_copy, &op, 1);
		if (op.status != GNTST_okay) {
			panic("grant copy: %d", op.status);
		}
	}
}

/* One entry of a page table, by mmu_update. */
static void pte_update(int n)
{
	pte_t *entry = pte_reach(kernel_root, TEST_VA, 1);
	pte_t pte = pte_make(virt_to_mfn(page_alloc()), PTE_USER);

	while (n--) {
		if (pte_write(entry, pte) || pte_write(entry, 0)) {
			panic("mmu_update");
		}
	}
}

static void measure(const char *name, void (*fn)(int n), int ops)
{
	const char *words = (const char *)start_info->cmd_line;
	uint64_t begun;

	/* The one word there can be: only=NAME. */
	if (!strncmp(words, "only=", 5) && strcmp(words + 5, name)) {
		return;
	}
	fn(ops);
	begun = clock_ns();
	MARK_BEGIN();
	fn(ops);
	MARK_END();
	printk("bench %s %d %lu\n", name, ops, clock_ns() - begun);
}

/* What the hypervisor leaves of the machine's memory. */
static void say_memory(void)
{
	struct xen_sysctl op = {
		.cmd = XEN_SYSCTL_physinfo,
		.interface_version = XEN_SYSCTL_INTERFACE_VERSION,
	};

	if (!hypercall(__HYPERVISOR_sysctl, (unsigned long)&op, 0, 0, 0, 0)) {
		printk("memory: %lu of %lu KiB free, %lu KiB mine\n",
		       op.u.physinfo.free_pages * 4,
		       op.u.physinfo.total_pages * 4,
		       start_info->nr_pages * 4);
	}
}

static void measure_alone(void)
{
	measure("xen_version", xen_version, 1000);
	measure("event_self", event_self, 500);
	measure("pte_set_clear", pte_update, 500);
	measure("grant_map_unmap", grant_map_unmap, 500);
	measure("grant_copy_page", grant_copy, 500);
	pair_begin();
	measure("event_between", event_between, 500);
	measure("grant_map_between", grant_map_between, 500);
	measure("grant_copy_between", grant_copy_between, 500);
}

int main(void)
{
	int err;

	while (nr_cpus < MAX_CPUS && hc_vcpu_op(VCPUOP_is_up, nr_cpus, NULL) >= 0) {
		end_make(nr_cpus++);
	}
	pte_reach(kernel_root, TEST_VA, 1);
	from_ref = grant_access(SELF, page_alloc(), false);
	to_ref = grant_access(SELF, page_alloc(), false);
	events_enable();
	say_memory();

	for (unsigned long cpu = 1; cpu < nr_cpus; cpu++) {
		err = cpu_start(cpu, other_cpu, (void *)cpu);
		if (err) {
			panic("vCPU %lu: %d", cpu, err);
		}
	}
	if (nr_cpus == 1) {
		measure_alone();
	} else {
		measure("event_self", event_each, 500 * nr_cpus);
	}
	printk("bench done\n");
	return SHUTDOWN_reboot;
}
