/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * What single hypercalls cost: a keel kernel that runs as domain 0 and makes
 * each of them many times, in the plainest case in which it does what it is
 * for. docs/abi/costs.md is made of its figures (scripts/abi-costs).
 */
#include "xen/clock.h"
#include "xen/event.h"
#include "xen/grant.h"
#include "xen/pagetable.h"
#include "xen/start.h"
#include "lib/page.h"

#include "bench/workloads/mark.h"

#define TEST_VA		0x0000100000000000UL
#define OPS		500
#define FAR_AWAY	1000000000000000ULL

static evtchn_port_t port;
static pte_t *entry;
static pte_t pte;
static unsigned long table_mfn, page_mfn;
static struct multicall_entry list[8];

static void must(const char *what, long err)
{
	if (err < 0) {
		panic("%s: %ld", what, err);
	}
}

static void xen_version(void)
{
	hc_xen_version(XENVER_version, NULL);
}

static void get_features(void)
{
	struct xen_feature_info info = { 0 };

	must("features", hc_xen_version(XENVER_get_features, &info));
}

static void console_nothing(void)
{
	must("console", hc_console_io(CONSOLEIO_write, 0, NULL));
}

static void stack_switch(void)
{
	hc_stack_switch(FLAT_KERNEL_SS, 0);
}

static void segment_base(void)
{
	must("segment", hc_set_segment_base(SEGBASE_FS, 0));
}

static void fpu_taskswitch(void)
{
	hc_fpu_taskswitch(0);
}

static void set_timer(void)
{
	must("timer", hc_set_timer_op(clock_ns() + FAR_AWAY));
}

static void is_up(void)
{
	must("is_up", hc_vcpu_op(VCPUOP_is_up, 0, NULL));
}

static void runstate(void)
{
	struct vcpu_runstate_info r;

	must("runstate", hc_vcpu_op(VCPUOP_get_runstate_info, 0, &r));
}

/* Events are masked: nobody is entered. */
static void event_send_masked(void)
{
	event_send(port);
}

static void event_status(void)
{
	struct evtchn_status s = { .dom = DOMID_SELF, .port = port };

	must("status", hc_event_channel_op(EVTCHNOP_status, &s));
}

static void event_bind_close(void)
{
	struct evtchn_close c;
	int p = event_bind_ipi(0);

	must("bind", p);
	c.port = p;
	must("close", hc_event_channel_op(EVTCHNOP_close, &c));
}

static void mmu_update(void)
{
	struct mmu_update u = { .ptr = virt_to_maddr(entry), .val = pte };

	must("mmu_update", hc_mmu_update(&u, 1, NULL, DOMID_SELF));
	u.val = 0;
	must("mmu_update", hc_mmu_update(&u, 1, NULL, DOMID_SELF));
}

static void mmu_update_32(void)
{
	static struct mmu_update u[32];

	for (unsigned int i = 0; i < ARRAY_SIZE(u); i++) {
		u[i].ptr = virt_to_maddr(entry) + i * sizeof(pte_t);
		u[i].val = pte;
	}
	must("mmu_update", hc_mmu_update(u, 32, NULL, DOMID_SELF));
	for (unsigned int i = 0; i < ARRAY_SIZE(u); i++) {
		u[i].val = 0;
	}
	must("mmu_update", hc_mmu_update(u, 32, NULL, DOMID_SELF));
}

static void update_va_mapping(void)
{
	must("va", hc_update_va_mapping(TEST_VA, pte, 0));
	must("va", hc_update_va_mapping(TEST_VA, 0, UVMF_INVLPG | UVMF_LOCAL));
}

static void invlpg(void)
{
	must("invlpg", mmuext(MMUEXT_INVLPG_LOCAL, TEST_VA));
}

static void tlb_flush(void)
{
	must("flush", mmuext(MMUEXT_TLB_FLUSH_LOCAL, 0));
}

static void pin_unpin(void)
{
	must("pin", mmuext(MMUEXT_PIN_L1_TABLE, table_mfn));
	must("unpin", mmuext(MMUEXT_UNPIN_TABLE, table_mfn));
}

static void clear_page(void)
{
	must("clear", mmuext(MMUEXT_CLEAR_PAGE, page_mfn));
}

static void multicall_8(void)
{
	must("multicall", hc_multicall(list, ARRAY_SIZE(list)));
}

static void max_ram_page(void)
{
	must("memory", hc_memory_op(XENMEM_maximum_ram_page, NULL));
}

/* A page given back and asked for again. */
static void balloon(void)
{
	unsigned long name = 0;
	struct xen_memory_reservation r = {
		.nr_extents = 1, .domid = DOMID_SELF,
	};

	set_xen_guest_handle(r.extent_start, &name);
	must("increase", hc_memory_op(XENMEM_increase_reservation, &r) - 1);
	must("decrease", hc_memory_op(XENMEM_decrease_reservation, &r) - 1);
}

static const struct {
	const char *name;
	void (*fn)(void);
} calls[] = {
	{ "xen_version", xen_version },
	{ "xen_version_get_features", get_features },
	{ "console_io_0_bytes", console_nothing },
	{ "stack_switch", stack_switch },
	{ "set_segment_base", segment_base },
	{ "fpu_taskswitch", fpu_taskswitch },
	{ "set_timer_op", set_timer },
	{ "vcpu_op_is_up", is_up },
	{ "vcpu_op_get_runstate_info", runstate },
	{ "event_channel_op_send", event_send_masked },
	{ "event_channel_op_status", event_status },
	{ "event_channel_op_bind_ipi_and_close", event_bind_close },
	{ "mmu_update_set_and_clear", mmu_update },
	{ "mmu_update_32_set_and_clear", mmu_update_32 },
	{ "update_va_mapping_set_and_clear", update_va_mapping },
	{ "mmuext_op_invlpg_local", invlpg },
	{ "mmuext_op_tlb_flush_local", tlb_flush },
	{ "mmuext_op_pin_and_unpin_l1", pin_unpin },
	{ "mmuext_op_clear_page", clear_page },
	{ "multicall_of_8_xen_version", multicall_8 },
	{ "memory_op_maximum_ram_page", max_ram_page },
	{ "memory_op_increase_and_decrease", balloon },
};

/* Tables must not be writable anywhere: the new one gets a read-only view. */
static void make_table(void)
{
	pte_t *table = page_alloc();

	memset(table, 0, PAGE_SIZE);
	table_mfn = virt_to_mfn(table);
	must("read-only", hc_update_va_mapping((unsigned long)table,
		pte_make(table_mfn, PTE_KERNEL & ~PTE_RW), UVMF_INVLPG));
}

int main(void)
{
	port = event_bind_ipi(0);
	entry = pte_reach(kernel_root, TEST_VA, 1);
	page_mfn = virt_to_mfn(page_alloc());
	pte = pte_make(page_mfn, PTE_USER);
	make_table();
	for (unsigned int i = 0; i < ARRAY_SIZE(list); i++) {
		list[i].op = __HYPERVISOR_xen_version;
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(calls); i++) {
		calls[i].fn();
		MARK_BEGIN();
		for (unsigned int n = 0; n < OPS; n++) {
			calls[i].fn();
		}
		MARK_END();
		printk("bench %s %d 0\n", calls[i].name, OPS);
	}
	printk("bench done\n");
	return SHUTDOWN_reboot;
}
