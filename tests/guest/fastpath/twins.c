/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Calls that a hypervisor may have a short path for, in their usual form, give
 * what the same calls give in a form that is not usual: in a list, with more
 * to report, from a multicall. And an entry of a page table is changed to the
 * same value, or refused, whichever way it is asked for. Random input, right
 * and wrong.
 *
 * From <xen/xen.h>: mmu_update, mmuext_op, update_va_mapping; and
 * <xen/arch-x86/xen-x86_64.h>: set_segment_base.
 */
#include "common/snippet.h"

#define ROUNDS	600

static uint64_t seed = 7;

static uint64_t random64(void)
{
	seed = seed * 6364136223846793005UL + 1442695040888963407UL;
	return seed ^ seed >> 29;
}

static long by_multicall(unsigned int nr, uint64_t a1, uint64_t a2,
			 uint64_t a3, uint64_t a4)
{
	struct multicall_entry call = {
		.op = nr, .args = { a1, a2, a3, a4 },
	};

	CHECK_EQ(hc_multicall(&call, 1), 0);
	return (long)call.result;
}

/* ---- one entry of an L1 table ---- */

enum way {
	ALONE_CALL, SECOND_OF_TWO, WITH_DONE, MULTICALL,
	BY_VA, STORE, STORE_FAR, EXCHANGE, COMPARE, WAYS,
};

#define FIRST	8		/* entries from here on, one for each way */
#define SPARE	40		/* stays empty */

static pte_t *l1;

static bool store_works(enum way way, pte_t *at, pte_t old, pte_t new)
{
	struct fault f;

	switch (way) {
	case STORE:
		TRY(f, "mov %1, (%0)", : : "r" (at), "r" (new) : "memory");
		break;
	case STORE_FAR:
		TRY(f, "mov %1, 0x1000(%0)",
		    : : "r" ((uint64_t)at - 0x1000), "r" (new) : "memory");
		break;
	case EXCHANGE:
		TRY(f, "xchg %0, 8(%1)",
		    : "+r" (new) : "r" (at - 1) : "memory");
		if (f.vector == -1) {
			CHECK_EQ(new, old);
		}
		break;
	default:
		TRY(f, "lock cmpxchg %2, (%1)",
		    : "+a" (old) : "r" (at), "r" (new) : "memory");
	}
	return f.vector == -1;
}

/* What mmu_update said, or 0 and -1 for done and refused. */
static long change(enum way way, unsigned int cmd, pte_t old, pte_t new)
{
	pte_t *at = &l1[FIRST + way];
	struct mmu_update r[2] = {
		{ .ptr = virt_to_maddr(&l1[SPARE]) },
		{ .ptr = virt_to_maddr(at) | cmd, .val = new },
	};
	unsigned int done = 99;
	long err;

	switch (way) {
	case ALONE_CALL:
		return hc_mmu_update(&r[1], 1, NULL, DOMID_SELF);
	case SECOND_OF_TWO:
		return hc_mmu_update(r, 2, NULL, DOMID_SELF);
	case WITH_DONE:
		err = hc_mmu_update(&r[1], 1, &done, DOMID_SELF);
		CHECK_EQ(done, !err);
		return err;
	case MULTICALL:
		return by_multicall(__HYPERVISOR_mmu_update,
				    (uint64_t)&r[1], 1, 0, DOMID_SELF);
	case BY_VA:
		return hc_update_va_mapping(TEST_VA + (FIRST + BY_VA) *
					    PAGE_SIZE, new, 0) ? -1 : 0;
	default:
		return store_works(way, at, old, new) ? 0 : -1;
	}
}

static pte_t random_entry(const unsigned long *frames, unsigned int n)
{
	uint64_t bits = random64();
	pte_t pte = pte_make(frames[random64() % n], bits & 0xfff);

	switch (random64() % 8) {
	case 0:
		return random64() & ~1UL;	/* not present: anything goes */
	case 1:
		return pte | (bits & 0xfff0000000000000);
	case 2:
		return pte | PTE_USER | (bits & PTE_NX);
	default:
		/* As a kernel would. */
		return (pte & ~0xf98UL) | PTE_P | (bits & PTE_NX);
	}
}

