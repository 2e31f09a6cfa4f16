/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Descriptor tables. set_gdt takes up to 14 frames of the guest's own; the
 * rest of the GDT is the hypervisor's. A frame used so is a descriptor page:
 * it can have no writable mapping, and what is in it was checked, entry by
 * entry; update_descriptor changes one entry. Descriptors may be absent, or
 * code or data; system descriptors, and privileged ones, are refused. The LDT
 * is set by MMUEXT_SET_LDT and its pages are checked at first use.
 *
 * From <xen/xen.h>, "Segment Descriptor Tables".
 */
#include "common/audit.h"
#include "common/snippet.h"

#define DATA_RW		0x00cff3000000ffffUL	/* flat, ring 3, writable */
#define DATA_RO		0x00cff1000000ffffUL
#define CODE_32		0x00cffb000000ffffUL
#define CODE_64		0x00affb000000ffffUL
#define ABSENT		0x0000000000000000UL
#define ABSENT_TSS	0x0000090000000067UL
#define TSS		0x0000890000000067UL
#define LDT		0x0000820000000fffUL
#define TRAP_GATE	0x00008f0000000000UL
#define CALL_GATE	12	/* a type */
#define INT_GATE	0x00008e0000000000UL

static uint64_t *gdt_page(uint64_t descriptor, unsigned int index)
{
	uint64_t *page = page_alloc();

	page[index] = descriptor;
	return page;
}

static int set_gdt(uint64_t *page, unsigned int entries)
{
	unsigned long frame = virt_to_mfn(page);

	return hc_set_gdt(&frame, entries);
}

static struct fault load_es(unsigned int selector)
{
	struct fault f;

	TRY(f, "mov %0, %%es", : : "r" (selector) : "memory");
	asm volatile("mov %0, %%es" : : "r" (0));
	return f;
}

TEST(gdt_set, 0)
{
	uint64_t *page = gdt_page(DATA_RW, 5);

	test_case("a writable frame");
	CHECK_EQ(set_gdt(page, 512), -XEN_EINVAL);
	page_set_writable(page, false);
	test_case("a read-only frame");
	CHECK_EQ(set_gdt(page, 512), 0);
	CHECK_EQ(load_es(5 << 3 | 3).vector, -1);
	test_case("an empty entry");
	CHECK_GP(load_es(6 << 3 | 3), 6 << 3);
	test_case("the flat segments are still there");
	CHECK_EQ(load_es(FLAT_RING3_DS32).vector, -1);
	test_case("it cannot be made writable");
	CHECK_EQ(page_set_writable(page, true), -XEN_EBUSY);
	test_case("no entries");
	CHECK_EQ(hc_set_gdt(NULL, 0), 0);
	CHECK_GP(load_es(5 << 3 | 3), 5 << 3);
	CHECK_EQ(page_set_writable(page, true), 0);
	page_free(page);
}

TEST(gdt_set_refusals, 0)
{
	unsigned long frames[16];
	uint64_t *page = gdt_page(DATA_RW, 5);

	page_set_writable(page, false);
	for (unsigned int i = 0; i < ARRAY_SIZE(frames); i++) {
		frames[i] = virt_to_mfn(page);
	}
	test_case("into the hypervisor's entries");
	CHECK_EQ(hc_set_gdt(frames, FIRST_RESERVED_GDT_ENTRY + 1),
		 -XEN_EINVAL);
	CHECK_EQ(hc_set_gdt(frames, 8192), -XEN_EINVAL);
	test_case("as many as there may be");
	CHECK_EQ(hc_set_gdt(frames, FIRST_RESERVED_GDT_ENTRY), 0);
	CHECK_EQ(load_es((512 + 5) << 3 | 3).vector, -1);
	test_case("a bad list");
	CHECK_EQ(hc_set_gdt((void *)TEST_VA, 512), -XEN_EFAULT);
	test_case("a wild frame");
	frames[1] = 0xfffffffffUL;
	CHECK_EQ(hc_set_gdt(frames, 1024), -XEN_EINVAL);
	test_case("a page table");
	frames[1] = virt_to_mfn(kernel_root);
	CHECK_EQ(hc_set_gdt(frames, 1024), -XEN_EINVAL);
	test_case("the old one stays after a refusal");
	CHECK_EQ(load_es(5 << 3 | 3).vector, -1);
	hc_set_gdt(NULL, 0);
	CHECK_EQ(page_set_writable(page, true), 0);
	page_free(page);
}

static const struct {
	const char *name;
	uint64_t descriptor;
	bool allowed;
} descriptors[] = {
	{ "absent", ABSENT, true },
	{ "data", DATA_RW, true },
	{ "read-only data", DATA_RO, true },
	{ "32-bit code", CODE_32, true },
	{ "64-bit code", CODE_64, true },
	{ "absent system", ABSENT_TSS, true },
	{ "TSS", TSS, false },
	{ "LDT", LDT, false },
	{ "trap gate", TRAP_GATE, false },
	{ "interrupt gate", INT_GATE, false },
};

