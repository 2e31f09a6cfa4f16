/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * memory_op: the domain's reservation and its changes. Increase, decrease and
 * populate return how many extents they did, in whole or in part; memory that
 * is given back must not be in use.
 *
 * From <xen/memory.h>.
 */
#include "common/test.h"

static long reservation(unsigned int cmd, domid_t domid)
{
	struct xen_memory_domain d = { .domid = domid };

	return hc_memory_op(cmd, &d);
}

TEST(memory_counts, 0)
{
	long ram = hc_memory_op(XENMEM_maximum_ram_page, NULL);
	long now = reservation(XENMEM_current_reservation, DOMID_SELF);
	long max = reservation(XENMEM_maximum_reservation, DOMID_SELF);
	unsigned long highest = 0;

	for (unsigned long i = 0; i < start_info->nr_pages; i++) {
		highest = p2m[i] > highest ? p2m[i] : highest;
	}
	CHECK(ram >= (long)highest, "%ld < %lu", ram, highest);
	CHECK(now >= (long)start_info->nr_pages, "%ld", now);
	CHECK(max >= now);
	CHECK_EQ(reservation(XENMEM_current_reservation, 999), -XEN_ESRCH);
	CHECK_EQ(reservation(XENMEM_maximum_reservation, 999), -XEN_ESRCH);
	CHECK_EQ(reservation(XENMEM_maximum_gpfn, 999), -XEN_ESRCH);
}

TEST(memory_m2p, 0)
{
	struct xen_machphys_mapping m;
	struct xen_machphys_mfn_list list = { .max_extents = 4 };
	xen_pfn_t extents[4] = { 0 };

	CHECK_EQ(hc_memory_op(XENMEM_machphys_mapping, &m), 0);
	CHECK_EQ(m.v_start, MACH2PHYS_VIRT_START);
	CHECK(m.v_end <= MACH2PHYS_VIRT_END);
	CHECK(m.max_mfn + 1 >=
	      (unsigned long)hc_memory_op(XENMEM_maximum_ram_page, NULL),
	      "%lx < %lx", m.max_mfn,
	      hc_memory_op(XENMEM_maximum_ram_page, NULL));
	set_xen_guest_handle(list.extent_start, extents);
	CHECK_EQ(hc_memory_op(XENMEM_machphys_mfn_list, &list), 0);
	CHECK(list.nr_extents >= 1 && list.nr_extents <= 4);
	CHECK(extents[0] != 0);
}

/* An entry of TEST_VA that names a frame of the hypervisor's. */
static long map_theirs(pte_t e)
{
	return hypercall(__HYPERVISOR_update_va_mapping_otherdomain, TEST_VA, e,
			 UVMF_INVLPG, DOMID_XEN, 0);
}

/* The domain that has the machine may map the table, to read; nothing more. */
TEST(memory_m2p_read_only, 0)
{
	struct xen_machphys_mfn_list list = { .max_extents = 1 };
	xen_pfn_t mfn = 0;
	struct mmuext_op op;
	struct mmu_update req;
	uint64_t first;

	if (!is_initial_domain()) {
		test_skip("not the control domain");
	}
	set_xen_guest_handle(list.extent_start, &mfn);
	CHECK_EQ(hc_memory_op(XENMEM_machphys_mfn_list, &list), 0);
	first = ((uint64_t *)MACH2PHYS_VIRT_START)[0x100];
	pte_reach(kernel_root, TEST_VA, 1);
	test_case("to read");
	CHECK_EQ(map_theirs(pte_make(mfn, PTE_USER & ~PTE_RW)), 0);
	CHECK_EQ(((uint64_t *)TEST_VA)[0x100], first);
	CHECK_EQ(hc_update_va_mapping(TEST_VA, 0, UVMF_INVLPG), 0);
	test_case("to write");
	CHECK(map_theirs(pte_make(mfn, PTE_USER)) < 0);
	test_case("as a table");
	for (unsigned int cmd = MMUEXT_PIN_L1_TABLE;
	     cmd <= MMUEXT_UNPIN_TABLE; cmd++) {
		op = (struct mmuext_op) { .cmd = cmd, .arg1.mfn = mfn };
		CHECK(hc_mmuext_op(&op, 1, NULL, DOMID_XEN) < 0);
	}
	test_case("cleared, or copied to");
	op = (struct mmuext_op) { .cmd = MMUEXT_CLEAR_PAGE, .arg1.mfn = mfn };
	CHECK(hc_mmuext_op(&op, 1, NULL, DOMID_XEN) < 0);
	op = (struct mmuext_op) {
		.cmd = MMUEXT_COPY_PAGE, .arg1.mfn = mfn, .arg2.src_mfn = mfn,
	};
	CHECK(hc_mmuext_op(&op, 1, NULL, DOMID_XEN) < 0);
	test_case("an entry written");
	req = (struct mmu_update) {
		.ptr = (mfn << PAGE_SHIFT) + 0x800, .val = first,
	};
	CHECK(hc_mmu_update(&req, 1, NULL,
			    DOMID_XEN | (DOMID_XEN + 1) << 16) < 0);
	CHECK_EQ(((uint64_t *)MACH2PHYS_VIRT_START)[0x100], first);
	unmap_test_va(TEST_VA);
}

