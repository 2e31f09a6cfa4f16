/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Software interrupts: each vector whose entry in the trap table has a level
 * of 3 is entered by int N of user mode with rip behind the instruction and no
 * error code of the CPU's; with a level of 0 it is #GP, at the instruction.
 * The kernel may call each of its own.
 *
 * From <xen/arch-x86/xen.h> (struct trap_info), Intel's SDM, volume 2, INT n.
 */
#include "common/snippet.h"

extern const char entry_exceptions[];

/* Vectors without an error code that no instruction of this test raises. */
static bool plain(unsigned int v)
{
	return v >= 32 && v != 0x80;
}

static void set_level(unsigned int v, unsigned int level)
{
	struct trap_info t[2] = {
		{ .vector = v, .cs = FLAT_KERNEL_CS, .flags = level,
		  .address = (unsigned long)entry_exceptions + v * 16 },
	};

	CHECK_EQ(hc_set_trap_table(t), 0);
}

/*
 * QEMU 7.2 doubles the vector in the error code, and Xen believes it. With
 * Paravane, which looks at the instruction, the same machine will do.
 */
static void need_vectors(void)
{
	unsigned char *code = page_alloc();
	const struct sighting *seen;

	memcpy(code, "\xcd\x77\xc3", 3);
	set_level(0x77, 3);
	seen = user_watch((snippet_fn)code, 0);
	page_free(code);
	if (seen->vector == VEC_GP) {
		trap_init();
		test_skip("this machine's #GP has a wrong error code");
	}
}

/*
 * Differs from Xen 4.17: as in software_interrupt_level.
 */
TEST(int_every_vector, 0)
{
	unsigned char *code = page_alloc();

	need_vectors();
	for (unsigned int v = 0; v < 256; v++) {
		const struct sighting *seen;

		if (!plain(v)) {
			continue;
		}
		test_case("int %u", v);
		code[0] = 0xcd;
		code[1] = v;
		code[2] = 0xc3;
		set_level(v, 3);
		seen = user_watch((snippet_fn)code, 0);
		CHECK_EQ(seen->vector, v);
		CHECK_EQ(seen->regs.rip, (unsigned long)code + 2);
		CHECK_EQ(seen->regs.cs, USER_CS);
		set_level(v, 0);
		seen = user_watch((snippet_fn)code, 0);
		CHECK_EQ(seen->vector, VEC_GP);
		CHECK_EQ(seen->regs.rip, (unsigned long)code);
	}
	hypercall(__HYPERVISOR_set_trap_table, 0, 0, 0, 0, 0);
	trap_init();
	page_free(code);
}

/* Flags that user mode had set do not follow into the kernel, and come back. */
TEST(int_flags, 0)
{
	static const uint64_t flags[] = {
		0, FLAG_CF, FLAG_DF, FLAG_NT, FLAG_AC, FLAG_ID, FLAG_TF,
	};
	unsigned char *code = page_alloc();

	need_vectors();
	code[0] = 0xcd;
	code[1] = 0x77;
	set_level(0x77, 3);
	for (unsigned int i = 0; i < ARRAY_SIZE(flags); i++) {
		struct regs r = user_regs((snippet_fn)code, 0);
		const struct regs *got;

		test_case("%lx", flags[i]);
		r.rflags |= flags[i];
		got = user_run_regs(&r);
		/* A trap of TF comes behind the software interrupt, if at all. */
		CHECK_EQ(got->vector, 0x77);
		CHECK_EQ(got->rflags & flags[i], flags[i]);
		asm volatile("pushfq; pop %0" : "=r" (r.rflags));
		CHECK_EQ(r.rflags & (FLAG_TF | FLAG_NT), 0);
	}
	hypercall(__HYPERVISOR_set_trap_table, 0, 0, 0, 0, 0);
	trap_init();
	page_free(code);
}
