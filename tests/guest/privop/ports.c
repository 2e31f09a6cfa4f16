/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * I/O ports. A port that the domain may use goes to the device; one that it
 * may not reads as all ones and swallows writes when its kernel has the
 * virtual IOPL for it, and is #GP otherwise. PHYSDEVOP_set_iopl sets the
 * virtual IOPL (the kernel counts as level 1 there), PHYSDEVOP_set_iobitmap a
 * bitmap for user mode.
 *
 * From <xen/physdev.h>.
 */
#include "common/snippet.h"

SNIPPET(i_in8, "mov %edi, %edx\n xor %eax, %eax\n in %dx, %al");
SNIPPET(i_in32, "mov %edi, %edx\n xor %eax, %eax\n in %dx, %eax");
SNIPPET(i_out8, "mov %edi, %edx\n xor %eax, %eax\n out %al, %dx");
SNIPPET(i_in_imm, "in $0x71, %al");
SNIPPET(i_insb, "mov %rdi, %rax\n mov $0x71, %edx\n mov $4, %ecx\n"
	"	rep insb");

#define POST_PORT	0x80	/* harmless everywhere */

static int set_iopl(uint32_t level)
{
	struct physdev_set_iopl op = { .iopl = level };

	return hc_physdev_op(PHYSDEVOP_set_iopl, &op);
}

TEST(ports_iopl, 0)
{
	if (!is_initial_domain()) {
		test_skip("no ports here");
	}
	test_case("level 0 or 1: the kernel");
	CHECK_EQ(set_iopl(1), 0);
	CHECK_EQ(kernel_watch(i_in8, POST_PORT)->vector, -1);
	CHECK_EQ(kernel_watch(i_out8, POST_PORT)->vector, -1);
	CHECK_EQ(kernel_watch(i_in32, 0xcf8)->vector, -1);
	CHECK_EQ(kernel_watch(i_in_imm, 0)->vector, -1);
	CHECK_EQ(user_watch(i_in8, POST_PORT)->vector, VEC_GP);
	test_case("level 3: user mode too");
	CHECK_EQ(set_iopl(3), 0);
	CHECK_EQ(user_watch(i_in8, POST_PORT)->vector, -1);
	CHECK_EQ(user_watch(i_out8, POST_PORT)->vector, -1);
	test_case("back");
	CHECK_EQ(set_iopl(1), 0);
	CHECK_EQ(user_watch(i_in8, POST_PORT)->vector, VEC_GP);
	test_case("no such level");
	CHECK_EQ(set_iopl(4), -XEN_EINVAL);
}

TEST(ports_string, 0)
{
	static char buf[8];

	if (!is_initial_domain()) {
		test_skip("no ports here");
	}
	CHECK_EQ(set_iopl(1), 0);
	CHECK_EQ(kernel_watch(i_insb, (unsigned long)buf)->vector, -1);
	test_case("into an unmapped page");
	CHECK_EQ(kernel_watch(i_insb, TEST_VA)->vector, VEC_PF);
}

TEST(ports_bitmap, 0)
{
	static uint8_t bits[8192];
	struct physdev_set_iobitmap op = { .nr_ports = 65536 };

	if (!is_initial_domain()) {
		test_skip("no ports here");
	}
	memset(bits, 0xff, sizeof(bits));
	bits[POST_PORT / 8] &= ~(1 << POST_PORT % 8);
	set_xen_guest_handle(op.bitmap, bits);
	CHECK_EQ(hc_physdev_op(PHYSDEVOP_set_iobitmap, &op), 0);
	test_case("a clear bit lets user mode in");
	CHECK_EQ(user_watch(i_in8, POST_PORT)->vector, -1);
	CHECK_EQ(user_watch(i_in8, POST_PORT + 1)->vector, VEC_GP);
	test_case("a wide access needs all of its bits");
	CHECK_EQ(user_watch(i_in32, POST_PORT)->vector, VEC_GP);
	test_case("ports behind the bitmap are closed");
	op.nr_ports = POST_PORT;
	CHECK_EQ(hc_physdev_op(PHYSDEVOP_set_iobitmap, &op), 0);
	CHECK_EQ(user_watch(i_in8, POST_PORT)->vector, VEC_GP);
	test_case("too many ports");
	op.nr_ports = 65537;
	CHECK_EQ(hc_physdev_op(PHYSDEVOP_set_iobitmap, &op), -XEN_EINVAL);
	test_case("none");
	op.nr_ports = 0;
	CHECK_EQ(hc_physdev_op(PHYSDEVOP_set_iobitmap, &op), 0);
	CHECK_EQ(user_watch(i_in8, POST_PORT)->vector, VEC_GP);
}