TEST(fastpath_entries, 0)
{
	const unsigned long frames[] = {
		virt_to_mfn(page_alloc()), virt_to_mfn(page_alloc()),
		hypervisor_mfn(), 1UL << 27,
		virt_to_mfn(l1 = (pte_t *)((unsigned long)
			    pte_reach(kernel_root, TEST_VA, 1) & PAGE_MASK)),
	};
	unsigned int done = 0, refused = 0;

	for (unsigned int i = 0; i < ROUNDS; i++) {
		unsigned int cmd = random64() % 2 ? 0 : random64() % 8;
		pte_t old = i % 4 ? random_entry(frames, 2) : 0;
		pte_t new = random_entry(frames, ARRAY_SIZE(frames));
		enum way end = cmd ? BY_VA : WAYS;
		long first = 0;

		if (cmd == MMU_MACHPHYS_UPDATE) {
			continue;
		}
		for (enum way way = 0; way < end; way++) {
			if (pte_write(&l1[FIRST + way], old)) {
				old = 0;
				(void)pte_write(&l1[FIRST + way], 0);
			}
		}
		old = l1[FIRST];
		test_case("%u: %lx to %lx, command %u", i, old, new, cmd);
		for (enum way way = 0; way < end; way++) {
			long err = change(way, cmd, old, new);

			if (way == ALONE_CALL) {
				first = err;
				*(err ? &refused : &done) += 1;
			}
			CHECK_EQ(err, way < BY_VA || !first ? first : -1);
			CHECK_EQ(l1[FIRST + way], l1[FIRST]);
			if (err) {
				CHECK_EQ(l1[FIRST + way], old);
			}
		}
	}
	test_case("both happened");
	CHECK(done > ROUNDS / 4 && refused > ROUNDS / 8, "%u done, %u refused",
	      done, refused);
	for (enum way way = 0; way < WAYS; way++) {
		CHECK_EQ(pte_write(&l1[FIRST + way], 0), 0);
	}
	page_free(mfn_to_virt(frames[0]));
	page_free(mfn_to_virt(frames[1]));
	unmap_test_va(TEST_VA);
}

/* ---- what a task switch and a fault ask of mmuext_op ---- */

#define MAX_OPS	4

static struct mmuext_op random_op(void)
{
	static const unsigned int cmds[] = {
		MMUEXT_NEW_BASEPTR, MMUEXT_NEW_USER_BASEPTR,
		MMUEXT_INVLPG_LOCAL, MMUEXT_TLB_FLUSH_LOCAL, 99,
	};
	struct mmuext_op op = {
		.cmd = cmds[random64() % (random64() % 8 ? 4 : 5)],
	};
	unsigned long right = virt_to_mfn(op.cmd == MMUEXT_NEW_BASEPTR ?
					  kernel_root : user_root());
	const unsigned long mfns[] = {
		right, right, right, right, right, right, right,
		virt_to_mfn(&seed), 1UL << 40,
	};

	if (op.cmd <= MMUEXT_NEW_USER_BASEPTR) {
		op.arg1.mfn = mfns[random64() % ARRAY_SIZE(mfns)];
	} else {
		op.arg1.linear_addr = random64() >> random64() % 40;
	}
	return op;
}

TEST(fastpath_mmuext, 0)
{
	struct mmuext_op ops[MAX_OPS + 2];
	unsigned int ok = 0;

	user_root();
	for (unsigned int i = 0; i < ROUNDS; i++) {
		unsigned int n = 1 + random64() % ARRAY_SIZE(ops), done = 99;
		long err;

		for (unsigned int j = 0; j < n; j++) {
			ops[j] = random_op();
		}
		test_case("list %u of %u", i, n);
		err = hc_mmuext_op(ops, n, NULL, DOMID_SELF);
		CHECK_EQ(hc_mmuext_op(ops, n, &done, DOMID_SELF), err);
		CHECK(err ? done < n : done == n, "%u done", done);
		CHECK_EQ(by_multicall(__HYPERVISOR_mmuext_op, (uint64_t)ops, n,
				      0, DOMID_SELF), err);
		ok += !err;
	}
	test_case("both happened");
	CHECK(ok > ROUNDS / 8 && ok < ROUNDS * 7 / 8, "%u ok", ok);
	CHECK_EQ(mmuext(MMUEXT_NEW_USER_BASEPTR, virt_to_mfn(user_root())), 0);
}

