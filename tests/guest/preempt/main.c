/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Long calls are interrupted when an event waits, and go on by themselves
 * behind it: with a timer ticking, each gives the result that it would give
 * without, exactly once for each part.
 *
 * From <xen/xen.h>: batches of mmu_update, mmuext_op, multicall.
 */
#include "common/test.h"

static unsigned int ticks;
static uint64_t began;
static int port;

static void tick(evtchn_port_t p, void *arg)
{
	(void)p;
	(void)arg;
	ticks++;
	clock_set_timer(clock_ns() + 100 * NSEC_PER_USEC);
}

static void begin(void)
{
	port = event_bind_virq(VIRQ_TIMER, 0);
	ticks = 0;
	event_set_handler(port, tick, NULL);
	began = clock_ns();
	clock_set_timer(began + 100 * NSEC_PER_USEC);
	events_enable();
}

/*
 * So many rounds, and then on until a tick has come: an emulated machine's
 * timers are late where its host is busy. Without one for so long, end() tells.
 */
static bool goes_on(unsigned int round, unsigned int rounds)
{
	return round < rounds ||
	       (!READ_ONCE(ticks) && clock_ns() < began + 5 * NSEC_PER_SEC);
}

static void end(void)
{
	events_disable();
	clock_set_timer(0);
	event_close(port);
	CHECK(ticks > 0);
}

#define N	4096

TEST(preempt_multicall, 0)
{
	static struct multicall_entry calls[N];
	unsigned int wrong = 0;

	begin();
	for (unsigned int round = 0; goes_on(round, 5); round++) {
		for (unsigned int i = 0; i < N; i++) {
			calls[i] = (struct multicall_entry) {
				.op = __HYPERVISOR_xen_version,
				.args = { i % 3 ? XENVER_version : 999 },
				.result = 0x5555,
			};
		}
		CHECK_EQ(hc_multicall(calls, N), 0);
		for (unsigned int i = 0; i < N; i++) {
			wrong += (long)calls[i].result !=
				 (i % 3 ? 4 << 16 | 17 : -XEN_ENOSYS);
		}
	}
	CHECK_EQ(wrong, 0);
	end();
}

TEST(preempt_mmu_update, 0)
{
	static struct mmu_update req[N];
	pte_t *tables[8];
	void *page = page_alloc();
	unsigned int done, wrong = 0;

	for (unsigned int t = 0; t < 8; t++) {
		tables[t] = table_alloc();
		CHECK_EQ(mmuext(MMUEXT_PIN_L1_TABLE, virt_to_mfn(tables[t])),
			 0);
	}
	begin();
	for (unsigned int round = 0; goes_on(round, 6); round++) {
		pte_t value = round & 1 ? 0 : pte_make(virt_to_mfn(page),
						       PTE_USER);

		for (unsigned int i = 0; i < N; i++) {
			/* From table to table, or through one after another. */
			unsigned int t = round < 3 ? i % 8 : i / 512;
			unsigned int e = round < 3 ? i / 8 : i % 512;

			req[i].ptr = virt_to_maddr(&tables[t][e]);
			req[i].val = value;
		}
		done = 0;
		CHECK_EQ(hc_mmu_update(req, N, &done, DOMID_SELF), 0);
		CHECK_EQ(done, N);
		for (unsigned int i = 0; i < N; i++) {
			wrong += (tables[i / 512][i % 512] & PTE_P) !=
				 (value & PTE_P);
		}
	}
	CHECK_EQ(wrong, 0);
	test_case("a wrong one late in the batch");
	req[N - 2].ptr = hypervisor_mfn() << PAGE_SHIFT;
	CHECK_EQ(hc_mmu_update(req, N, &done, DOMID_SELF), -XEN_EINVAL);
	CHECK_EQ(done, N - 2);
	end();
	for (unsigned int t = 0; t < 8; t++) {
		CHECK_EQ(mmuext(MMUEXT_UNPIN_TABLE, virt_to_mfn(tables[t])),
			 0);
		table_free(tables[t]);
	}
	page_free(page);
}

