/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * An LDT of many pages: each is looked at when a selector in it is first used,
 * and is there or is a page fault at its own address; when it is there later,
 * the selector works. A change by update_descriptor is seen by the next load.
 * A page that can be written to, and one with a forbidden descriptor in it, is
 * none. Each vCPU has an LDT of its own. It lies where the kernel's tables say:
 * those of user mode need not have it.
 *
 * From <xen/xen.h>, MMUEXT_SET_LDT and update_descriptor.
 */
#include "common/smp.h"
#include "common/snippet.h"

#define DATA_RW		0x00cff3000000ffffUL
#define DATA_RO		0x00cff1000000ffffUL
#define CODE_64		0x00affb000000ffffUL
#define PER_PAGE	512

SNIPPET(d_es, "mov %edi, %es");
SNIPPET(d_verw, "xor %eax, %eax\n verw %di\n setz %al");

static unsigned int sel(unsigned int entry)
{
	return entry << 3 | 7;
}

static void map(unsigned int n, uint64_t *page, bool writable)
{
	CHECK_EQ(map_page(kernel_root, TEST_VA + n * PAGE_SIZE,
			  pte_make(virt_to_mfn(page), writable ? PTE_USER :
				   PTE_USER & ~PTE_RW)), 0);
}

static void drop_es(void)
{
	asm volatile("mov %0, %%es" : : "r" (0));
}

TEST(ldt_pages, 0)
{
	static const unsigned int entries[] = {
		0, 1, 511, 512, 513, 4095, 7 * 512, 8191,
	};
	uint64_t *page = page_alloc();

	/* One page at every place; each entry of it is a good one. */
	for (unsigned int i = 0; i < PER_PAGE; i++) {
		page[i] = DATA_RW;
	}
	CHECK_EQ(page_set_writable(page, false), 0);
	pte_reach(kernel_root, TEST_VA, 1);
	CHECK_EQ(set_ldt((void *)TEST_VA, 8192), 0);
	for (unsigned int i = 0; i < ARRAY_SIZE(entries); i++) {
		unsigned int n = entries[i] / PER_PAGE;
		const struct sighting *seen;
		unsigned long at = TEST_VA + entries[i] * 8;

		test_case("entry %u, no page", entries[i]);
		if (!(*pte_find(kernel_root, at, 1) & PTE_P)) {
			seen = kernel_watch(d_es, sel(entries[i]));
			CHECK_EQ(seen->vector, VEC_PF);
			CHECK_EQ(seen->cr2, at);
			seen = user_watch(d_es, sel(entries[i]));
			CHECK_EQ(seen->vector, VEC_PF);
			CHECK_EQ(seen->cr2, at);
			map(n, page, false);
		}
		test_case("entry %u", entries[i]);
		CHECK_EQ(kernel_watch(d_es, sel(entries[i]))->vector, -1);
		CHECK_EQ(user_watch(d_es, sel(entries[i]))->vector, -1);
	}
	test_case("shorter now");
	CHECK_EQ(set_ldt((void *)TEST_VA, 513), 0);
	CHECK_EQ(kernel_watch(d_es, sel(512))->vector, -1);
	CHECK_EQ(kernel_watch(d_es, sel(513))->vector, VEC_GP);
	drop_es();
	CHECK_EQ(set_ldt(NULL, 0), 0);
	unmap_test_va(TEST_VA);
	CHECK_EQ(page_set_writable(page, true), 0);
	page_free(page);
}

SNIPPET(d_ud2, "ud2");

TEST(ldt_kernels_own, 0)
{
	uint64_t *page = page_alloc();
	struct regs r = user_regs(d_ud2, 0);
	const struct regs *got;

	page[9] = DATA_RW;
	page[10] = CODE_64;
	CHECK_EQ(page_set_writable(page, false), 0);
	map(0, page, false);
	for (unsigned int i = 0; i < 2; i++) {
		CHECK_EQ(set_ldt((void *)TEST_VA, PER_PAGE), 0);
		test_case("round %u, user mode loads first", i);
		CHECK_EQ(user_watch(d_es, sel(9))->vector, -1);
		test_case("round %u, iret to its code", i);
		CHECK_EQ(set_ldt((void *)TEST_VA, PER_PAGE), 0);
		r.cs = sel(10);
		got = user_run_regs(&r);
		CHECK_EQ(got->vector, VEC_UD);
		CHECK_EQ(got->cs, sel(10));
	}
	drop_es();
	CHECK_EQ(set_ldt(NULL, 0), 0);
	unmap_test_va(TEST_VA);
	CHECK_EQ(page_set_writable(page, true), 0);
	page_free(page);
}

