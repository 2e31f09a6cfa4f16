/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * A flush reaches the vCPUs that it names before it returns, and only a flush
 * does: the others read on through a mapping that is changed or removed, each
 * on a CPU with a TLB of its own, until one comes. Each kind of flush, by
 * mmuext_op and with update_va_mapping; each mask of four vCPUs.
 *
 * From <xen/xen.h>, "MMU EXTENDED OPERATIONS" and UVMF_*.
 */
#include "common/smp.h"

#define NOTHING		'-'	/* read where no page is */

static unsigned int vcpus;

/* What each vCPU read last. */
static volatile char value_of[MAX_VCPUS];

static void reader(unsigned int id)
{
	char value = NOTHING;

	asm volatile(MAY_FAULT("movb (%1), %0")
		     : "+q" (value) : "r" (TEST_VA) : "memory");
	if (value == NOTHING) {
		fault_take();
	}
	value_of[id] = value;
}

static void all_read(void)
{
	reader(0);
	others_round();
}

static char *page_a, *page_b;

static void begin(void)
{
	need_two_vcpus();
	page_a = page_alloc();
	page_b = page_alloc();
	page_a[0] = 'a';
	page_b[0] = 'b';
	CHECK_EQ(map_page(kernel_root, TEST_VA,
			  pte_make(virt_to_mfn(page_a), PTE_USER)), 0);
	vcpus = others_begin(reader);
}

static void end(void)
{
	others_end();
	unmap_test_va(TEST_VA);
	page_free(page_a);
	page_free(page_b);
}

static void set(pte_t pte, unsigned long flush)
{
	CHECK_EQ(hc_update_va_mapping(TEST_VA, pte, flush), 0);
}

static pte_t change_to(bool removed)
{
	return removed ? 0 : pte_make(virt_to_mfn(page_b), PTE_USER);
}

/* All read page a. */
static void restore(void)
{
	set(pte_make(virt_to_mfn(page_a), PTE_USER),
	    UVMF_TLB_FLUSH | UVMF_ALL);
	all_read();
	for (unsigned int id = 0; id < vcpus; id++) {
		CHECK_EQ(value_of[id], 'a');
	}
}

/* Those of the mask have the change; how many of the others have it not? */
static unsigned int check_mask(uint64_t mask, bool removed)
{
	unsigned int stale = 0;

	all_read();
	for (unsigned int id = 0; id < vcpus; id++) {
		char want = removed ? NOTHING : 'b', got = value_of[id];

		if (mask >> id & 1) {
			CHECK(got == want, "vCPU %u reads %c", id, got);
		} else {
			CHECK(got == want || got == 'a', "vCPU %u reads %c",
			      id, got);
			stale += got == 'a';
		}
	}
	return stale;
}

/* Without a flush the old page may be read on; how many do that? */
static unsigned int change_unflushed(bool removed)
{
	set(change_to(removed), UVMF_NONE);
	return check_mask(0, removed);
}

static const uint64_t masks[] = { 0, 2, 9, 12, ~0UL };

/* What a flush without a mask stands for. */
#define LOCAL	1UL
#define ALL	~0UL

TEST(tlb_flush_mmuext, FOUR_CPUS)
{
	static const struct {
		const char *name;
		unsigned int cmd;
		uint64_t reaches;	/* 0: as the mask says */
	} flushes[] = {
		{ "TLB_FLUSH_LOCAL", MMUEXT_TLB_FLUSH_LOCAL, LOCAL },
		{ "INVLPG_LOCAL", MMUEXT_INVLPG_LOCAL, LOCAL },
		{ "TLB_FLUSH_MULTI", MMUEXT_TLB_FLUSH_MULTI, 0 },
		{ "INVLPG_MULTI", MMUEXT_INVLPG_MULTI, 0 },
		{ "TLB_FLUSH_ALL", MMUEXT_TLB_FLUSH_ALL, ALL },
		{ "INVLPG_ALL", MMUEXT_INVLPG_ALL, ALL },
	};
	unsigned int before = 0, behind = 0;

	begin();
	for (unsigned int k = 0; k < ARRAY_SIZE(flushes); k++) {
		uint64_t reaches = flushes[k].reaches;
		unsigned int n = reaches ? 2 : ARRAY_SIZE(masks);

		printk("STEP %u\n", k);
		for (unsigned int i = 0; i < n; i++) {
			bool removed = (i + k) & 1;
			struct mmuext_op op = {
				.cmd = flushes[k].cmd,
				.arg1.linear_addr = TEST_VA,
			};

			test_case("%s, %s, mask %lx", flushes[k].name,
				  removed ? "removed" : "changed", masks[i]);
			restore();
			before += change_unflushed(removed);
			set_xen_guest_handle(op.arg2.vcpumask, &masks[i]);
			CHECK_EQ(hc_mmuext_op(&op, 1, NULL, DOMID_SELF), 0);
			behind += check_mask(reaches ? reaches : masks[i],
					     removed);
		}
	}
	test_case("vCPUs that no flush has reached");
	CHECK(before > 0, "the machine keeps no stale entry");
	CHECK(behind > 0, "each flush is one of all");
	end();
}

TEST(tlb_flush_update_va, FOUR_CPUS)
{
	static const struct {
		const char *name;
		unsigned long flags;
		uint64_t reaches;
	} flushes[] = {
		{ "TLB_FLUSH, local", UVMF_TLB_FLUSH | UVMF_LOCAL, LOCAL },
		{ "INVLPG, local", UVMF_INVLPG | UVMF_LOCAL, LOCAL },
		{ "TLB_FLUSH, multi", UVMF_TLB_FLUSH | UVMF_MULTI, 0 },
		{ "INVLPG, multi", UVMF_INVLPG | UVMF_MULTI, 0 },
		{ "TLB_FLUSH, all", UVMF_TLB_FLUSH | UVMF_ALL, ALL },
		{ "INVLPG, all", UVMF_INVLPG | UVMF_ALL, ALL },
	};
	static uint64_t mask __attribute__((aligned(64)));
	unsigned int behind = 0;

	begin();
	for (unsigned int k = 0; k < ARRAY_SIZE(flushes); k++) {
		uint64_t reaches = flushes[k].reaches;
		unsigned int n = reaches ? 2 : ARRAY_SIZE(masks);

		printk("STEP %u\n", k);
		for (unsigned int i = 0; i < n; i++) {
			bool removed = (i + k) & 1;

			mask = masks[i];
			test_case("%s, %s, mask %lx", flushes[k].name,
				  removed ? "removed" : "changed", mask);
			restore();
			set(change_to(removed), flushes[k].flags |
			    (reaches ? 0 : (unsigned long)&mask));
			behind += check_mask(reaches ? reaches : mask,
					     removed);
		}
	}
	test_case("vCPUs that no flush has reached");
	CHECK(behind > 0, "each flush is one of all");
	end();
}
