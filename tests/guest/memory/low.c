/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Memory at low addresses is scarce, and devices want it: whoever does not ask
 * for it gets high frames as long as there are any, and the control domain, who
 * has the devices, gets low ones, below any bound, after others took theirs.
 *
 * From <xen/memory.h>, XENMEMF_address_bits.
 */
#include "common/peer.h"

#define BELOW		24		/* bits of an address: 16 MiB */
#define HALF_MIB	128UL		/* of the test machine's memory */
#define PAGES_PER_MIB	256UL

static long more(domid_t id, unsigned int order, unsigned int bits,
		 xen_pfn_t *mfn)
{
	struct xen_memory_reservation r = {
		.nr_extents = 1, .extent_order = order, .domid = id,
		.mem_flags = bits ? XENMEMF_address_bits(bits) : 0,
	};

	set_xen_guest_handle(r.extent_start, mfn);
	return hc_memory_op(XENMEM_increase_reservation, &r);
}

TEST(memory_low_last, 0)
{
	domid_t other = domain_new(), ours;
	unsigned long free = free_pages(), low = 0, n = 0;
	xen_pfn_t mfn;

	domain_set_limit(other, 1UL << 24);
	test_case("as much as there is high memory");
	while (free - n > (HALF_MIB + 4) * PAGES_PER_MIB &&
	       more(other, 9, 0, &mfn) == 1) {
		/* Xen has some of the high memory itself. */
		low += mfn < HALF_MIB * PAGES_PER_MIB &&
		       (on_paravane() || n < 16 * PAGES_PER_MIB);
		n += 512;
	}
	CHECK(n > 1000, "%lu", n);
	CHECK_EQ(low, 0);
	test_case("low memory after that");
	ours = domain_new();
	domain_set_limit(ours, 64);
	for (unsigned int bits = BELOW; bits <= 32; bits++) {
		CHECK_EQ(more(ours, 0, bits, &mfn), 1);
		CHECK(mfn >> (bits - 12) == 0, "%lx", mfn);
	}
	test_case("below what memory there is");
	CHECK_EQ(more(ours, 0, 12, &mfn), 0);
	domain_end(ours);
	domain_end(other);
}

/*
 * Differs from Xen 4.17: a domain without devices may not ask for low memory; on
 * Xen it may, and so use all of it up.
 */
TEST(memory_low_refused, 0)
{
	struct xen_memory_reservation r = {
		.nr_extents = 1, .domid = DOMID_SELF,
		.mem_flags = XENMEMF_address_bits(BELOW),
	};
	struct xen_memory_exchange x = {
		.in = { .nr_extents = 1, .domid = DOMID_SELF },
		.out = { .nr_extents = 1, .domid = DOMID_SELF,
			 .mem_flags = XENMEMF_address_bits(BELOW) },
	};
	struct peer p;

	if (!on_paravane()) {
		test_skip("Xen gives it to anybody");
	}
	peer_create(&p);
	domain_set_limit(p.id, PEER_PAGES + 10);
	CHECK_EQ(peer_op(&p, __HYPERVISOR_memory_op,
			 XENMEM_increase_reservation, &r, sizeof(r)), 0);
	CHECK_EQ(peer_op(&p, __HYPERVISOR_memory_op, XENMEM_exchange, &x,
			 sizeof(x)), -XEN_EINVAL);
	test_case("a bound that is none here");
	r.mem_flags = XENMEMF_address_bits(40);
	CHECK_EQ(peer_op(&p, __HYPERVISOR_memory_op,
			 XENMEM_increase_reservation, &r, sizeof(r)), 1);
	peer_destroy(&p);
}
