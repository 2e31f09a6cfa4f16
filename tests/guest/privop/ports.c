/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * I/O ports. A port that the domain may use goes to the device; one that it
 * may not reads as all ones and swallows writes when its kernel has the
 * virtual IOPL for it, and is #GP otherwise. PHYSDEVOP_set_iopl sets the
 * virtual IOPL (the kernel counts as level 1 there), PHYSDEVOP_set_iobitmap a
 * bitmap for user mode, at an address of the kernel's: user mode's tables need
 * not have it. With the assist architectural_iopl the level is the
 * IOPL of the flags instead, which an iret sets and every frame shows; the
 * kernel then counts as level 0.
 *
 * From <xen/physdev.h>, and <xen/xen.h>, VMASST_TYPE_architectural_iopl.
 */
#include "common/peer.h"
#include "common/snippet.h"

SNIPPET(i_in8, "mov %edi, %edx\n xor %eax, %eax\n in %dx, %al");
SNIPPET(i_in32, "mov %edi, %edx\n xor %eax, %eax\n in %dx, %eax");
SNIPPET(i_out8, "mov %edi, %edx\n xor %eax, %eax\n out %al, %dx");
SNIPPET(i_in_imm, "in $0x71, %al");
SNIPPET(i_user_read, "in $0x80, %al\n mov (%rdi), %al");
SNIPPET(i_insb, "mov %rdi, %rax\n mov $0x71, %edx\n mov $4, %ecx\n"
	"	rep insb");

#define POST_PORT	0x80	/* harmless everywhere */

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

/* A bitmap that cannot be read, or ends within the port, lets nobody in. */
TEST(ports_bitmap_edges, 0)
{
	struct physdev_set_iobitmap op = { .nr_ports = 65536 };
	unsigned char *page = page_alloc();

	if (!is_initial_domain()) {
		page_free(page);
		test_skip("no ports here");
	}
	CHECK_EQ(set_iopl(1), 0);
	test_case("not mapped");
	set_xen_guest_handle(op.bitmap, (uint8_t *)TEST_VA2);
	CHECK_EQ(hc_physdev_op(PHYSDEVOP_set_iobitmap, &op), 0);
	CHECK_EQ(user_watch(i_in8, POST_PORT)->vector, VEC_GP);
	test_case("in the hypervisor");
	set_xen_guest_handle(op.bitmap, (uint8_t *)MACH2PHYS_VIRT_START);
	hc_physdev_op(PHYSDEVOP_set_iobitmap, &op);
	CHECK_EQ(user_watch(i_in8, POST_PORT)->vector, VEC_GP);
	test_case("its last bits are for the port");
	set_xen_guest_handle(op.bitmap, page);
	op.nr_ports = POST_PORT + 4;
	CHECK_EQ(hc_physdev_op(PHYSDEVOP_set_iobitmap, &op), 0);
	CHECK_EQ(user_watch(i_in8, POST_PORT + 3)->vector, -1);
	CHECK_EQ(user_watch(i_in8, POST_PORT + 4)->vector, VEC_GP);
	CHECK_EQ(user_watch(i_in32, POST_PORT)->vector, -1);
	CHECK_EQ(user_watch(i_in32, POST_PORT + 1)->vector, VEC_GP);
	test_case("a bit of the next byte");
	page[POST_PORT / 8 + 1] = 1;
	op.nr_ports = 65536;
	CHECK_EQ(hc_physdev_op(PHYSDEVOP_set_iobitmap, &op), 0);
	CHECK_EQ(user_watch(i_in32, POST_PORT + 4)->vector, -1);
	CHECK_EQ(user_watch(i_in32, POST_PORT + 5)->vector, VEC_GP);
	test_case("the kernel has its level");
	memset(page, 0xff, PAGE_SIZE);
	CHECK_EQ(kernel_watch(i_in8, POST_PORT)->vector, -1);
	op.nr_ports = 0;
	CHECK_EQ(hc_physdev_op(PHYSDEVOP_set_iobitmap, &op), 0);
	page_free(page);
}

