/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * memory_op at its edges, mostly on behalf of a domain that does not run:
 * extents of every order, the domain's limit, the machine's last page, lists
 * that go wrong in the middle, continuations nobody was given; and frames that
 * are given back while something still holds them.
 *
 * From <xen/memory.h>.
 */
#include "common/peer.h"

#define LIST	64
#define WINDOW	TEST_VA2

/* Above the command, in a call that goes on: how many extents were done. */
#define EXTENT_SHIFT	6

static xen_pfn_t list[LIST];

static long change(unsigned long cmd, domid_t id, xen_pfn_t *extents,
		   unsigned long n, unsigned int order)
{
	struct xen_memory_reservation r = {
		.nr_extents = n, .extent_order = order, .domid = id,
	};

	set_xen_guest_handle(r.extent_start, extents);
	return hypercall(__HYPERVISOR_memory_op, cmd, (unsigned long)&r, 0, 0,
			 0);
}

static long populate(domid_t id, unsigned long n, unsigned int order,
		     unsigned long first_name)
{
	for (unsigned long i = 0; i < n && i < LIST; i++) {
		list[i] = first_name + (i << order);
	}
	return change(XENMEM_populate_physmap, id, list, n, order);
}

static long decrease(domid_t id, unsigned long n, unsigned int order)
{
	return change(XENMEM_decrease_reservation, id, list, n, order);
}

static long pages_of(domid_t id)
{
	struct xen_memory_domain d = { .domid = id };

	return hc_memory_op(XENMEM_current_reservation, &d);
}

#define MARK	0x5ec2e75ec2e75ec2UL

/*
 * Maps a frame of the domain's at WINDOW, counts its words that are neither 0
 * nor what we have left in the domain's memory before, and leaves our mark.
 */
static unsigned int dirty_words(domid_t id, unsigned long mfn)
{
	struct mmu_update req = {
		.ptr = virt_to_maddr(pte_reach(kernel_root, WINDOW, 1)),
		.val = pte_make(mfn, PTE_KERNEL),
	};
	volatile uint64_t *words = (volatile uint64_t *)WINDOW;
	unsigned int dirty = 0;

	CHECK_EQ(hc_mmu_update(&req, 1, NULL, id), 0);
	for (unsigned int i = 0; i < PAGE_SIZE / 8; i++) {
		dirty += words[i] != 0 && words[i] != MARK;
		words[i] = MARK;
	}
	CHECK_EQ(hc_update_va_mapping(WINDOW, 0, UVMF_INVLPG), 0);
	return dirty;
}

/* Aligned, named one by one, clean; and taken back in the same pieces. */
TEST(memory_extents, 0)
{
	domid_t id = domain_new();

	domain_set_limit(id, 4 << 9);
	for (unsigned int round = 0; round < 2; round++) {
		for (unsigned int order = 0; order <= 9; order++) {
			unsigned long pages = 1UL << order, name = 0x1000;

			test_case("order %u, round %u", order, round);
			CHECK_EQ(populate(id, 3, order, name), 3);
			CHECK_EQ(pages_of(id), 3 * pages);
			for (unsigned int i = 0; i < 3; i++) {
				unsigned long base = list[i];
				unsigned int wrong = 0;

				CHECK_EQ(base & (pages - 1), 0);
				for (unsigned long k = 0; k < pages; k++) {
					wrong += m2p[base + k] != name++;
				}
				CHECK_EQ(wrong, 0);
				CHECK_EQ(dirty_words(id, base), 0);
				if (pages > 1) {
					CHECK_EQ(dirty_words(id, base + pages -
							     1), 0);
				}
			}
			CHECK_EQ(decrease(id, 3, order), 3);
			CHECK_EQ(pages_of(id), 0);
			test_case("order %u, given back twice", order);
			CHECK_EQ(decrease(id, 3, order), 0);
		}
	}
	unmap_test_va(WINDOW);
	domain_end(id);
}

