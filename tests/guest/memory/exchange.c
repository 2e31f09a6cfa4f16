/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * XENMEM_exchange between each two orders, on behalf of a domain that does not
 * run. A call may begin anywhere, by nr_exchanged: behind whole chunks of the
 * larger order it does the rest, and any other value is refused and changes
 * nothing. A chunk that cannot be done is left as it was, and nr_exchanged
 * says how many extents were done before it.
 *
 * From <xen/memory.h>, xen_memory_exchange.
 */
#include "common/peer.h"

#define FRAMES	8	/* in all, in every case */
#define NAME	0x100

static domid_t id;
static xen_pfn_t in_list[FRAMES], out_list[FRAMES];

static long change(unsigned int cmd, xen_pfn_t *list, unsigned int n,
		   unsigned int order)
{
	struct xen_memory_reservation r = {
		.nr_extents = n, .extent_order = order, .domid = id,
	};

	set_xen_guest_handle(r.extent_start, list);
	return hc_memory_op(cmd, &r);
}

static long pages(void)
{
	struct xen_memory_domain d = { .domid = id };

	return hc_memory_op(XENMEM_current_reservation, &d);
}

/* Gives the domain its frames, and names for new ones. */
static struct xen_memory_exchange begin(unsigned int in_order,
					unsigned int out_order)
{
	unsigned int n_in = FRAMES >> in_order, n_out = FRAMES >> out_order;
	struct xen_memory_exchange x = {
		.in = { .nr_extents = n_in, .extent_order = in_order,
			.domid = id },
		.out = { .nr_extents = n_out, .extent_order = out_order,
			 .domid = id },
	};

	for (unsigned int i = 0; i < FRAMES; i++) {
		in_list[i] = i << in_order;
		out_list[i] = NAME + (i << out_order);
	}
	CHECK_EQ(change(XENMEM_populate_physmap, in_list, n_in, in_order),
		 n_in);
	set_xen_guest_handle(x.in.extent_start, in_list);
	set_xen_guest_handle(x.out.extent_start, out_list);
	return x;
}

/*
 * The extents of in_list from `first` to `done` have become those of out_list
 * in these places; all others are as they were. The domain gives back all.
 */
static void check_and_end(const struct xen_memory_exchange *x,
			  unsigned long first, unsigned long done)
{
	unsigned int in_order = x->in.extent_order;
	unsigned int out_order = x->out.extent_order;
	unsigned int n_in = x->in.nr_extents, n_out = x->out.nr_extents;
	unsigned int new_first = (first << in_order) >> out_order;
	unsigned int new_end = (done << in_order) >> out_order;

	CHECK_EQ(pages(), FRAMES);
	for (unsigned int i = 0; i < n_out; i++) {
		unsigned long name = NAME + (i << out_order);

		if (i < new_first || i >= new_end) {
			CHECK_EQ(out_list[i], name);
			continue;
		}
		CHECK_EQ(out_list[i] & ((1U << out_order) - 1), 0);
		for (unsigned int k = 0; k < 1U << out_order; k++) {
			CHECK_EQ(m2p[out_list[i] + k], name + k);
		}
	}
	CHECK_EQ(change(XENMEM_decrease_reservation, in_list, first,
			in_order), first);
	CHECK_EQ(change(XENMEM_decrease_reservation, in_list + done,
			n_in - done, in_order), n_in - done);
	CHECK_EQ(change(XENMEM_decrease_reservation, out_list + new_first,
			new_end - new_first, out_order), new_end - new_first);
	CHECK_EQ(pages(), 0);
}

/*
 * Differs from Xen 4.17: a progress counter in the middle of a chunk is
 * refused; Xen does that chunk as well, from its first extent.
 */