TEST(memory_map, 0)
{
	static struct {
		uint64_t addr, size;
		uint32_t type;
	} __attribute__((packed)) e820[128];
	struct xen_memory_map map = { .nr_entries = 128 };
	int err;

	set_xen_guest_handle(map.buffer, (void *)e820);
	err = hc_memory_op(XENMEM_machine_memory_map, &map);
	if (!is_initial_domain()) {
		CHECK_EQ(err, -XEN_EPERM);
		return;
	}
	CHECK_EQ(err, 0);
	CHECK(map.nr_entries > 0 && map.nr_entries <= 128);
	CHECK_EQ(e820[0].addr, 0);
	for (unsigned int i = 1; i < map.nr_entries; i++) {
		CHECK(e820[i].addr >= e820[i - 1].addr + e820[i - 1].size);
	}
	test_case("a list too short");
	map.nr_entries = 1;
	CHECK_EQ(hc_memory_op(XENMEM_machine_memory_map, &map), -XEN_EINVAL);
}

static xen_pfn_t list[16];

static struct xen_memory_reservation res(unsigned int n, unsigned int order)
{
	struct xen_memory_reservation r = {
		.nr_extents = n, .extent_order = order, .domid = DOMID_SELF,
	};

	set_xen_guest_handle(r.extent_start, list);
	return r;
}

/* Pages given away and got back, under their old numbers. */
TEST(memory_balloon, 0)
{
	enum { N = 16 };
	void *pages[N];
	long before = reservation(XENMEM_current_reservation, DOMID_SELF);
	struct xen_memory_reservation r = res(N, 0);

	for (unsigned int i = 0; i < N; i++) {
		pages[i] = page_alloc();
	}
	test_case("out");
	for (unsigned int i = 0; i < N; i++) {
		list[i] = virt_to_mfn(pages[i]);
		CHECK_EQ(hc_update_va_mapping((unsigned long)pages[i], 0,
					      UVMF_INVLPG), 0);
	}
	r.nr_extents = N;
	CHECK_EQ(hc_memory_op(XENMEM_decrease_reservation, &r), N);
	CHECK_EQ(reservation(XENMEM_current_reservation, DOMID_SELF),
		 before - N);
	test_case("a frame given away is not ours to map");
	CHECK(hc_update_va_mapping((unsigned long)pages[0],
				   pte_make(p2m[virt_to_pfn(pages[0])],
					    PTE_KERNEL), UVMF_INVLPG) < 0);
	test_case("nor to give again");
	list[0] = p2m[virt_to_pfn(pages[0])];
	r.nr_extents = 1;
	CHECK_EQ(hc_memory_op(XENMEM_decrease_reservation, &r), 0);
	test_case("in");
	for (unsigned int i = 0; i < N; i++) {
		list[i] = virt_to_pfn(pages[i]);
	}
	r.nr_extents = N;
	CHECK_EQ(hc_memory_op(XENMEM_populate_physmap, &r), N);
	CHECK_EQ(reservation(XENMEM_current_reservation, DOMID_SELF), before);
	for (unsigned int i = 0; i < N; i++) {
		unsigned long pfn = virt_to_pfn(pages[i]);
		unsigned int wrong = 0;

		p2m[pfn] = list[i];
		CHECK_EQ(m2p[list[i]], pfn);
		CHECK_EQ(hc_update_va_mapping((unsigned long)pages[i],
					      pte_make(list[i], PTE_KERNEL),
					      UVMF_INVLPG), 0);
		for (unsigned int b = 0; b < PAGE_SIZE; b++) {
			wrong += ((char *)pages[i])[b] != 0;
		}
		test_case("scrubbed, page %u", i);
		CHECK_EQ(wrong, 0);
		page_free(pages[i]);
	}
}

