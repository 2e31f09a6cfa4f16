/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * What hypercalls cost without a Linux around them: a keel kernel that runs as
 * domain 0 and prints the same lines as run.c. Grants are its own, mapped and
 * copied by itself.
 */
#include "xen/clock.h"
#include "xen/event.h"
#include "xen/grant.h"
#include "xen/pagetable.h"
#include "xen/start.h"
#include "lib/page.h"

#include <xen/sysctl.h>

#include "bench/workloads/mark.h"

#define SELF		0	/* domain 0's own number */
#define TEST_VA		0x0000100000000000UL

static void xen_version(int n)
{
	while (n--) {
		hc_xen_version(XENVER_version, NULL);
	}
}

static evtchn_port_t port;
static volatile unsigned int received;

static void on_event(evtchn_port_t p, void *arg)
{
	(void)p;
	(void)arg;
	received++;
}

/* Notify, upcall, unmask by hypercall. */
static void event_self(int n)
{
	while (n--) {
		unsigned int before = received;

		event_send(port);
		while (received == before) {
			barrier();
		}
		event_unmask(port);
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

int main(void)
{
	int p = event_bind_ipi(0);

	if (p < 0) {
		panic("no event channel: %d", p);
	}
	port = p;
	event_set_handler(port, on_event, NULL);
	pte_reach(kernel_root, TEST_VA, 1);
	from_ref = grant_access(SELF, page_alloc(), false);
	to_ref = grant_access(SELF, page_alloc(), false);
	events_enable();
	say_memory();

	measure("xen_version", xen_version, 1000);
	measure("event_self", event_self, 500);
	measure("pte_set_clear", pte_update, 500);
	measure("grant_map_unmap", grant_map_unmap, 500);
	measure("grant_copy_page", grant_copy, 500);
	printk("bench done\n");
	return SHUTDOWN_reboot;
}