TEST(preempt_mmuext, 0)
{
	static struct mmuext_op ops[N];
	unsigned int done = 0;

	begin();
	for (unsigned int i = 0; i < N; i++) {
		ops[i].cmd = MMUEXT_INVLPG_LOCAL;
		ops[i].arg1.linear_addr = TEST_VA + i * PAGE_SIZE;
	}
	for (unsigned int round = 0; goes_on(round, 5); round++) {
		CHECK_EQ(hc_mmuext_op(ops, N, &done, DOMID_SELF), 0);
		CHECK_EQ(done, N);
	}
	end();
}

enum { TABLES = 64 };

/* A tree of tables that nobody uses yet, with TABLES full ones below. */
struct tree {
	pte_t *l1[TABLES], *l2, *l3, *l4;
	void *page;
};

static void tree_make(struct tree *t)
{
	t->page = page_alloc();
	t->l2 = page_alloc();
	for (unsigned int n = 0; n < TABLES; n++) {
		t->l1[n] = page_alloc();
		for (unsigned int i = 0; i < 512; i++) {
			t->l1[n][i] = pte_make(virt_to_mfn(t->page), PTE_USER);
		}
		page_set_writable(t->l1[n], false);
		t->l2[n * 7 % 512] = pte_make(virt_to_mfn(t->l1[n]), PTE_TABLE);
	}
	page_set_writable(t->l2, false);
	t->l3 = table_alloc_filled(pte_make(virt_to_mfn(t->l2), PTE_TABLE), 5);
	t->l4 = table_alloc_filled(pte_make(virt_to_mfn(t->l3), PTE_TABLE), 7);
}

static void tree_free(struct tree *t)
{
	for (unsigned int n = 0; n < TABLES; n++) {
		table_free(t->l1[n]);
	}
	table_free(t->l2);
	table_free(t->l3);
	table_free(t->l4);
	page_free(t->page);
}

/* A large tree validated and given up under ticks, again and again. */
TEST(preempt_pin_tree, 0)
{
	static struct tree t;

	tree_make(&t);
	begin();
	for (unsigned int round = 0; goes_on(round, 20); round++) {
		pte_t *l1 = t.l1[round % TABLES];

		CHECK_EQ(mmuext(MMUEXT_PIN_L4_TABLE, virt_to_mfn(t.l4)), 0);
		CHECK_EQ(page_set_writable(l1, true), -XEN_EBUSY);
		CHECK_EQ(mmuext(MMUEXT_UNPIN_TABLE, virt_to_mfn(t.l4)), 0);
		CHECK_EQ(page_set_writable(l1, true), 0);
		CHECK_EQ(page_set_writable(l1, false), 0);
	}
	end();
	tree_free(&t);
}

/* The same with a bad entry behind the good ones: all of them come back. */
TEST(preempt_bad_tree, 0)
{
	static struct tree t;

	tree_make(&t);
	CHECK_EQ(page_set_writable(t.l2, true), 0);
	t.l2[511] = pte_make(virt_to_mfn(t.page), PTE_TABLE | PTE_PSE);
	CHECK_EQ(page_set_writable(t.l2, false), 0);
	begin();
	for (unsigned int round = 0; goes_on(round, 20); round++) {
		pte_t *l1 = t.l1[round % TABLES];

		CHECK_EQ(mmuext(MMUEXT_PIN_L4_TABLE, virt_to_mfn(t.l4)),
			 -XEN_EINVAL);
		CHECK_EQ(page_set_writable(l1, true), 0);
		CHECK_EQ(page_set_writable(l1, false), 0);
		CHECK_EQ(page_set_writable(t.l3, true), 0);
		CHECK_EQ(page_set_writable(t.l3, false), 0);
	}
	end();
	tree_free(&t);
}

