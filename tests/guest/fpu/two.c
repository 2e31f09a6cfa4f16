/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * AVX registers of two domains on one CPU. Each has its own, whoever of them
 * used them last, through faults of the task switch bit, and while it has AVX
 * turned off in XCR0; a new domain begins with x87 only, and when it turns AVX
 * on it finds zeros, nothing of the domain that had them before.
 *
 * From Intel's SDM, volume 1, ch. 13, and <xen/arch-x86/xen.h>.
 */
#include "common/peer.h"
#include "common/smp.h"
#include "common/snippet.h"

#define XCR0_X87_SSE	3UL
#define XCR0_AVX	7UL
#define REGISTERS	16
#define WORDS		(REGISTERS * 4)

/* Into and out of memory at rdi: all 16 registers. */
#define YMM(op, a, b)							\
	".irp n,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n"		\
	op " " a ", " b "\n .endr"
#define SNIPPET_OF_SIZE(name, text)					\
	extern const char name##_end[];					\
	SNIPPET(name, text "\n ret\n" #name "_end:")

SNIPPET_OF_SIZE(y_load, YMM("vmovups", "32 * \\n(%rdi)", "%ymm\\n"));
SNIPPET_OF_SIZE(y_store, YMM("vmovups", "%ymm\\n", "32 * \\n(%rdi)"));

/* CR4.OSXSAVE and XCR0. */
SNIPPET_OF_SIZE(y_on, "mov %cr4, %rax\n bts $18, %rax\n mov %rax, %cr4\n"
		"mov %edi, %eax\n xor %edx, %edx\n xor %ecx, %ecx\n xsetbv");

static struct peer p;

static int in_peer(snippet_fn fn, const char *end, unsigned long arg)
{
	unsigned long unused;

	return peer_run(&p, (const void *)fn, end - (const char *)fn, arg, 0,
			&unused);
}
#define IN_PEER(fn, arg)	in_peer(fn, fn##_end, arg)

static uint64_t *peer_words(void)
{
	return peer_page(&p, PEER_DATA);
}

/* How many of the peer's words are not value + i. */
static unsigned int peer_differs(uint64_t value)
{
	unsigned int n = 0;

	memset(peer_words(), 0xee, WORDS * 8);
	CHECK_EQ(IN_PEER(y_store, peer_va(PEER_DATA)), -1);
	for (unsigned int i = 0; i < WORDS; i++) {
		n += peer_words()[i] != (value ? value + i : 0);
	}
	return n;
}

static void peer_load(uint64_t value)
{
	for (unsigned int i = 0; i < WORDS; i++) {
		peer_words()[i] = value + i;
	}
	CHECK_EQ(IN_PEER(y_load, peer_va(PEER_DATA)), -1);
}

static uint64_t words[WORDS];

static void own_load(uint64_t value)
{
	for (unsigned int i = 0; i < WORDS; i++) {
		words[i] = value + i;
	}
	CHECK_EQ(kernel_watch(y_load, (unsigned long)words)->vector, -1);
}

/* How many of ours are not value + i. */
static unsigned int own_differs(uint64_t value)
{
	unsigned int n = 0;

	memset(words, 0xdd, sizeof(words));
	CHECK_EQ(kernel_watch(y_store, (unsigned long)words)->vector, -1);
	for (unsigned int i = 0; i < WORDS; i++) {
		n += words[i] != value + i;
	}
	return n;
}

static void need_avx(void)
{
	uint32_t a = 1, b, c = 0, d;

	asm volatile(XEN_CPUID : "+a" (a), "=b" (b), "+c" (c), "=d" (d));
	if ((c >> 26 & 5) != 5) {
		test_skip("no XSAVE and AVX on this CPU");
	}
	CHECK_EQ(kernel_watch(y_on, XCR0_AVX)->vector, -1);
}

/* Both on the first CPU, so that each wait for the peer is a switch. */
static void begin(void)
{
	need_avx();
	peer_create(&p);
	vcpu_pin(0, 0, 1);
	vcpu_pin(p.id, 0, 1);
}

static void end(void)
{
	peer_destroy(&p);
	vcpu_pin(0, 0, 0xff);
}

#define OURS	0x1111111100000000UL
#define ITS	0x2222222200000000UL

TEST(ymm_new_domain, 0)
{
	/* The second one has the first one's place. */
	for (unsigned int round = 0; round < 2; round++) {
		begin();
		test_case("round %u: x87 only", round);
		own_load(OURS);
		CHECK_EQ(IN_PEER(y_store, peer_va(PEER_DATA)), VEC_UD);
		test_case("round %u: CR4.OSXSAVE, but XCR0 without", round);
		CHECK_EQ(IN_PEER(y_on, XCR0_X87_SSE), -1);
		CHECK_EQ(IN_PEER(y_store, peer_va(PEER_DATA)), VEC_UD);
		test_case("round %u: zeros", round);
		CHECK_EQ(IN_PEER(y_on, XCR0_AVX), -1);
		CHECK_EQ(peer_differs(0), 0);
		CHECK_EQ(own_differs(OURS), 0);
		peer_load(ITS);
		end();
	}
}

TEST(ymm_two_domains, 0)
{
	begin();
	CHECK_EQ(IN_PEER(y_on, XCR0_AVX), -1);
	for (unsigned int i = 0; i < 20; i++) {
		test_case("round %u", i);
		own_load(OURS + (i << 8));
		peer_load(ITS + (i << 8));
		CHECK_EQ(own_differs(OURS + (i << 8)), 0);
		CHECK_EQ(peer_differs(ITS + (i << 8)), 0);
	}
	end();
}

TEST(ymm_task_switch, 0)
{
	begin();
	CHECK_EQ(IN_PEER(y_on, XCR0_AVX), -1);
	for (unsigned int i = 0; i < 4; i++) {
		own_load(OURS + i);
		peer_load(ITS + i);
		test_case("ours set, %u", i);
		CHECK_EQ(hc_fpu_taskswitch(1), 0);
		CHECK_EQ(peer_differs(ITS + i), 0);
		CHECK_EQ(kernel_watch(y_store, (unsigned long)words)->vector,
			 VEC_NM);
		CHECK_EQ(peer_differs(ITS + i), 0);
		CHECK_EQ(own_differs(OURS + i), 0);
		test_case("its set, %u", i);
		CHECK_EQ(peer_call(&p, __HYPERVISOR_fpu_taskswitch, 1, 0, 0, 0),
			 0);
		CHECK_EQ(own_differs(OURS + i), 0);
		CHECK_EQ(IN_PEER(y_store, peer_va(PEER_DATA)), VEC_NM);
		CHECK_EQ(own_differs(OURS + i), 0);
		CHECK_EQ(peer_differs(ITS + i), 0);
	}
	end();
}

/* What is turned off is kept, and seen by nobody. */
TEST(ymm_turned_off, 0)
{
	begin();
	CHECK_EQ(IN_PEER(y_on, XCR0_AVX), -1);
	own_load(OURS);
	CHECK_EQ(kernel_watch(y_on, XCR0_X87_SSE)->vector, -1);
	CHECK_EQ(peer_differs(0), 0);
	peer_load(ITS);
	CHECK_EQ(kernel_watch(y_store, (unsigned long)words)->vector, VEC_UD);
	CHECK_EQ(IN_PEER(y_on, XCR0_X87_SSE), -1);
	CHECK_EQ(kernel_watch(y_on, XCR0_AVX)->vector, -1);
	CHECK_EQ(own_differs(OURS), 0);
	CHECK_EQ(IN_PEER(y_store, peer_va(PEER_DATA)), VEC_UD);
	CHECK_EQ(IN_PEER(y_on, XCR0_AVX), -1);
	CHECK_EQ(peer_differs(ITS), 0);
	CHECK_EQ(own_differs(OURS), 0);
	end();
}

/* From one CPU to another and back, with a domain on each. */
TEST(ymm_other_cpu, 0)
{
	need_two_vcpus();
	begin();
	CHECK_EQ(IN_PEER(y_on, XCR0_AVX), -1);
	own_load(OURS);
	peer_load(ITS);
	for (unsigned int i = 0; i < 10; i++) {
		test_case("move %u", i);
		vcpu_pin(0, 0, i & 1 ? 1 : 2);
		vcpu_pin(p.id, 0, i & 2 ? 1 : 2);
		CHECK_EQ(own_differs(OURS), 0);
		CHECK_EQ(peer_differs(ITS), 0);
	}
	end();
}

static uint64_t of_other[WORDS];
static volatile unsigned int other_wrong;

/* vCPU 1: loads, lets others run, looks. */
static void other_uses(void *arg)
{
	static uint64_t round;

	(void)arg;
	y_on(XCR0_AVX);
	round++;
	for (unsigned int i = 0; i < WORDS; i++) {
		of_other[i] = ITS + (round << 8) + i;
	}
	y_load((unsigned long)of_other);
	hc_sched_op(SCHEDOP_yield, NULL);
	memset(of_other, 0, sizeof(of_other));
	y_store((unsigned long)of_other);
	for (unsigned int i = 0; i < WORDS; i++) {
		other_wrong += of_other[i] != ITS + (round << 8) + i;
	}
}

TEST(ymm_two_vcpus, 0)
{
	unsigned int wrong = 0;

	need_avx();
	need_two_vcpus();
	vcpu_pin(0, 0, 1);
	vcpu_pin(0, 1, 1);
	other_wrong = 0;
	other_begin(other_uses, NULL);
	for (unsigned int i = 0; i < 50; i++) {
		own_load(OURS + (i << 8));
		hc_sched_op(SCHEDOP_yield, NULL);
		wrong += own_differs(OURS + (i << 8));
	}
	CHECK(other_end() > 0);
	CHECK_EQ(wrong, 0);
	CHECK_EQ(other_wrong, 0);
	vcpu_pin(0, 0, 0xff);
	vcpu_pin(0, 1, 0xff);
}