/* Up to the limit, extent by extent; a lower limit takes nothing away. */
TEST(memory_limit, 0)
{
	domid_t id = domain_new();

	domain_set_limit(id, 10);
	test_case("more than may be");
	CHECK_EQ(populate(id, 16, 0, 0), 10);
	CHECK_EQ(pages_of(id), 10);
	CHECK_EQ(change(XENMEM_increase_reservation, id, list, 1, 0), 0);
	test_case("room for one extent, not for two");
	domain_set_limit(id, 17);
	CHECK_EQ(populate(id, 2, 2, 0x100), 1);
	CHECK_EQ(pages_of(id), 14);
	CHECK_EQ(populate(id, 1, 2, 0x200), 0);
	CHECK_EQ(populate(id, 4, 0, 0x200), 3);
	test_case("a limit below what there is");
	domain_set_limit(id, 5);
	CHECK_EQ(pages_of(id), 17);
	CHECK_EQ(populate(id, 1, 0, 0x300), 0);
	domain_end(id);
}

/*
 * The machine's last page: what cannot be done is not, what holds memory for
 * itself is refused, and afterwards all of it is there again.
 */
TEST(memory_exhausted, 0)
{
	domid_t id = domain_new(), other = 0;
	long before = free_pages(), got = 0, n;
	struct xen_domctl op = {
		.cmd = XEN_DOMCTL_createdomain,
		.u.createdomain = {
			.max_vcpus = 1, .max_evtchn_port = 1023,
			.max_grant_frames = 4, .max_maptrack_frames = 4,
			.grant_opts = XEN_DOMCTL_GRANT_version(1),
		},
	};

	domain_set_limit(id, 1UL << 26);
	for (int order = 9; order >= 0; order--) {
		do {
			n = populate(id, LIST, order, 0);
			CHECK(n >= 0 && n <= LIST, "%ld", n);
			got += n << order;
		} while (n == LIST);
		test_case("order %d", order);
		CHECK_EQ(pages_of(id), got);
		CHECK_EQ(populate(id, 1, order, 0), 0);
	}
	test_case("nearly all of it was got");
	CHECK(got > before * 9 / 10, "%ld of %ld", got, before);
	test_case("a new domain");
	if (!hc_domctl(&op)) {
		other = op.domain;
		domain_set_limit(other, 16);
		CHECK_EQ(populate(other, 16, 0, 0), 0);
	}
	test_case("an exchange");
	{
		struct xen_memory_exchange x = {
			.in = { .nr_extents = 1, .domid = DOMID_SELF },
			.out = { .nr_extents = 1, .domid = DOMID_SELF },
		};
		void *page = page_alloc();
		xen_pfn_t in = virt_to_mfn(page), out = virt_to_pfn(page);

		set_xen_guest_handle(x.in.extent_start, &in);
		set_xen_guest_handle(x.out.extent_start, &out);
		CHECK_EQ(hc_update_va_mapping((unsigned long)page, 0,
					      UVMF_INVLPG), 0);
		CHECK_EQ(hc_memory_op(XENMEM_exchange, &x), -XEN_ENOMEM);
		CHECK_EQ(x.nr_exchanged, 0);
		CHECK_EQ(hc_update_va_mapping((unsigned long)page,
					      pte_make(in, PTE_KERNEL),
					      UVMF_INVLPG), 0);
		CHECK_EQ(*(volatile char *)page, 0);
		page_free(page);
	}
	test_case("what needs none");
	CHECK_EQ(mmuext(MMUEXT_TLB_FLUSH_ALL, 0), 0);
	if (other) {
		domain_end(other);
	}
	domain_end(id);
	test_case("afterwards");
	id = domain_new();
	CHECK(free_pages_return_to(before), "%ld, not %ld", free_pages(),
	      before);
	domain_end(id);
}