TEST(memory_exchange_progress, 0)
{
	static const unsigned long far[] = {
		0x80, 1UL << 31, 1UL << 32, (1UL << 32) + 2, 1UL << 63,
		(1UL << 63) + 4, ~0UL - 7, ~0UL - 1, ~0UL,
	};

	id = domain_new();
	domain_set_limit(id, 2 * FRAMES);
	for (unsigned int orders = 0; orders < 16; orders++) {
		unsigned int in_order = orders & 3, out_order = orders >> 2;
		unsigned int n = FRAMES >> in_order;
		unsigned int chunk = out_order > in_order ?
				     1U << (out_order - in_order) : 1;

		for (unsigned int i = 0; i < n + 4 + ARRAY_SIZE(far); i++) {
			unsigned long at = i < n + 4 ? i : far[i - n - 4];
			bool ok = at <= n && at % chunk == 0;
			struct xen_memory_exchange x;

			if (at < n && !ok && !on_paravane()) {
				continue;
			}
			test_case("order %u to %u, from %lx", in_order,
				  out_order, at);
			x = begin(in_order, out_order);
			x.nr_exchanged = at;
			CHECK_EQ(hc_memory_op(XENMEM_exchange, &x),
				 ok ? 0 : -XEN_EINVAL);
			CHECK_EQ(x.nr_exchanged, ok ? n : at);
			check_and_end(&x, ok ? at : 0, ok ? n : 0);
		}
	}
	domain_end(id);
}

/* Maps the domain's frame in our tables, or ends that. */
static void hold(unsigned long mfn, bool held)
{
	struct mmu_update req = {
		.ptr = virt_to_maddr(pte_reach(kernel_root, TEST_VA, 1)),
		.val = held ? pte_make(mfn, PTE_KERNEL) : 0,
	};

	CHECK_EQ(hc_mmu_update(&req, 1, NULL, id), 0);
	CHECK_EQ(mmuext(MMUEXT_TLB_FLUSH_LOCAL, 0), 0);
}

/* An extent that is in use, at each place: its chunk stays, whole. */
TEST(memory_exchange_stopped, 0)
{
	id = domain_new();
	domain_set_limit(id, 2 * FRAMES);
	for (unsigned int orders = 0; orders < 16; orders++) {
		unsigned int in_order = orders & 3, out_order = orders >> 2;
		unsigned int larger = in_order > out_order ? in_order :
				      out_order;

		for (unsigned int bad = 0; bad < FRAMES; bad++) {
			struct xen_memory_exchange x;
			unsigned long done = (bad >> larger << larger) >>
					     in_order;
			unsigned long mfn;

			test_case("order %u to %u, frame %u is in use",
				  in_order, out_order, bad);
			x = begin(in_order, out_order);
			mfn = in_list[bad >> in_order] +
			      (bad & ((1U << in_order) - 1));
			hold(mfn, true);
			CHECK_EQ(hc_memory_op(XENMEM_exchange, &x),
				 -XEN_EINVAL);
			CHECK_EQ(x.nr_exchanged, done);
			hold(mfn, false);
			check_and_end(&x, 0, done);
		}
	}
	unmap_test_va(TEST_VA);
	domain_end(id);
}

/* A list that ends in a page that is not there. */
TEST(memory_exchange_unreadable, 0)
{
	char *page = page_alloc();

	id = domain_new();
	domain_set_limit(id, 2 * FRAMES);
	CHECK_EQ(map_page(kernel_root, TEST_VA,
			  pte_make(virt_to_mfn(page), PTE_KERNEL)), 0);
	for (unsigned int good = 0; good < FRAMES; good++) {
		struct xen_memory_exchange x = begin(0, 0);
		xen_pfn_t *edge = (xen_pfn_t *)(TEST_VA + PAGE_SIZE) - good;

		test_case("%u frames readable", good);
		memcpy(edge, in_list, good * sizeof(*edge));
		set_xen_guest_handle(x.in.extent_start, edge);
		CHECK_EQ(hc_memory_op(XENMEM_exchange, &x), -XEN_EFAULT);
		CHECK_EQ(x.nr_exchanged, good);
		check_and_end(&x, 0, good);
	}
	unmap_test_va(TEST_VA);
	page_free(page);
	domain_end(id);
}