/* Each descriptor in a fresh table, and put into a table that is in use. */
TEST(gdt_descriptors, 0)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(descriptors); i++) {
		uint64_t *page = gdt_page(descriptors[i].descriptor, 7);
		bool ok = descriptors[i].allowed;

		test_case("%s", descriptors[i].name);
		page_set_writable(page, false);
		CHECK_EQ(set_gdt(page, 512), ok ? 0 : -XEN_EINVAL);
		hc_set_gdt(NULL, 0);
		CHECK_EQ(page_set_writable(page, true), 0);
		page[7] = 0;
		page_set_writable(page, false);
		CHECK_EQ(set_gdt(page, 512), 0);
		CHECK_EQ(hc_update_descriptor(virt_to_maddr(&page[9]),
					      descriptors[i].descriptor),
			 ok ? 0 : -XEN_EINVAL);
		if (!ok) {
			CHECK_EQ(page[9], 0);
		}
		hc_set_gdt(NULL, 0);
		page_set_writable(page, true);
		page_free(page);
	}
}

/*
 * Every present descriptor: each type, level, and mode of code. Code and data
 * are taken, and made ring 3's; a system descriptor only as type 0.
 *
 * Differs from Xen 4.17: call gates are refused; Xen takes them with a level
 * that nobody can use.
 */
TEST(gdt_every_descriptor, 0)
{
	uint64_t *target = page_alloc();

	page_set_writable(target, false);
	CHECK_EQ(set_gdt(target, 512), 0);
	for (unsigned int i = 0; i < 16 * 2 * 4 * 4; i++) {
		uint64_t type = i & 15, code_or_data = i >> 4 & 1;
		uint64_t level = i >> 5 & 3, mode = i >> 7;
		uint64_t d = 0x000080000000ffffUL | type << 40 |
			     code_or_data << 44 | level << 45 | mode << 53;
		uint64_t as_taken = d | (code_or_data ? 3UL << 45 : 0);
		bool ok = code_or_data || !type;
		uint64_t *page;

		if (!code_or_data && type == CALL_GATE && !on_paravane()) {
			continue;
		}
		page = gdt_page(d, 3);
		test_case("%lx", d);
		CHECK_EQ(hc_update_descriptor(virt_to_maddr(&target[9]), d),
			 ok ? 0 : -XEN_EINVAL);
		CHECK_EQ(target[9], ok ? as_taken : 0);
		hc_update_descriptor(virt_to_maddr(&target[9]), 0);
		test_case("%lx in a new page", d);
		page_set_writable(page, false);
		CHECK_EQ(set_gdt(page, 512), ok ? 0 : -XEN_EINVAL);
		CHECK_EQ(page[3], ok ? as_taken : d);
		CHECK_EQ(set_gdt(target, 512), 0);
		CHECK_EQ(page_set_writable(page, true), 0);
		page_free(page);
	}
	hc_set_gdt(NULL, 0);
	page_set_writable(target, true);
	page_free(target);
}

/* update_descriptor: on a writable page it is a store; elsewhere refused. */
TEST(update_descriptor, 0)
{
	uint64_t *page = page_alloc();

	test_case("a plain page");
	CHECK_EQ(hc_update_descriptor(virt_to_maddr(&page[3]), DATA_RW), 0);
	CHECK_EQ(page[3], DATA_RW);
	test_case("not aligned");
	CHECK_EQ(hc_update_descriptor(virt_to_maddr(&page[3]) + 4, DATA_RW),
		 -XEN_EINVAL);
	test_case("a page table");
	CHECK_EQ(hc_update_descriptor(virt_to_maddr(kernel_root), DATA_RW),
		 -XEN_EINVAL);
	test_case("a wild frame");
	CHECK_EQ(hc_update_descriptor(0xfffffffffUL << 12, DATA_RW),
		 -XEN_EINVAL);
	page_free(page);
}

TEST(ldt, 0)
{
	uint64_t *page = gdt_page(DATA_RW, 3);
	struct fault f;

	page_set_writable(page, false);
	test_case("in use");
	CHECK_EQ(set_ldt(page, 4), 0);
	CHECK_EQ(load_es(3 << 3 | 7).vector, -1);
	test_case("behind its end");
	CHECK_GP(load_es(5 << 3 | 7), 5 << 3 | 4);
	test_case("it cannot be made writable while cached");
	CHECK_EQ(page_set_writable(page, true), -XEN_EBUSY);
	test_case("taken away");
	CHECK_EQ(set_ldt(NULL, 0), 0);
	CHECK_GP(load_es(3 << 3 | 7), 3 << 3 | 4);
	CHECK_EQ(page_set_writable(page, true), 0);

	test_case("a bad descriptor spoils its page, which then is not there");
	page[4] = TSS;
	page_set_writable(page, false);
	CHECK_EQ(set_ldt(page, 4), 0);
	f = load_es(3 << 3 | 7);
	CHECK_EQ(f.vector, VEC_PF);
	CHECK_EQ(f.cr2, &page[3]);
	CHECK_EQ(set_ldt(NULL, 0), 0);
	CHECK_EQ(page_set_writable(page, true), 0);

	test_case("not page-aligned");
	CHECK_EQ(set_ldt(page + 1, 4), -XEN_EINVAL);
	test_case("too many entries");
	CHECK_EQ(set_ldt(page, 8193), -XEN_EINVAL);
	test_case("in the hypervisor");
	CHECK_EQ(set_ldt((void *)0xffff830000000000, 4), -XEN_EINVAL);
	CHECK_EQ(set_ldt(NULL, 0), 0);
	page_free(page);
}