/* A tree as our own root, by mov to cr3: taken, and given up, whole. */
TEST(preempt_cr3, 0)
{
	static struct tree t;
	struct fault f;

	tree_make(&t);
	CHECK_EQ(page_set_writable(t.l4, true), 0);
	for (unsigned int i = 0; i < 512; i++) {
		if (i < 256 || i > 271) {
			t.l4[i] = t.l4[i] ? t.l4[i] : kernel_root[i];
		}
	}
	CHECK_EQ(page_set_writable(t.l4, false), 0);
	begin();
	for (unsigned int round = 0; goes_on(round, 40); round++) {
		TRY(f, "mov %0, %%cr3", : : "r" (virt_to_maddr(t.l4)));
		CHECK_EQ(f.vector, -1);
		TRY(f, "mov %0, %%cr3", : : "r" (virt_to_maddr(kernel_root)));
		CHECK_EQ(f.vector, -1);
	}
	end();
	CHECK_EQ(page_set_writable(t.l4, true), 0);
	memset(t.l4, 0, PAGE_SIZE);
	CHECK_EQ(page_set_writable(t.l4, false), 0);
	tree_free(&t);
}

/* Trees as another vCPU's root, in a context that is bad for another reason. */
TEST(preempt_initialise, ALONE)
{
	static struct vcpu_guest_context ctxt;
	static struct tree trees[2];
	void *bad = page_alloc();

	if (hc_vcpu_op(VCPUOP_is_up, 1, NULL) < 0) {
		test_skip("one vCPU only");
	}
	tree_make(&trees[0]);
	tree_make(&trees[1]);
	cpu_context(1, &ctxt);
	ctxt.ctrlreg[1] = xen_pfn_to_cr3(virt_to_mfn(bad));
	begin();
	for (unsigned int round = 0; goes_on(round, 20); round++) {
		pte_t *root = trees[round % 2].l4;

		ctxt.ctrlreg[3] = xen_pfn_to_cr3(virt_to_mfn(root));
		CHECK_EQ(hc_vcpu_op(VCPUOP_initialise, 1, &ctxt), -XEN_EINVAL);
	}
	end();
}

static unsigned int sum_ok;
static bool check_frame(struct regs *regs)
{
	if (regs->vector == ENTRY_EVENT) {
		sum_ok += regs->rbx == 0x1122334455667788;
	}
	return false;
}

/* Upcalls at any instruction change no register of what they interrupt. */
TEST(preempt_registers, 0)
{
	uint64_t wrong = 0;

	begin();
	trap_set_hook(check_frame);
	for (unsigned int round = 0; goes_on(round, 200); round++) {
		uint64_t bad;

		asm volatile("mov $0x1122334455667788, %%rbx\n"
			     "mov %%rbx, %%r9\n mov %%rbx, %%r10\n"
			     "mov %%rbx, %%r11\n mov %%rbx, %%rcx\n"
			     "mov %%rbx, %%r13\n mov %%rbx, %%r14\n"
			     "mov $20000, %%eax\n"
			     "1: dec %%eax\n"
			     "jnz 1b\n"
			     "xor %%rbx, %%r9\n xor %%rbx, %%r10\n"
			     "xor %%rbx, %%r11\n xor %%rbx, %%rcx\n"
			     "xor %%rbx, %%r13\n xor %%rbx, %%r14\n"
			     "or %%r10, %%r9\n or %%r11, %%r9\n"
			     "or %%rcx, %%r9\n or %%r13, %%r9\n"
			     "or %%r14, %%r9\n"
			     "mov %%r9, %[bad]\n"
			     : [bad] "=m" (bad)
			     : : "rax", "rbx", "rcx", "r9", "r10", "r11",
			     "r13", "r14", "cc");
		wrong |= bad;
	}
	trap_set_hook(NULL);
	CHECK_EQ(wrong, 0);
	CHECK(sum_ok > 0);
	end();
}
