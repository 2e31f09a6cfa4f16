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
#include "common/audit.h"
#include "common/snippet.h"

SNIPPET(w_mov8, "mov %rsi, (%rdi)");
SNIPPET(w_mov4, "mov %esi, (%rdi)");
SNIPPET(w_xchg, "mov %rsi, %rax\n xchg %rax, (%rdi)");
SNIPPET(w_cmpxchg, "mov (%rdi), %rax\n lock cmpxchg %rsi, (%rdi)");
SNIPPET(w_or, "or %rsi, (%rdi)");
SNIPPET(w_and, "and %rsi, (%rdi)");
SNIPPET(w_bts, "lock btsq $1, (%rdi)");
SNIPPET(w_btr, "lock btrq $1, (%rdi)");


/* Stores of every width, by every kind of instruction that stores. */
SNIPPET(w_mov1, "mov %sil, (%rdi)");
SNIPPET(w_mov2, "mov %si, (%rdi)");
SNIPPET(w_mov2_at2, "mov %si, 2(%rdi)");
SNIPPET(w_mov1_at7, "mov %sil, 7(%rdi)");
SNIPPET(w_mov4_at4, "mov %esi, 4(%rdi)");
SNIPPET(w_movi8, "movq $0x1230, (%rdi)");
SNIPPET(w_movi4, "movl $0x1230, (%rdi)");
SNIPPET(w_xchg4, "mov %esi, %eax\n xchg %eax, (%rdi)");
SNIPPET(w_cmpxchg4, "mov (%rdi), %eax\n lock cmpxchg %esi, (%rdi)");
SNIPPET(w_cmpxchg_fails, "mov (%rdi), %rax\n inc %rax\n"
	"lock cmpxchg %rsi, (%rdi)\n setnz %al\n movzbl %al, %eax");
SNIPPET(w_add, "add %rsi, (%rdi)");
SNIPPET(w_sub, "sub %rsi, (%rdi)");
SNIPPET(w_xor, "xor %rsi, (%rdi)");
SNIPPET(w_ori, "orq $2, (%rdi)");
SNIPPET(w_andi, "andq $-3, (%rdi)");
SNIPPET(w_orb, "lock orb $2, (%rdi)");
SNIPPET(w_andb, "lock andb $0xfd, (%rdi)");
SNIPPET(w_btc, "lock btcq $1, (%rdi)");
SNIPPET(w_inc, "incb 1(%rdi)");
SNIPPET(w_dec, "decb 1(%rdi)");
SNIPPET(w_not, "notb 1(%rdi)");
SNIPPET(w_neg, "negq (%rdi)");
SNIPPET(w_xadd, "mov %rsi, %rax\n lock xadd %rax, (%rdi)");
SNIPPET(w_movnti, "movnti %rsi, (%rdi)");
SNIPPET(w_stos, "mov %rsi, %rax\n stosq");
SNIPPET(w_high_base, "mov %rdi, %r13\n mov %rsi, %r14\n mov %r14, (%r13)");
SNIPPET(w_indexed, "mov $3, %ecx\n mov %rsi, -24(%rdi,%rcx,8)");

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

/* Entries that are not present, so that any bits may be in them. */
TEST(writable_forms, 0)
{
	static const struct {
		const char *name;
		snippet_fn fn;
		pte_t before, operand, after;
	} cases[] = {
		{ "mov of 1 byte", w_mov1, 0x1122334455667700, 0x10,
		  0x1122334455667710 },
		{ "mov of 2 bytes", w_mov2, 0x1122334455660000, 0x7730,
		  0x1122334455667730 },
		{ "mov of bytes 2 and 3", w_mov2_at2, 0x1122334400000000,
		  0x5566, 0x1122334455660000 },
		{ "mov of the last byte", w_mov1_at7, 0x22334455667700, 0x11,
		  0x1122334455667700 },
		{ "mov of the high half", w_mov4_at4, 0x55667700, 0x11223344,
		  0x1122334455667700 },
		{ "mov of an immediate, 8 bytes", w_movi8, 0x1122334455667700,
		  0, 0x1230 },
		{ "mov of an immediate, 4 bytes", w_movi4, 0x1122334455667700,
		  0, 0x1122334400001230 },
		{ "xchg of 4 bytes", w_xchg4, 0x1122334455667700, 0x8880,
		  0x1122334400008880 },
		{ "cmpxchg of 4 bytes", w_cmpxchg4, 0x1122334455667700, 0x8880,
		  0x1122334400008880 },
		{ "cmpxchg that does not match", w_cmpxchg_fails, 0x5550,
		  0x8880, 0x5550 },
		{ "add", w_add, 0x5550, 0x1110, 0x6660 },
		{ "sub", w_sub, 0x5550, 0x1110, 0x4440 },
		{ "xor", w_xor, 0x5550, 0x1110, 0x4440 },
		{ "or of an immediate", w_ori, 0x5550, 0, 0x5552 },
		{ "and of an immediate", w_andi, 0x5552, 0, 0x5550 },
		{ "or of a byte, locked", w_orb, 0x5550, 0, 0x5552 },
		{ "and of a byte, locked", w_andb, 0x5552, 0, 0x5550 },
		{ "btc", w_btc, 0x5550, 0, 0x5552 },
		{ "movnti", w_movnti, 0x5550, 0x1110, 0x1110 },
		{ "r13 and r14", w_high_base, 0x5550, 0x1110, 0x1110 },
		{ "an index", w_indexed, 0x5550, 0x1110, 0x1110 },
	};

	begin();
	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct sighting *seen;

		test_case("%s", cases[i].name);
		CHECK_EQ(pte_write(&l1[5], cases[i].before), 0);
		seen = kernel_watch2(cases[i].fn, (unsigned long)&l1[5],
				     cases[i].operand);
		CHECK_EQ(seen->vector, -1);
		CHECK_EQ(l1[5], cases[i].after);
		CHECK_EQ(l1[4], 0);
		CHECK_EQ(l1[6], 0);
	}
	test_case("a cmpxchg that does not match says so");
	kernel_watch2(w_cmpxchg_fails, (unsigned long)&l1[5], 0x10);
	CHECK_EQ(snippet_result(), 1);
	pte_write(&l1[5], 0);
	end();
}

/*
 * Differs from Xen 4.17: inc, dec, not, neg, xadd and stos to a page table stay
 * the guest's page fault, and nothing is stored; kernels write entries by the
 * instructions of writable_forms.
 */
TEST(writable_unknown_forms, 0)
{
	static const struct {
		const char *name;
		snippet_fn fn;
		pte_t after;		/* on Xen */
	} cases[] = {
		{ "inc", w_inc, 0x5650 }, { "dec", w_dec, 0x5450 },
		{ "not", w_not, 0xaa50 }, { "neg", w_neg, -0x5550UL },
		{ "xadd", w_xadd, 0x6660 }, { "stos", w_stos, 0x1110 },
	};

	begin();
	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct sighting *seen;
		bool done;

		test_case("%s", cases[i].name);
		CHECK_EQ(pte_write(&l1[5], 0x5550), 0);
		seen = kernel_watch2(cases[i].fn, (unsigned long)&l1[5],
				     0x1110);
		done = seen->vector == -1;
		CHECK(done != on_paravane(), "%d", seen->vector);
		CHECK_EQ(l1[5], done ? cases[i].after : 0x5550);
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