TEST(ports_bitmap_kernels_own, 0)
{
	struct physdev_set_iobitmap op = { .nr_ports = PAGE_SIZE * 8 };
	void *page = page_alloc();

	if (!is_initial_domain()) {
		page_free(page);
		test_skip("no ports here");
	}
	CHECK_EQ(set_iopl(1), 0);
	CHECK_EQ(map_page(kernel_root, TEST_VA,
			  pte_make(virt_to_mfn(page), PTE_USER)), 0);
	set_xen_guest_handle(op.bitmap, (uint8_t *)TEST_VA);
	CHECK_EQ(hc_physdev_op(PHYSDEVOP_set_iobitmap, &op), 0);
	CHECK_EQ(user_watch(i_in8, POST_PORT)->vector, -1);
	CHECK_EQ(user_watch(i_out8, POST_PORT)->vector, -1);
	test_case("user mode is where it was");
	CHECK_EQ(user_watch(i_user_read, TEST_VA)->vector, VEC_PF);
	memset(page, 0xff, PAGE_SIZE);
	CHECK_EQ(user_watch(i_in8, POST_PORT)->vector, VEC_GP);
	op.nr_ports = 0;
	CHECK_EQ(hc_physdev_op(PHYSDEVOP_set_iobitmap, &op), 0);
	unmap_test_va(TEST_VA);
	page_free(page);
}

SNIPPET(i_flags, "pushfq\n pop %rax");
SNIPPET(i_ud, "ud2");

static int assist(unsigned int cmd)
{
	return hc_vm_assist(cmd, VMASST_TYPE_architectural_iopl);
}

TEST(ports_architectural_iopl, 0)
{
	if (!is_initial_domain()) {
		test_skip("no ports here");
	}
	CHECK_EQ(set_iopl(0), 0);
	if (assist(VMASST_CMD_enable)) {
		test_skip("no such assist");
	}
	for (unsigned int level = 0; level < 4; level++) {
		uint64_t iopl = (uint64_t)level << 12;
		struct regs r = user_regs(i_ud, 0);
		const struct regs *got;

		test_case("level %u, in the frame of user mode", level);
		r.rflags |= iopl;
		got = user_run_regs(&r);
		CHECK_EQ(got->vector, VEC_UD);
		CHECK_EQ(got->rflags & FLAG_IOPL, iopl);
		test_case("level %u, for the user's ports", level);
		r = user_regs(i_in8, POST_PORT);
		r.rflags |= iopl;
		got = user_run_regs(&r);
		CHECK_EQ(got->vector, level == 3 ? ENTRY_SYSCALL : VEC_GP);
		CHECK_EQ(got->rflags & FLAG_IOPL, iopl);
		test_case("level %u, the kernel", level);
		CHECK_EQ(kernel_watch(i_in8, POST_PORT)->vector, -1);
		test_case("level %u, not in the CPU's flags", level);
		r = user_regs(i_flags, 0);
		r.rflags |= iopl;
		CHECK_EQ(user_run_regs(&r)->rax & FLAG_IOPL, 0);
	}
	test_case("set_iopl is the same level");
	CHECK_EQ(set_iopl(2), 0);
	CHECK_EQ(kernel_watch(i_ud, 0)->regs.rflags & FLAG_IOPL, 2 << 12);
	CHECK_EQ(assist(VMASST_CMD_disable), 0);
	test_case("without the assist it is not in frames");
	CHECK_EQ(set_iopl(3), 0);
	CHECK_EQ(user_watch(i_ud, 0)->regs.rflags & FLAG_IOPL, 0);
	CHECK_EQ(user_watch(i_in8, POST_PORT)->vector, -1);
	CHECK_EQ(set_iopl(0), 0);
}

/* A domain without ports: all ones for its kernel, with the level for it. */
TEST(ports_unprivileged, 0)
{
	struct physdev_set_iopl op = { .iopl = 1 };
	static const unsigned int ports[] = {
		0x21, 0x40, 0x60, 0x80, 0x3f8, 0xcfc, 0xffff,
	};
	unsigned long value;
	struct peer p;

	peer_create(&p);
	for (unsigned int i = 0; i < ARRAY_SIZE(ports); i++) {
		test_case("port %x without a level", ports[i]);
		CHECK_EQ(peer_run(&p, i_in32, 64, ports[i], 0, &value), VEC_GP);
	}
	CHECK_EQ(peer_op(&p, __HYPERVISOR_physdev_op, PHYSDEVOP_set_iopl, &op,
			 sizeof(op)), 0);
	for (unsigned int i = 0; i < ARRAY_SIZE(ports); i++) {
		test_case("port %x", ports[i]);
		CHECK_EQ(peer_run(&p, i_in32, 64, ports[i], 0, &value), -1);
		CHECK_EQ(value, 0xffffffff);
		CHECK_EQ(peer_run(&p, i_in8, 64, ports[i], 0, &value), -1);
		CHECK_EQ(value, 0xff);
		CHECK_EQ(peer_run(&p, i_out8, 64, ports[i], 0, &value), -1);
	}
	peer_destroy(&p);
}
