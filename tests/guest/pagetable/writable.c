/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Writable page tables: a plain store to an entry of an L1 table, mapped
 * read-only, is carried out by the hypervisor as if it were mmu_update. It
 * must be aligned and inside one entry; what mmu_update would refuse is a page
 * fault of the guest, and so is each such store to a table of a higher level
 * or from user mode.
 *
 * From <xen/xen.h>, VMASST_TYPE_writable_pagetables.
 */
#include "common/snippet.h"

SNIPPET(w_mov8, "mov %rsi, (%rdi)");
SNIPPET(w_mov4, "mov %esi, (%rdi)");
SNIPPET(w_xchg, "mov %rsi, %rax\n xchg %rax, (%rdi)");
SNIPPET(w_cmpxchg, "mov (%rdi), %rax\n lock cmpxchg %rsi, (%rdi)");
SNIPPET(w_or, "or %rsi, (%rdi)");
SNIPPET(w_and, "and %rsi, (%rdi)");
SNIPPET(w_bts, "lock btsq $1, (%rdi)");
SNIPPET(w_btr, "lock btrq $1, (%rdi)");

static pte_t *l1;
static void *page;

static void begin(void)
{
	page = page_alloc();
	CHECK_EQ(map_page(kernel_root, TEST_VA,
			  pte_make(virt_to_mfn(page), PTE_USER)), 0);
	l1 = pte_find(kernel_root, TEST_VA, 1);
}

static void end(void)
{
	hc_vm_assist(VMASST_CMD_disable, VMASST_TYPE_writable_pagetables);
	unmap_test_va(TEST_VA);
	page_free(page);
}

/* The assist is an old wish: 4.17 grants it whether it is made or not. */
TEST(writable_assist_off, 0)
{
	const struct sighting *seen;

	begin();
	CHECK_EQ(hc_vm_assist(VMASST_CMD_disable,
			      VMASST_TYPE_writable_pagetables), 0);
	seen = kernel_watch2(w_mov8, (unsigned long)&l1[1], 0x1230);
	CHECK_EQ(seen->vector, -1);
	CHECK_EQ(l1[1], 0x1230);
	end();
}

TEST(writable_on, 0)
{
	pte_t rw, ro;

	begin();
	rw = pte_make(virt_to_mfn(page), PTE_USER);
	ro = rw & ~PTE_RW;
	CHECK_EQ(hc_vm_assist(VMASST_CMD_enable,
			      VMASST_TYPE_writable_pagetables), 0);
	{
		const struct {
			const char *name;
			snippet_fn fn;
			pte_t before, operand, after;
		} cases[] = {
			{ "mov of 8 bytes", w_mov8, 0, rw, rw },
			{ "mov of 8 bytes, to nothing", w_mov8, rw, 0, 0 },
			{ "mov of 8 bytes, not present", w_mov8, rw,
			  0x123456789abcde, 0x123456789abcde },
			{ "mov of 4 bytes", w_mov4, rw, ro & 0xffffffff, ro },
			{ "xchg", w_xchg, rw, ro, ro },
			{ "cmpxchg", w_cmpxchg, rw, 0, 0 },
			{ "or", w_or, ro, PTE_RW, rw },
			{ "and", w_and, rw, ~PTE_RW, ro },
			{ "bts", w_bts, ro, 0, rw },
			{ "btr", w_btr, rw, 0, ro },
		};

		for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
			const struct sighting *seen;

			test_case("%s", cases[i].name);
			pte_write(&l1[5], cases[i].before);
			seen = kernel_watch2(cases[i].fn,
					     (unsigned long)&l1[5],
					     cases[i].operand);
			CHECK_EQ(seen->vector, -1);
			CHECK_EQ(l1[5] & ~PTE_G, cases[i].after & ~PTE_G);
		}
		test_case("xchg gives the old entry");
		pte_write(&l1[5], 0x5550);
		kernel_watch2(w_xchg, (unsigned long)&l1[5], 0x6660);
		CHECK_EQ(snippet_result(), 0x5550);
	}
	pte_write(&l1[5], 0);
	end();
}

TEST(writable_refusals, 0)
{
	pte_t rw;

	begin();
	rw = pte_make(virt_to_mfn(page), PTE_USER);
	CHECK_EQ(hc_vm_assist(VMASST_CMD_enable,
			      VMASST_TYPE_writable_pagetables), 0);
	{
		const struct {
			const char *name;
			pte_t *entry;
			pte_t value;
		} cases[] = {
			{ "a page table, writable", &l1[5],
			  pte_make(virt_to_mfn(l1), PTE_USER) },
			{ "the hypervisor's frame", &l1[5],
			  pte_make(hypervisor_mfn(), PTE_USER) },
			{ "a wild frame", &l1[5],
			  pte_make(0xffffffffUL, PTE_USER) },
			{ "across two entries", (pte_t *)((char *)l1 + 4), rw },
			{ "level 2", pte_find(kernel_root, TEST_VA, 2) + 1, 0 },
			{ "level 3", pte_find(kernel_root, TEST_VA, 3) + 1, 0 },
			{ "level 4", kernel_root + 1, 0 },
		};

		for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
			const struct sighting *seen;

			test_case("%s", cases[i].name);
			seen = kernel_watch2(w_mov8,
					     (unsigned long)cases[i].entry,
					     cases[i].value);
			CHECK_EQ(seen->vector, VEC_PF);
			CHECK_EQ(seen->regs.error, PF_P | PF_W);
			CHECK_EQ(seen->cr2, cases[i].entry);
			CHECK_EQ(l1[5], 0);
		}
	}
	test_case("from user mode");
	CHECK_EQ(user_watch(w_mov8, (unsigned long)&l1[5])->vector, VEC_PF);
	CHECK_EQ(l1[5], 0);
	end();
}

TEST(vm_assist, 0)
{
	test_case("unknown type");
	CHECK_EQ(hc_vm_assist(VMASST_CMD_enable, 31), -XEN_EINVAL);
	CHECK_EQ(hc_vm_assist(VMASST_CMD_enable, 63), -XEN_EINVAL);
	CHECK_EQ(hc_vm_assist(VMASST_CMD_enable, 64), -XEN_EINVAL);
	test_case("unknown command");
	CHECK_EQ(hc_vm_assist(2, VMASST_TYPE_writable_pagetables),
		 -XEN_ENOSYS);
	test_case("known ones");
	CHECK_EQ(hc_vm_assist(VMASST_CMD_enable,
			      VMASST_TYPE_runstate_update_flag), 0);
	CHECK_EQ(hc_vm_assist(VMASST_CMD_disable,
			      VMASST_TYPE_runstate_update_flag), 0);
	CHECK_EQ(hc_vm_assist(VMASST_CMD_enable,
			      VMASST_TYPE_architectural_iopl), 0);
	CHECK_EQ(hc_vm_assist(VMASST_CMD_disable,
			      VMASST_TYPE_architectural_iopl), 0);
	CHECK_EQ(hc_vm_assist(VMASST_CMD_enable, VMASST_TYPE_m2p_strict), 0);
	CHECK_EQ(hc_vm_assist(VMASST_CMD_disable, VMASST_TYPE_m2p_strict), 0);
}
