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

/* A large tree validated and given up under ticks, again and again. */
TEST(preempt_pin_tree, 0)
{
	enum { TABLES = 64 };
	static pte_t *l1[TABLES];
	pte_t *l2 = page_alloc(), *l3, *l4;
	void *page = page_alloc();

	for (unsigned int t = 0; t < TABLES; t++) {
		l1[t] = page_alloc();
		for (unsigned int i = 0; i < 512; i++) {
			l1[t][i] = pte_make(virt_to_mfn(page), PTE_USER);
		}
		page_set_writable(l1[t], false);
		l2[t * 7 % 512] = pte_make(virt_to_mfn(l1[t]), PTE_TABLE);
	}
	page_set_writable(l2, false);
	l3 = table_alloc_filled(pte_make(virt_to_mfn(l2), PTE_TABLE), 5);
	l4 = table_alloc_filled(pte_make(virt_to_mfn(l3), PTE_TABLE), 7);
	begin();
	for (unsigned int round = 0; goes_on(round, 20); round++) {
		CHECK_EQ(mmuext(MMUEXT_PIN_L4_TABLE, virt_to_mfn(l4)), 0);
		CHECK_EQ(page_set_writable(l1[round % TABLES], true), -XEN_EBUSY);
		CHECK_EQ(mmuext(MMUEXT_UNPIN_TABLE, virt_to_mfn(l4)), 0);
		CHECK_EQ(page_set_writable(l1[round % TABLES], true), 0);
		CHECK_EQ(page_set_writable(l1[round % TABLES], false), 0);
	}
	end();
	for (unsigned int t = 0; t < TABLES; t++) {
		table_free(l1[t]);
	}
	table_free(l2);
	table_free(l3);
	table_free(l4);
	page_free(page);
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