TEST(memory_refusals, 0)
{
	struct xen_memory_reservation r = res(1, 0);

	test_case("an unreadable list: none done");
	set_xen_guest_handle(r.extent_start, (xen_pfn_t *)TEST_VA);
	CHECK_EQ(hc_memory_op(XENMEM_decrease_reservation, &r), 0);
	CHECK_EQ(hc_memory_op(XENMEM_populate_physmap, &r), 0);
	test_case("a wild frame");
	r = res(1, 0);
	list[0] = 0xffffffffUL;
	CHECK_EQ(hc_memory_op(XENMEM_decrease_reservation, &r), 0);
	list[0] = hypervisor_mfn();
	CHECK_EQ(hc_memory_op(XENMEM_decrease_reservation, &r), 0);
	test_case("no such domain");
	r.domid = 999;
	CHECK_EQ(hc_memory_op(XENMEM_decrease_reservation, &r), 0);
	test_case("an extent too large");
	r = res(1, 25);
	list[0] = 0;
	CHECK_EQ(hc_memory_op(XENMEM_populate_physmap, &r), 0);
	test_case("unreadable arguments: none done");
	CHECK_EQ(hc_memory_op(XENMEM_increase_reservation, (void *)TEST_VA),
		 0);
	CHECK_EQ(hc_memory_op(XENMEM_decrease_reservation, (void *)TEST_VA),
		 0);
	CHECK_EQ(hc_memory_op(XENMEM_populate_physmap, (void *)TEST_VA), 0);
}

static xen_pfn_t in_list[16], out_list[16];

static struct xen_memory_exchange exchange(unsigned int n_in,
					   unsigned int in_order,
					   unsigned int n_out,
					   unsigned int out_order)
{
	struct xen_memory_exchange x = {
		.in = { .nr_extents = n_in, .extent_order = in_order,
			.domid = DOMID_SELF },
		.out = { .nr_extents = n_out, .extent_order = out_order,
			 .domid = DOMID_SELF },
	};

	set_xen_guest_handle(x.in.extent_start, in_list);
	set_xen_guest_handle(x.out.extent_start, out_list);
	return x;
}

/* Frames exchanged for others: new ones, zeroed, under the old numbers. */
TEST(memory_exchange, 0)
{
	enum { N = 4 };
	void *pages[N];
	long before = reservation(XENMEM_current_reservation, DOMID_SELF);
	struct xen_memory_exchange x = exchange(N, 0, N, 0);
	int err;

	for (unsigned int i = 0; i < N; i++) {
		pages[i] = page_alloc();
		in_list[i] = virt_to_mfn(pages[i]);
		out_list[i] = virt_to_pfn(pages[i]);
		CHECK_EQ(hc_update_va_mapping((unsigned long)pages[i], 0,
					      UVMF_INVLPG), 0);
	}
	err = hc_memory_op(XENMEM_exchange, &x);
	CHECK_EQ(err, 0);
	CHECK_EQ(x.nr_exchanged, N);
	CHECK_EQ(reservation(XENMEM_current_reservation, DOMID_SELF), before);
	for (unsigned int i = 0; i < N; i++) {
		unsigned long pfn = virt_to_pfn(pages[i]);

		test_case("page %u", i);
		p2m[pfn] = err ? in_list[i] : out_list[i];
		CHECK_EQ(m2p[p2m[pfn]], pfn);
		CHECK_EQ(hc_update_va_mapping((unsigned long)pages[i],
					      pte_make(p2m[pfn], PTE_KERNEL),
					      UVMF_INVLPG), 0);
		page_free(pages[i]);
	}
}