TEST(ldt_update, 0)
{
	uint64_t *page = page_alloc();

	page[9] = DATA_RW;
	CHECK_EQ(page_set_writable(page, false), 0);
	CHECK_EQ(set_ldt(page, PER_PAGE), 0);
	for (unsigned int i = 0; i < 4; i++) {
		kernel_watch(d_verw, sel(9));
		CHECK_EQ(snippet_result(), !(i & 1));
		CHECK_EQ(hc_update_descriptor(virt_to_maddr(&page[9]),
					      i & 1 ? DATA_RW : DATA_RO), 0);
	}
	test_case("a refused one changes nothing");
	CHECK_EQ(hc_update_descriptor(virt_to_maddr(&page[9]),
				      0x0000890000000067), -XEN_EINVAL);
	kernel_watch(d_verw, sel(9));
	CHECK_EQ(snippet_result(), 1);
	test_case("taken away");
	CHECK_EQ(hc_update_descriptor(virt_to_maddr(&page[9]), 0), 0);
	CHECK_EQ(kernel_watch(d_es, sel(9))->vector, VEC_GP);
	CHECK_EQ(set_ldt(NULL, 0), 0);
	CHECK_EQ(page_set_writable(page, true), 0);
	page_free(page);
}

TEST(ldt_bad_pages, 0)
{
	uint64_t *page = page_alloc(), *tables = page_alloc();
	const struct sighting *seen;

	page[9] = DATA_RW;
	test_case("a page that can be written to");
	map(0, page, true);
	CHECK_EQ(set_ldt((void *)TEST_VA, PER_PAGE), 0);
	seen = kernel_watch(d_es, sel(9));
	CHECK_EQ(seen->vector, VEC_PF);
	CHECK_EQ(seen->cr2, TEST_VA + 9 * 8);
	test_case("a page table");
	CHECK_EQ(page_set_writable(tables, false), 0);
	CHECK_EQ(mmuext(MMUEXT_PIN_L1_TABLE, virt_to_mfn(tables)), 0);
	map(1, tables, false);
	CHECK_EQ(set_ldt((void *)(TEST_VA + PAGE_SIZE),
			 PER_PAGE), 0);
	CHECK_EQ(kernel_watch(d_es, sel(9))->vector, VEC_PF);
	CHECK_EQ(mmuext(MMUEXT_UNPIN_TABLE, virt_to_mfn(tables)), 0);
	CHECK_EQ(set_ldt(NULL, 0), 0);
	unmap_test_va(TEST_VA);
	CHECK_EQ(page_set_writable(tables, true), 0);
	for (uint64_t type = 1; type < 16; type++) {
		test_case("system descriptor %lx", type);
		page[300] = 0x800000000067UL | type << 40;
		if (type == 12) {
			continue;	/* see gdt_every_descriptor */
		}
		CHECK_EQ(page_set_writable(page, false), 0);
		CHECK_EQ(set_ldt(page, PER_PAGE), 0);
		seen = kernel_watch(d_es, sel(9));
		CHECK_EQ(seen->vector, VEC_PF);
		CHECK_EQ(seen->cr2, &page[9]);
		CHECK_EQ(set_ldt(NULL, 0), 0);
		CHECK_EQ(page_set_writable(page, true), 0);
	}
	page_free(page);
	page_free(tables);
}

static volatile unsigned int other_has, other_has_not;

/* Without a fault: the hook of kernel_watch is for all vCPUs. */
static void ask_on_other(void *arg)
{
	(void)arg;
	if (d_verw(sel(9))) {
		other_has++;
	} else {
		other_has_not++;
	}
}

TEST(ldt_other_vcpu, 0)
{
	uint64_t *page = page_alloc();

	page[9] = DATA_RW;
	need_two_vcpus();
	CHECK_EQ(page_set_writable(page, false), 0);
	CHECK_EQ(set_ldt(page, PER_PAGE), 0);
	other_has = other_has_not = 0;
	other_begin(ask_on_other, NULL);
	for (unsigned int i = 0; i < 20; i++) {
		CHECK_EQ(kernel_watch(d_es, sel(9))->vector, -1);
		hc_sched_op(SCHEDOP_yield, NULL);
	}
	other_end();
	CHECK_EQ(other_has, 0);
	CHECK(other_has_not > 0);
	drop_es();
	CHECK_EQ(set_ldt(NULL, 0), 0);
	CHECK_EQ(page_set_writable(page, true), 0);
	page_free(page);
}
