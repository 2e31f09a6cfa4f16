/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Segments that cannot be loaded. An iret to user mode that names such a cs or
 * ss is #GP with the selector as error code, in the frame of what should have
 * been returned to. A data segment whose descriptor goes away while another
 * vCPU has the CPU is found out when this one is run again: the failsafe
 * callback is called, and the register holds null; the callback's frame has
 * what it held, also when the CPU went elsewhere again in between.
 *
 * From <xen/callback.h>, CALLBACKTYPE_failsafe; Intel's SDM, volume 2, IRET.
 */
#include "common/audit.h"
#include "common/smp.h"
#include "common/snippet.h"

SNIPPET(f_ud2, "ud2");

#define LDT_SELECTOR	0x7	/* there is none */
#define FAR_SELECTOR	0xfffb	/* behind the end of the GDT */

static const struct {
	const char *name;
	unsigned int cs, ss, error;
} cases[] = {
	{ "cs behind the GDT", FAR_SELECTOR, USER_SS, FAR_SELECTOR },
	{ "cs in no LDT", LDT_SELECTOR, USER_SS, LDT_SELECTOR },
	{ "cs of data", USER_SS, USER_SS, USER_SS },
	{ "cs of an empty descriptor", 0x13, USER_SS, 0x13 },
	{ "ss behind the GDT", USER_CS, FAR_SELECTOR, FAR_SELECTOR },
	{ "ss in no LDT", USER_CS, LDT_SELECTOR, LDT_SELECTOR },
	{ "ss of code", USER_CS, USER_CS, USER_CS },
	{ "null ss of ring 3", USER_CS, 3, 0 },
	{ "both", FAR_SELECTOR, FAR_SELECTOR, FAR_SELECTOR },
};

TEST(iret_bad_selectors, 0)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		struct regs r = user_regs(f_ud2, 0);
		const struct regs *got;

		test_case("%s", cases[i].name);
		r.cs = cases[i].cs;
		r.ss = cases[i].ss;
		r.rbx = 0x1111;
		r.r12 = 0x2222;
		got = user_run_regs(&r);
		CHECK_EQ(got->vector, VEC_GP);
		CHECK_EQ(got->error, cases[i].error & ~3);
		CHECK_EQ(got->cs, cases[i].cs);
		CHECK_EQ(got->ss, cases[i].ss);
		CHECK_EQ(got->rip, (uint64_t)f_ud2);
		CHECK_EQ(got->rsp, r.rsp);
		CHECK_EQ(got->rbx, 0x1111);
		CHECK_EQ(got->r12, 0x2222);
	}
}

/* The kernel has gone on: a good return after a bad one works. */
TEST(iret_bad_then_good, 0)
{
	struct regs r = user_regs(f_ud2, 0);

	for (unsigned int i = 0; i < 20; i++) {
		r.cs = i & 1 ? USER_CS : FAR_SELECTOR;
		CHECK_EQ(user_run_regs(&r)->vector, i & 1 ? VEC_UD : VEC_GP);
	}
}

#define DATA_RW		0x00cff3000000ffffUL
#define SELECTOR	(5 << 3 | 3)

static unsigned int failsafes, masked;
static bool on_failsafe(struct regs *regs)
{
	if (regs->vector != ENTRY_FAILSAFE) {
		return false;
	}
	failsafes++;
	masked = this_cpu()->info->evtchn_upcall_mask;
	return true;
}

static void yield(void *arg)
{
	(void)arg;
	hc_sched_op(SCHEDOP_yield, NULL);
}

static void set_mask(unsigned int mask)
{
	extern const char entry_failsafe[];
	struct callback_register cb = {
		.type = CALLBACKTYPE_failsafe,
		.flags = mask ? CALLBACKF_mask_events : 0,
		.address = (unsigned long)entry_failsafe,
	};

	CHECK_EQ(hc_callback_op(CALLBACKOP_register, &cb), 0);
}

/* A GDT of one page, and another vCPU on this CPU that does `work` for ever. */
static uint64_t *begin(void (*work)(void *))
{
	uint64_t *gdt = page_alloc();
	unsigned long mfn = virt_to_mfn(gdt);

	if (!is_initial_domain()) {
		page_free(gdt);
		test_skip("not the control domain");
	}
	need_two_vcpus();
	CHECK_EQ(page_set_writable(gdt, false), 0);
	CHECK_EQ(hc_set_gdt(&mfn, 512), 0);
	vcpu_pin(0, 0, 1);
	vcpu_pin(0, 1, 1);
	other_begin(work, NULL);
	trap_set_hook(on_failsafe);
	return gdt;
}

static void end(uint64_t *gdt)
{
	trap_set_hook(NULL);
	other_end();
	set_mask(1);
	vcpu_pin(0, 0, 0xff);
	vcpu_pin(0, 1, 0xff);
	CHECK_EQ(hc_set_gdt(NULL, 0), 0);
	CHECK_EQ(page_set_writable(gdt, true), 0);
	page_free(gdt);
}