/* A list that goes wrong at each place: what came before it is done. */
TEST(memory_partial, 0)
{
	enum { N = 8 };
	domid_t id = domain_new();
	char *page = page_alloc();
	xen_pfn_t *edge, frames[N];

	domain_set_limit(id, 2 * N);
	CHECK_EQ(map_page(kernel_root, TEST_VA,
			  pte_make(virt_to_mfn(page), PTE_KERNEL)), 0);
	for (unsigned int good = 0; good <= N; good++) {
		test_case("names, %u of them readable", good);
		edge = (xen_pfn_t *)(TEST_VA + PAGE_SIZE) - good;
		for (unsigned int i = 0; i < good; i++) {
			edge[i] = 0x100 + i;
		}
		CHECK_EQ(change(XENMEM_populate_physmap, id, edge, N, 0),
			 good);
		CHECK_EQ(pages_of(id), good);
		for (unsigned int i = 0; i < good; i++) {
			CHECK_EQ(m2p[edge[i]], 0x100 + i);
			list[i] = edge[i];
		}
		CHECK_EQ(decrease(id, good, 0), good);
		CHECK_EQ(pages_of(id), 0);
	}
	for (unsigned int bad = 0; bad < N; bad++) {
		test_case("frames, the wrong one is %u", bad);
		CHECK_EQ(populate(id, N, 0, 0), N);
		memcpy(frames, list, sizeof(frames));
		list[bad] = bad & 1 ? hypervisor_mfn() : virt_to_mfn(page);
		CHECK_EQ(decrease(id, N, 0), bad);
		CHECK_EQ(pages_of(id), N - bad);
		memcpy(list, frames + bad, sizeof(frames[0]) * (N - bad));
		CHECK_EQ(decrease(id, N - bad, 0), N - bad);
		CHECK_EQ(pages_of(id), 0);
	}
	test_case("the same frame twice");
	CHECK_EQ(populate(id, 2, 0, 0), 2);
	frames[0] = list[1];
	list[1] = list[0];
	CHECK_EQ(decrease(id, 2, 0), 1);
	CHECK_EQ(pages_of(id), 1);
	list[0] = frames[0];
	CHECK_EQ(decrease(id, 1, 0), 1);
	unmap_test_va(TEST_VA);
	page_free(page);
	domain_end(id);
}

/* The number of extents done goes on in the command's high bits. */
TEST(memory_continuation, 0)
{
	domid_t id = domain_new();
	static const struct {
		const char *name;
		unsigned long n, start;
		long want, pages;
	} cases[] = {
		{ "from the first", 4, 0, 4, 4 },
		{ "from the third", 4, 2, 4, 2 },
		{ "from the end", 4, 4, 4, 0 },
		{ "from behind the end", 4, 5, 5, 0 },
		{ "from far behind it", 4, 1UL << 40, 1L << 40, 0 },
		{ "none", 0, 0, 0, 0 },
		{ "more than there can be", 1UL << 63, 0, 0, 0 },
		{ "more than there can be, from the third", ~0UL, 2, 2, 0 },
	};

	domain_set_limit(id, 16);
	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case("%s", cases[i].name);
		for (unsigned int k = 0; k < 4; k++) {
			list[k] = k;
		}
		CHECK_EQ(change(XENMEM_populate_physmap |
				cases[i].start << EXTENT_SHIFT, id, list,
				cases[i].n, 0), cases[i].want);
		CHECK_EQ(pages_of(id), cases[i].pages);
		for (unsigned int k = 0; k < 4; k++) {
			CHECK_EQ(list[k] == k,
				 k < cases[i].start || k >= cases[i].n ||
				 !cases[i].pages);
		}
		if (cases[i].pages) {
			CHECK_EQ(change(XENMEM_decrease_reservation |
					cases[i].start << EXTENT_SHIFT,
					id, list, cases[i].n, 0),
				 cases[i].want);
		}
		CHECK_EQ(pages_of(id), 0);
	}
	domain_end(id);
}