TEST(memory_exchange_refusals, 0)
{
	const struct {
		const char *name;
		unsigned int n_in, in_order, n_out, out_order;
		unsigned long exchanged;
	} cases[] = {
		{ "unequal sizes", 4, 0, 2, 0, 0 },
		{ "unequal sizes, by order", 1, 1, 1, 0, 0 },
		{ "more exchanged than there are", 4, 0, 4, 0, 5 },
		{ "a huge progress counter", 4, 0, 4, 0, ~0UL },
		{ "a progress counter that wraps", 4, 0, 4, 0, 1UL << 63 },
		{ "orders beyond reason", 1, 40, 1, 40, 0 },
		{ "counts that wrap", 1U << 31, 9, 1U << 31, 9, 0 },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		struct xen_memory_exchange x = exchange(cases[i].n_in,
			cases[i].in_order, cases[i].n_out, cases[i].out_order);

		test_case("%s", cases[i].name);
		x.nr_exchanged = cases[i].exchanged;
		CHECK(hc_memory_op(XENMEM_exchange, &x) < 0);
	}
	test_case("unreadable");
	CHECK_EQ(hc_memory_op(XENMEM_exchange, (void *)TEST_VA), -XEN_EFAULT);
	test_case("a page in use");
	{
		struct xen_memory_exchange x = exchange(1, 0, 1, 0);

		in_list[0] = virt_to_mfn(kernel_root);
		out_list[0] = virt_to_pfn(kernel_root);
		CHECK(hc_memory_op(XENMEM_exchange, &x) < 0);
		CHECK_EQ(x.nr_exchanged, 0);
	}
}

/* For translated guests only. */
TEST(memory_translated_only, 0)
{
	struct xen_add_to_physmap add = {
		.domid = DOMID_SELF, .space = XENMAPSPACE_shared_info,
		.gpfn = 0x100,
	};
	struct xen_remove_from_physmap remove = {
		.domid = DOMID_SELF, .gpfn = 0x100,
	};

	CHECK(hc_memory_op(XENMEM_add_to_physmap, &add) < 0);
	CHECK(hc_memory_op(XENMEM_remove_from_physmap, &remove) < 0);
}

/* Extents of each order that a domain may ask for, out and back in. */
TEST(memory_orders, 0)
{
	struct xen_memory_reservation r;
	long before = reservation(XENMEM_current_reservation, DOMID_SELF);

	for (unsigned int order = 0; order <= 9; order++) {
		xen_pfn_t base;
		unsigned int pages = 1U << order, wrong = 0;

		test_case("order %u", order);
		/* Single pages out, to have room under the maximum. */
		r = res(1, order);
		list[0] = 0;
		if (hc_memory_op(XENMEM_increase_reservation, &r) != 1) {
			continue;	/* at the maximum, or none so large */
		}
		base = list[0];
		CHECK_EQ(base & (pages - 1), 0);
		CHECK_EQ(reservation(XENMEM_current_reservation, DOMID_SELF),
			 before + pages);
		CHECK_EQ(map_page(kernel_root, TEST_VA,
				  pte_make(base + pages - 1, PTE_KERNEL)), 0);
		for (unsigned int i = 0; i < PAGE_SIZE / 8; i++) {
			wrong += ((volatile uint64_t *)TEST_VA)[i] != 0;
		}
		CHECK_EQ(wrong, 0);
		unmap_test_va(TEST_VA);
		r = res(1, order);
		list[0] = base;
		CHECK_EQ(hc_memory_op(XENMEM_decrease_reservation, &r), 1);
		CHECK_EQ(reservation(XENMEM_current_reservation, DOMID_SELF),
			 before);
	}
}