/* ---- segment bases, kernel stacks ---- */

static uint64_t read_msr(uint32_t msr)
{
	uint32_t low, high;

	asm volatile("rdmsr" : "=a" (low), "=d" (high) : "c" (msr));
	return low | (uint64_t)high << 32;
}

struct bases {
	long err;
	uint64_t fs, gs, user_gs, user_selector;
};

SNIPPET(t_gs, "mov %gs, %eax");

/*
 * From the same beginning; events are off, and the kernel's own gs is put back
 * before anything can need it.
 */
static struct bases set_base(bool alone, unsigned int which, uint64_t base)
{
	uint64_t mine = read_msr(0xc0000101);
	struct bases b;

	hc_set_segment_base(SEGBASE_FS, 0x1000);
	hc_set_segment_base(SEGBASE_GS_USER_SEL, 0);
	hc_set_segment_base(SEGBASE_GS_USER, 0x2000);
	b.err = alone ? hc_set_segment_base(which, base) :
			by_multicall(__HYPERVISOR_set_segment_base, which,
				     base, 0, 0);
	b.fs = read_msr(0xc0000100);
	b.gs = read_msr(0xc0000101);
	b.user_gs = read_msr(0xc0000102);
	hc_set_segment_base(SEGBASE_GS_KERNEL, mine);
	b.user_selector = user_run(t_gs, 0)->rax;
	return b;
}

TEST(fastpath_segments, 0)
{
	bool were = events_disable();

	for (unsigned int i = 0; i < ROUNDS; i++) {
		unsigned int which = random64() % 5;
		uint64_t base = random64() >> 1 >> random64() % 63;
		struct bases a, b;

		base = random64() % 4 ? base : ~base;
		test_case("register %u, base %lx", which, base);
		a = set_base(true, which, base);
		b = set_base(false, which, base);
		CHECK_EQ(a.err, b.err);
		CHECK_EQ(a.fs, b.fs);
		CHECK_EQ(a.gs, b.gs);
		CHECK_EQ(a.user_gs, b.user_gs);
		CHECK_EQ(a.user_selector, b.user_selector);
	}
	hc_set_segment_base(SEGBASE_GS_USER_SEL, 0);
	if (were) {
		events_enable();
	}
}

static uint64_t stack_seen;

static bool look(struct regs *regs)
{
	if (from_user(regs) && regs->vector != ENTRY_EVENT) {
		stack_seen = (uint64_t)(regs + 1);
	}
	return false;
}

SNIPPET(t_syscall, "syscall");
SNIPPET(t_read, "mov (%rdi), %rax");

TEST(fastpath_stacks, 0)
{
	struct cpu *cpu = this_cpu();
	uint64_t top = (uint64_t)cpu->entry_stack + sizeof(cpu->entry_stack);
	trap_hook_t old = trap_set_hook(look);

	for (unsigned int i = 0; i < ROUNDS / 4; i++) {
		uint64_t ss = random64() % 4 ? random64() : random64() % 4;
		uint64_t sp = top - random64() % 512, seen;
		snippet_fn fn = i % 2 ? t_syscall : t_read;

		test_case("%lx:%lx", ss, sp);
		CHECK_EQ(hc_stack_switch(ss, sp), 0);
		user_run(fn, 16);
		seen = stack_seen;
		CHECK_EQ(seen, sp & ~15UL);
		CHECK_EQ(hc_stack_switch(KERNEL_SS, top), 0);
		CHECK_EQ(by_multicall(__HYPERVISOR_stack_switch, ss, sp, 0, 0),
			 0);
		user_run(fn, 16);
		CHECK_EQ(stack_seen, seen);
	}
	CHECK_EQ(hc_stack_switch(KERNEL_SS, top), 0);
	trap_set_hook(old);
}
