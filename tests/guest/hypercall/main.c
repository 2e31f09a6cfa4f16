/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The front door. A number that names no call, and a sub-number that names no
 * operation, give -ENOSYS; a pointer that cannot be read or written gives
 * -EFAULT and changes nothing; a call keeps every register but rax, rcx, r11
 * and those of its arguments.
 *
 * From <xen/xen.h> and <xen/version.h>.
 */
#include "common/test.h"

#define UNMAPPED	TEST_VA
#define NONCANONICAL	0x0000800000000000UL
#define HYPERVISOR	0xffff830000000000UL
#define WRAPS		0xfffffffffffff000UL

TEST(hypercall_unknown, 0)
{
	static const unsigned long numbers[] = {
		11, 43, 44, 45, 46, 47, 56, 57, 62, 63, 64, 65, 100, 127, 128,
		255, 256, 4095, 65535, 0x7fffffff, 0x80000000, 0xffffffff,
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(numbers); i++) {
		test_case("number %lu", numbers[i]);
		CHECK_EQ(hypercall_nr(numbers[i], 0, 0, 0, 0, 0),
			 -XEN_ENOSYS);
	}
}

/* The number is rax, all of it. */
TEST(hypercall_number_width, 0)
{
	CHECK_EQ(hypercall_nr(__HYPERVISOR_xen_version, XENVER_version,
			      0, 0, 0, 0),
		 hc_xen_version(XENVER_version, NULL));
	CHECK_EQ(hypercall_nr(__HYPERVISOR_xen_version | 1UL << 32,
			      XENVER_version, 0, 0, 0, 0), -XEN_ENOSYS);
	CHECK_EQ(hypercall_nr(__HYPERVISOR_xen_version | 1UL << 63,
			      XENVER_version, 0, 0, 0, 0), -XEN_ENOSYS);
}

TEST(hypercall_unknown_op, 0)
{
	static const struct {
		const char *name;
		unsigned int nr;
		unsigned long op;
	} calls[] = {
		{ "xen_version", __HYPERVISOR_xen_version, 999 },
		{ "sched_op", __HYPERVISOR_sched_op, 999 },
		{ "event_channel_op", __HYPERVISOR_event_channel_op, 999 },
		{ "callback_op", __HYPERVISOR_callback_op, 999 },
		{ "physdev_op", __HYPERVISOR_physdev_op, 999 },
		{ "vcpu_op", __HYPERVISOR_vcpu_op, 999 },
		{ "memory_op", __HYPERVISOR_memory_op, 63 },
		{ "console_io", __HYPERVISOR_console_io, 999 },
		{ "nmi_op", __HYPERVISOR_nmi_op, 999 },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(calls); i++) {
		test_case("%s", calls[i].name);
		CHECK_EQ(hypercall_nr(calls[i].nr, calls[i].op, 0, 0, 0, 0),
			 -XEN_ENOSYS);
	}
}

TEST(hypercall_bad_pointer, 0)
{
	static const struct {
		const char *name;
		unsigned int nr, op;
	} calls[] = {
		{ "XENVER_extraversion", __HYPERVISOR_xen_version,
		  XENVER_extraversion },
		{ "XENVER_capabilities", __HYPERVISOR_xen_version,
		  XENVER_capabilities },
		{ "XENVER_platform_parameters", __HYPERVISOR_xen_version,
		  XENVER_platform_parameters },
		{ "XENVER_get_features", __HYPERVISOR_xen_version,
		  XENVER_get_features },
		{ "SCHEDOP_poll", __HYPERVISOR_sched_op, SCHEDOP_poll },
		{ "SCHEDOP_shutdown", __HYPERVISOR_sched_op,
		  SCHEDOP_shutdown },
		{ "EVTCHNOP_send", __HYPERVISOR_event_channel_op,
		  EVTCHNOP_send },
		{ "EVTCHNOP_bind_virq", __HYPERVISOR_event_channel_op,
		  EVTCHNOP_bind_virq },
		{ "EVTCHNOP_alloc_unbound", __HYPERVISOR_event_channel_op,
		  EVTCHNOP_alloc_unbound },
		{ "EVTCHNOP_status", __HYPERVISOR_event_channel_op,
		  EVTCHNOP_status },
		{ "CALLBACKOP_register", __HYPERVISOR_callback_op,
		  CALLBACKOP_register },
		{ "PHYSDEVOP_eoi", __HYPERVISOR_physdev_op, PHYSDEVOP_eoi },
		{ "PHYSDEVOP_set_iopl", __HYPERVISOR_physdev_op,
		  PHYSDEVOP_set_iopl },
		{ "XENMEM_current_reservation", __HYPERVISOR_memory_op,
		  XENMEM_current_reservation },
		{ "XENMEM_memory_map", __HYPERVISOR_memory_op,
		  XENMEM_memory_map },
	};
	static const struct {
		const char *name;
		unsigned long va;
	} pointers[] = {
		{ "unmapped", UNMAPPED },
		{ "non-canonical", NONCANONICAL },
		{ "in the hypervisor", HYPERVISOR },
		{ "at the end", WRAPS },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(calls); i++) {
		for (unsigned int p = 0; p < ARRAY_SIZE(pointers); p++) {
			test_case("%s, %s", calls[i].name, pointers[p].name);
			CHECK_EQ(hypercall_nr(calls[i].nr, calls[i].op,
					      pointers[p].va, 0, 0, 0),
				 -XEN_EFAULT);
		}
	}
}