/* Loads es, takes its descriptor away, and waits to be told. */
static void lose_es(uint64_t *gdt)
{
	CHECK_EQ(hc_update_descriptor(virt_to_maddr(&gdt[5]), DATA_RW), 0);
	failsafes = 0;
	asm volatile("mov %0, %%es" : : "r" (SELECTOR));
	CHECK_EQ(hc_update_descriptor(virt_to_maddr(&gdt[5]), 0), 0);
	for (unsigned int i = 0; i < 100 && !failsafes; i++) {
		hc_sched_op(SCHEDOP_yield, NULL);
	}
}

TEST(failsafe, 0)
{
	uint64_t *gdt = begin(yield);
	unsigned long ds;

	for (unsigned int mask = 0; mask < 2; mask++) {
		test_case("registered with mask %u", mask);
		set_mask(mask);
		events_enable();
		lose_es(gdt);
		CHECK_EQ(failsafes, 1);
		CHECK_EQ(masked, mask);
		asm volatile("mov %%es, %0" : "=r" (ds));
		CHECK_EQ(ds & 0xffff, 0);
		events_disable();
	}
	end(gdt);
}

/* Takes es from the frame: rcx, r11, ds, es, fs, gs; rcx is free. */
extern const char failsafe_look[];
static volatile unsigned long frame_es;
asm(".pushsection .text\n"
    "failsafe_look:\n"
    "	mov	24(%rsp), %rcx\n"
    "	mov	%rcx, frame_es(%rip)\n"
    "	jmp	entry_failsafe\n"
    ".popsection\n");

/* Wakes after a time that is another one each time, and takes the CPU. */
static void sleep_a_little(void *arg)
{
	static unsigned int n;

	(void)arg;
	nap(n++ * 997 % 150000);
}

TEST(failsafe_frame, 0)
{
	struct callback_register cb = {
		.type = CALLBACKTYPE_failsafe,
		.address = (unsigned long)failsafe_look,
	};
	uint64_t *gdt = begin(sleep_a_little);
	unsigned int wrong = 0, seen = 0;

	CHECK_EQ(hc_callback_op(CALLBACKOP_register, &cb), 0);
	for (unsigned int round = 0; round < 500; round++) {
		frame_es = 0;
		lose_es(gdt);
		seen += failsafes;
		wrong += failsafes && (frame_es & 0xffff) != SELECTOR;
	}
	CHECK(seen > 0);
	CHECK_EQ(wrong, 0);
	asm volatile("mov %0, %%es" : : "r" (0));
	end(gdt);
}

/*
 * There is no failsafe callback, and it is needed.
 *
 * Differs from Xen 4.17: the domain crashes with that reason; Xen calls
 * address 0.
 */
TEST(crash_no_failsafe, CRASHES)
{
	struct callback_register none = { .type = CALLBACKTYPE_failsafe };
	uint64_t *gdt = page_alloc();
	unsigned long mfn = virt_to_mfn(gdt);

	if (!on_paravane()) {
		test_skip("Xen calls address 0");
	}
	need_two_vcpus();
	CHECK_EQ(page_set_writable(gdt, false), 0);
	CHECK_EQ(hc_set_gdt(&mfn, 512), 0);
	vcpu_pin(0, 0, 1);
	vcpu_pin(0, 1, 1);
	CHECK_EQ(hc_callback_op(CALLBACKOP_register, &none), 0);
	other_begin(yield, NULL);
	CHECK_EQ(hc_update_descriptor(virt_to_maddr(&gdt[5]), DATA_RW), 0);
	asm volatile("mov %0, %%es" : : "r" (SELECTOR));
	CHECK_EQ(hc_update_descriptor(virt_to_maddr(&gdt[5]), 0), 0);
	for (unsigned int i = 0; i < 1000; i++) {
		hc_sched_op(SCHEDOP_yield, NULL);
	}
}

/* From user mode, without a handler: the domain's end. */
TEST(crash_user_no_handler, CRASHES)
{
	hypercall(__HYPERVISOR_set_trap_table, 0, 0, 0, 0, 0);
	user_watch(f_ud2, 0);
}

/* A kernel stack for user mode's exceptions that is not there. */
TEST(crash_user_no_stack, CRASHES)
{
	CHECK_EQ(hc_stack_switch(KERNEL_SS, TEST_VA), 0);
	user_watch(f_ud2, 0);
}

/* The handler of vector 8 is not called for a fault without a stack. */
TEST(crash_double_fault, CRASHES)
{
	struct trap_info t[2] = {
		{ .vector = VEC_DF, .cs = FLAT_KERNEL_CS, .flags = 4,
		  .address = (unsigned long)f_ud2 },
	};

	CHECK_EQ(hc_set_trap_table(t), 0);
	asm volatile("mov %0, %%rsp; movb $0, (%0)" : : "r" (TEST_VA + 4096));
}
