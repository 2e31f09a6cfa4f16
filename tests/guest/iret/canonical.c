/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Returns to where nothing can be. A system call or hypercall in the last two
 * bytes of the lower half has a return address that is not canonical, which a
 * sysret must not be given: the guest takes #GP there, with its own registers.
 * The same for an iret that names such an address, to user mode and to the
 * kernel. An address of the hypervisor is a page fault of the guest's.
 *
 * From Intel's SDM, volume 2, SYSRET, and volume 1, 3.3.7.1.
 */
#include "common/audit.h"
#include "common/snippet.h"

#define LAST_PAGE	0x00007ffffffff000UL
#define HALF_END	0x0000800000000000UL

static unsigned char *page;

/* The page's end: syscall. */
static void begin(pte_t *root)
{
	page = page_alloc();
	memset(page, 0xcc, PAGE_SIZE);
	page[PAGE_SIZE - 2] = 0x0f;
	page[PAGE_SIZE - 1] = 0x05;
	CHECK_EQ(map_page(root, LAST_PAGE,
			  pte_make(virt_to_mfn(page), PTE_USER)), 0);
}

static void end(pte_t *root)
{
	unmap_slot(root, LAST_PAGE);
	page_free(page);
}

SNIPPET(c_call, "mov $0x1234, %r15d\n mov $17, %eax\n xor %edi, %edi\n"
	"	xor %esi, %esi\n mov $0x7ffffffffffe, %rcx\n jmp *%rcx");

/* A hypercall of the kernel. */
TEST(sysret_noncanonical, 0)
{
	const struct sighting *seen;

	begin(kernel_root);
	for (unsigned int i = 0; i < 3; i++) {
		seen = kernel_watch(c_call, 0);
		CHECK_EQ(seen->vector, VEC_GP);
		CHECK_EQ(seen->regs.error, 0);
		CHECK_EQ(seen->regs.rip, HALF_END);
		CHECK_EQ(seen->regs.cs, KERNEL_CS);
		CHECK_EQ(seen->regs.r15, 0x1234);
		/* The call itself was made. */
		CHECK_EQ(seen->regs.rax, 4 << 16 | 17);
	}
	end(kernel_root);
}

/* A system call of user mode: the kernel may look, and then send it back. */
TEST(sysret_noncanonical_user, 0)
{
	struct regs r = user_regs(c_call, 0);
	const struct regs *got;

	begin(user_root());
	r.rip = HALF_END - 2;
	r.rbx = 0x5678;
	got = user_run_regs(&r);
	CHECK_EQ(got->vector, ENTRY_SYSCALL);
	CHECK_EQ(got->rip, HALF_END);
	CHECK_EQ(got->rcx, HALF_END);
	for (unsigned int by = 0; by < 2; by++) {
		test_case("VGCF_in_syscall %u", by);
		r = *got;
		r.error = by ? VGCF_in_syscall : 0;
		got = user_run_regs(&r);
		CHECK_EQ(got->vector, VEC_GP);
		CHECK_EQ(got->rip, HALF_END);
		CHECK_EQ(got->cs, USER_CS);
		CHECK_EQ(got->rbx, 0x5678);
	}
	end(user_root());
}

static struct regs taken;
static uint64_t resume_rip, resume_rsp;
static bool watch(struct regs *regs)
{
	if (regs->vector >= ENTRY_EVENT || from_user(regs)) {
		return false;
	}
	taken = *regs;
	regs->rip = resume_rip;
	regs->cs = KERNEL_CS;
	regs->rsp = resume_rsp;
	return true;
}

/* An iret to the kernel itself, on its own stack further down. */
static void kernel_iret(uint64_t rip, unsigned int cs, unsigned int flags)
{
	struct regs r = {
		.rip = rip, .cs = cs, .ss = FLAT_KERNEL_SS & ~3,
		.rflags = FLAG_IF, .error = flags, .r12 = 0xabcd,
	};

	asm volatile("mov %%rsp, %0" : "=r" (resume_rsp));
	r.rsp = resume_rsp - 512;
	asm volatile("mov %%rbp, %[rbp]\n"
		     "lea 1f(%%rip), %%rax\n"
		     "mov %%rax, %[rip]\n"
		     "jmp entry_return\n"
		     "1:\n"
		     : [rip] "=m" (resume_rip), [rbp] "=m" (r.rbp)
		     : "D" (&r), "m" (r)
		     : "rax", "rbx", "rcx", "rdx", "rsi", "r8", "r9", "r10",
		       "r11", "r12", "r13", "r14", "r15", "memory", "cc");
}

TEST(iret_bad_kernel, 0)
{
	static const struct {
		const char *name;
		uint64_t rip;
		unsigned int cs;
		int vector;
		uint64_t error;
	} cases[] = {
		{ "non-canonical", HALF_END, KERNEL_CS, VEC_GP, 0 },
		{ "high non-canonical", 0xffff7fffffffffff, KERNEL_CS,
		  VEC_GP, 0 },
		{ "the hypervisor's text", 0xffff82d040200000, KERNEL_CS,
		  VEC_PF, 0 },
		{ "the M2P", MACH2PHYS_VIRT_START, KERNEL_CS, VEC_PF, 0 },
		{ "not mapped", TEST_VA, KERNEL_CS, VEC_PF, 0 },
		{ "cs behind the GDT", TEST_VA, 0xfff8, VEC_GP, 0xfff8 },
		{ "cs of data", TEST_VA, KERNEL_SS, VEC_GP, KERNEL_SS },
	};

	for (unsigned int i = 0; i < 2 * ARRAY_SIZE(cases); i++) {
		unsigned int n = i / 2, flags = i & 1 ? VGCF_in_syscall : 0;

		if (flags && cases[n].cs != KERNEL_CS) {
			continue;	/* then cs is flat */
		}
		test_case("%s, flags %x", cases[n].name, flags);
		memset(&taken, 0, sizeof(taken));
		trap_set_hook(watch);
		kernel_iret(cases[n].rip, cases[n].cs, flags);
		trap_set_hook(NULL);
		events_disable();
		CHECK_EQ(taken.vector, cases[n].vector);
		CHECK_EQ(taken.vector == VEC_PF ?
			 taken.error & ~(PF_ID | PF_P) : taken.error,
			 cases[n].error);
		CHECK_EQ(taken.rip, cases[n].rip);
		CHECK_EQ(taken.cs, cases[n].cs);
		CHECK_EQ(taken.r12, 0xabcd);
	}
}