/* A read-only page cannot take a result, though it can hold an argument. */
TEST(hypercall_readonly_pointer, 0)
{
	void *page = table_alloc();

	CHECK_EQ(hc_xen_version(XENVER_extraversion, page), -XEN_EFAULT);
	CHECK_EQ(hc_xen_version(XENVER_get_features, page), -XEN_EFAULT);
	table_free(page);
}

/* An argument may cross from a mapped page into one that is not. */
TEST(hypercall_split_pointer, 0)
{
	char *page = page_alloc();
	struct xen_feature_info *info;

	CHECK_EQ(map_page(kernel_root, TEST_VA,
			  pte_make(virt_to_mfn(page), PTE_KERNEL)), 0);
	info = (void *)(TEST_VA + PAGE_SIZE - sizeof(*info));
	info->submap_idx = 0;
	CHECK_EQ(hc_xen_version(XENVER_get_features, info), 0);
	info = (void *)(TEST_VA + PAGE_SIZE - sizeof(*info) / 2);
	CHECK_EQ(hc_xen_version(XENVER_get_features, info), -XEN_EFAULT);
	CHECK_EQ(hc_xen_version(XENVER_extraversion,
				(void *)(TEST_VA + PAGE_SIZE - 1)),
		 -XEN_EFAULT);
	unmap_test_va(TEST_VA);
	page_free(page);
}

TEST(hypercall_registers, 0)
{
	unsigned long in[9], out[9];

	for (unsigned int i = 0; i < ARRAY_SIZE(in); i++) {
		in[i] = 0x1111111111111111UL * (i + 1);
	}
	asm volatile("push %%rbp\n"
		     "mov 0(%[in]), %%rbp\n"
		     "mov 8(%[in]), %%r9\n"
		     "mov 16(%[in]), %%r12\n"
		     "mov 24(%[in]), %%r13\n"
		     "mov 32(%[in]), %%r14\n"
		     "mov 40(%[in]), %%r15\n"
		     "push %%rbx\n"
		     "push %[out]\n"
		     "mov 48(%[in]), %%rbx\n"
		     "xor %%edi, %%edi\n"
		     "xor %%esi, %%esi\n"
		     "call hypercall_page + %c[nr] * 32\n"
		     "pop %%rcx\n"
		     "mov %%rbx, 48(%%rcx)\n"
		     "pop %%rbx\n"
		     "mov %%rbp, 0(%%rcx)\n"
		     "mov %%r9, 8(%%rcx)\n"
		     "mov %%r12, 16(%%rcx)\n"
		     "mov %%r13, 24(%%rcx)\n"
		     "mov %%r14, 32(%%rcx)\n"
		     "mov %%r15, 40(%%rcx)\n"
		     "pop %%rbp\n"
		     : : [in] "a" (in), [out] "d" (out),
		       [nr] "i" (__HYPERVISOR_xen_version)
		     : "rcx", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12",
		       "r13", "r14", "r15", "memory", "cc");
	for (unsigned int i = 0; i < 7; i++) {
		test_case("register %u", i);
		CHECK_EQ(out[i], in[i]);
	}
}