/* Gets a new frame under the old number. */
static void refill(void *page)
{
	list[0] = virt_to_pfn(page);
	CHECK_EQ(change(XENMEM_populate_physmap, DOMID_SELF, list, 1, 0), 1);
	p2m[virt_to_pfn(page)] = list[0];
	CHECK_EQ(hc_update_va_mapping((unsigned long)page,
				      pte_make(list[0], PTE_KERNEL),
				      UVMF_INVLPG), 0);
}

/*
 * A frame that is given back while it is mapped, or is a page table, stays
 * with the domain until the last use of it has ended; then it is gone.
 *
 * Differs from Xen 4.17: a frame that is given back a second time, while it is
 * still in use, is not counted as one more.
 */
TEST(memory_last_reference, 0)
{
	char *page = page_alloc();
	unsigned long mfn = virt_to_mfn(page);
	long before = pages_of(DOMID_SELF);
	pte_t *table;

	test_case("mapped");
	CHECK_EQ(map_page(kernel_root, TEST_VA, pte_make(mfn, PTE_KERNEL)), 0);
	list[0] = mfn;
	CHECK_EQ(decrease(DOMID_SELF, 1, 0), 1);
	page[0] = 'x';
	CHECK_EQ(*(volatile char *)TEST_VA, 'x');
	CHECK_EQ(pages_of(DOMID_SELF), before);
	list[0] = mfn;
	CHECK_EQ(decrease(DOMID_SELF, 1, 0), !on_paravane());
	CHECK_EQ(pages_of(DOMID_SELF), before);
	test_case("one mapping less");
	CHECK_EQ(hc_update_va_mapping((unsigned long)page, 0, UVMF_INVLPG), 0);
	CHECK_EQ(*(volatile char *)TEST_VA, 'x');
	CHECK_EQ(pages_of(DOMID_SELF), before);
	test_case("the last one");
	CHECK_EQ(hc_update_va_mapping(TEST_VA, 0, UVMF_INVLPG), 0);
	CHECK_EQ(pages_of(DOMID_SELF), before - 1);
	CHECK(hc_update_va_mapping(TEST_VA, pte_make(mfn, PTE_KERNEL),
				   UVMF_INVLPG) < 0);
	refill(page);
	unmap_test_va(TEST_VA);
	CHECK_EQ(pages_of(DOMID_SELF), before);

	test_case("a pinned page table");
	table = table_alloc();
	mfn = virt_to_mfn(table);
	CHECK_EQ(mmuext(MMUEXT_PIN_L1_TABLE, mfn), 0);
	CHECK_EQ(pte_write(&table[3], pte_make(virt_to_mfn(page), PTE_USER)),
		 0);
	list[0] = mfn;
	CHECK_EQ(decrease(DOMID_SELF, 1, 0), 1);
	CHECK_EQ(hc_update_va_mapping((unsigned long)table, 0, UVMF_INVLPG),
		 0);
	CHECK_EQ(pages_of(DOMID_SELF), before);
	CHECK_EQ(page_set_writable(page, false), 0);
	CHECK_EQ(mmuext(MMUEXT_PIN_L1_TABLE, virt_to_mfn(page)), -XEN_EINVAL);
	test_case("unpinned: what it referred to is free as well");
	CHECK_EQ(mmuext(MMUEXT_UNPIN_TABLE, mfn), 0);
	CHECK_EQ(pages_of(DOMID_SELF), before - 1);
	CHECK(mmuext(MMUEXT_PIN_L1_TABLE, mfn) < 0);
	CHECK_EQ(mmuext(MMUEXT_PIN_L1_TABLE, virt_to_mfn(page)), 0);
	CHECK_EQ(mmuext(MMUEXT_UNPIN_TABLE, virt_to_mfn(page)), 0);
	CHECK_EQ(page_set_writable(page, true), 0);
	refill(table);
	page_free(table);
	page_free(page);
}