/* The flags survive too, but for those that only the hypervisor may set. */
TEST(hypercall_flags, 0)
{
	unsigned long flags;

	asm volatile("pushfq\n"
		     "orq $0x400, (%%rsp)\n"
		     "popfq\n"
		     "stc\n"
		     "xor %%edi, %%edi\n"
		     "mov %[nr], %%eax\n"
		     "stc\n"
		     "syscall\n"
		     "pushfq\n"
		     "pop %[flags]\n"
		     "cld\n"
		     : [flags] "=r" (flags)
		     : [nr] "i" (__HYPERVISOR_xen_version)
		     : "rax", "rcx", "rdi", "rsi", "rdx", "r8", "r10", "r11",
		       "memory", "cc");
	CHECK_EQ(flags & FLAG_DF, FLAG_DF);
	CHECK_EQ(flags & FLAG_CF, FLAG_CF);
}

TEST(xen_version, 0)
{
	static char text[2048];
	struct xen_platform_parameters params;
	long version = hc_xen_version(XENVER_version, NULL);

	CHECK_EQ(version, 4 << 16 | 17);
	CHECK_EQ(hc_xen_version(XENVER_pagesize, NULL), PAGE_SIZE);

	memset(text, 0xff, sizeof(text));
	CHECK_EQ(hc_xen_version(XENVER_extraversion, text), 0);
	CHECK(strlen(text) < sizeof(xen_extraversion_t));
	CHECK_EQ(text[sizeof(xen_extraversion_t)], (char)0xff);

	memset(text, 0xff, sizeof(text));
	CHECK_EQ(hc_xen_version(XENVER_capabilities, text), 0);
	CHECK(strlen(text) < sizeof(xen_capabilities_info_t));
	CHECK(strstr(text, "xen-3.0-x86_64"), "%s", text);
	CHECK_EQ(text[sizeof(xen_capabilities_info_t)], (char)0xff);

	memset(text, 0xff, sizeof(text));
	CHECK_EQ(hc_xen_version(XENVER_changeset, text), 0);
	CHECK(strlen(text) < sizeof(xen_changeset_info_t));

	memset(text, 0xff, sizeof(text));
	CHECK_EQ(hc_xen_version(XENVER_commandline, text), 0);
	CHECK(strlen(text) < sizeof(xen_commandline_t));

	CHECK_EQ(hc_xen_version(XENVER_compile_info, text), 0);
	CHECK_EQ(hc_xen_version(XENVER_platform_parameters, &params), 0);
	CHECK_EQ(params.virt_start, HYPERVISOR_VIRT_START);
	CHECK_EQ(hc_xen_version(XENVER_guest_handle, text), 0);
}

/* Those for 32-bit guests may be there or not. */
TEST(xen_version_features, 0)
{
	static const struct {
		unsigned int bit;
		bool want;
		const char *name;
	} features[] = {
		{ XENFEAT_writable_page_tables, false, "writable_page_tables" },
		{ XENFEAT_writable_descriptor_tables, false,
		  "writable_descriptor_tables" },
		{ XENFEAT_auto_translated_physmap, false,
		  "auto_translated_physmap" },
		{ XENFEAT_supervisor_mode_kernel, false,
		  "supervisor_mode_kernel" },
		{ XENFEAT_mmu_pt_update_preserve_ad, true,
		  "mmu_pt_update_preserve_ad" },
		{ XENFEAT_gnttab_map_avail_bits, true,
		  "gnttab_map_avail_bits" },
		{ XENFEAT_hvm_callback_vector, false, "hvm_callback_vector" },
	};
	struct xen_feature_info info = { .submap_idx = 0 };

	CHECK_EQ(hc_xen_version(XENVER_get_features, &info), 0);
	for (unsigned int i = 0; i < ARRAY_SIZE(features); i++) {
		test_case("%s", features[i].name);
		CHECK_EQ(info.submap >> features[i].bit & 1, features[i].want);
	}
	test_case("dom0");
	CHECK_EQ(info.submap >> XENFEAT_dom0 & 1, is_initial_domain());

	test_case("a map that does not exist");
	info.submap_idx = XENFEAT_NR_SUBMAPS;
	info.submap = 0xffffffff;
	CHECK_EQ(hc_xen_version(XENVER_get_features, &info), -XEN_EINVAL);
	CHECK_EQ(info.submap, 0xffffffff);
}
