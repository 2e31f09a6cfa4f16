/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * XENMEM_claim_pages keeps pages for a domain that is being built: nobody else
 * is given them, and what the domain gets is taken off its claim.
 * XENMEM_acquire_resource names the frames of a domain's grant table.
 *
 * From <xen/memory.h>.
 */
#include "common/peer.h"

static long claim(domid_t id, unsigned long pages)
{
	struct xen_memory_reservation r = {
		.nr_extents = pages, .domid = id,
	};

	return hc_memory_op(XENMEM_claim_pages, &r);
}

static long populate(domid_t id, unsigned long n, unsigned int order)
{
	static xen_pfn_t list[512];
	struct xen_memory_reservation r = {
		.nr_extents = n, .extent_order = order, .domid = id,
	};

	for (unsigned int i = 0; i < n; i++) {
		list[i] = i;
	}
	set_xen_guest_handle(r.extent_start, list);
	return hc_memory_op(XENMEM_populate_physmap, &r);
}

static unsigned long claimed(domid_t id)
{
	struct xen_domctl op = {
		.cmd = XEN_DOMCTL_getdomaininfo, .domain = id,
	};

	CHECK_EQ(hc_domctl(&op), 0);
	return op.u.getdomaininfo.outstanding_pages;
}

TEST(memory_claim, 0)
{
	domid_t id = domain_new(), other = domain_new();
	long before = free_pages();
	long got;

	domain_set_limit(id, 1UL << 24);
	domain_set_limit(other, 1UL << 24);
	test_case("a claim, and what is got of it");
	CHECK_EQ(claim(id, 100), 0);
	CHECK_EQ(claimed(id), 100);
	CHECK_EQ(populate(id, 30, 0), 30);
	CHECK_EQ(claimed(id), 70);
	test_case("a second one");
	CHECK_EQ(claim(id, 200), -XEN_EINVAL);
	CHECK_EQ(claimed(id), 70);
	test_case("given up");
	CHECK_EQ(claim(id, 0), 0);
	CHECK_EQ(claimed(id), 0);
	test_case("less than there is");
	CHECK_EQ(claim(id, 10), -XEN_EINVAL);
	test_case("more than the limit");
	CHECK_EQ(claim(id, (1UL << 24) + 1), -XEN_EINVAL);
	test_case("more than the machine's");
	CHECK_EQ(claim(id, 1UL << 23), -XEN_ENOMEM);
	CHECK_EQ(claimed(id), 0);
	test_case("all but a little: the other gets that");
	CHECK_EQ(claim(id, 30 + before - 300), 0);
	got = populate(other, 500, 0);
	CHECK(got < 300, "%ld", got);
	CHECK_EQ(populate(id, 64, 0), 64);
	test_case("given up: the other gets the rest");
	CHECK_EQ(claim(id, 0), 0);
	CHECK_EQ(populate(other, 500, 0), 500);
	test_case("a claim dies with its domain");
	CHECK_EQ(claim(id, 1000), 0);
	domain_end(id);
	domain_end(other);
	CHECK_EQ(claim(id, 10), -XEN_EINVAL);
}

TEST(memory_claim_refusals, 0)
{
	domid_t id = domain_new();
	struct xen_memory_reservation r = { .nr_extents = 10, .domid = id };
	xen_pfn_t list[1];

	domain_set_limit(id, 1000);
	test_case("by larger extents");
	r.extent_order = 1;
	CHECK_EQ(hc_memory_op(XENMEM_claim_pages, &r), -XEN_EINVAL);
	r.extent_order = 0;
	test_case("flags");
	r.mem_flags = XENMEMF_address_bits(32);
	CHECK_EQ(hc_memory_op(XENMEM_claim_pages, &r), -XEN_EINVAL);
	r.mem_flags = 0;
	test_case("a list");
	set_xen_guest_handle(r.extent_start, list);
	CHECK_EQ(hc_memory_op(XENMEM_claim_pages, &r), -XEN_EINVAL);
	test_case("no such domain");
	CHECK_EQ(claim(999, 10), -XEN_EINVAL);
	test_case("unreadable");
	CHECK_EQ(hc_memory_op(XENMEM_claim_pages, (void *)TEST_VA),
		 -XEN_EFAULT);
	CHECK_EQ(claimed(id), 0);
	domain_end(id);
}

TEST(memory_acquire_resource, 0)
{
	static xen_pfn_t frames[8];
	struct peer p;
	volatile struct grant_entry_v1 *e;

	peer_create(&p);
	e = peer_grant_table(&p);
	e[20].frame = 0x1234;
	for (unsigned int first = 0; first <= 5; first++) {
		for (unsigned int n = 1; n <= 6; n++) {
			struct xen_mem_acquire_resource r = {
				.domid = p.id,
				.type = XENMEM_resource_grant_table,
				.id = XENMEM_resource_grant_table_id_shared,
				.frame = first, .nr_frames = n,
			};
			bool ok = first + n <= 4;
			long err;

			test_case("%u frames from the %uth", n, first);
			memset(frames, 0x77, sizeof(frames));
			set_xen_guest_handle(r.frame_list, frames);
			err = hc_memory_op(XENMEM_acquire_resource, &r);
			CHECK(ok ? !err : err < 0, "%ld", err);
			for (unsigned int i = 0; i < 8 && ok; i++) {
				CHECK_EQ(frames[i] == 0x7777777777777777,
					 i >= n);
			}
			if (ok && !first) {
				CHECK_EQ(frames[0], p.mfn[PEER_GRANTS]);
			}
		}
	}
	{
		static const struct {
			const char *name;
			domid_t domid;
			unsigned int type, id, pad;
			unsigned long frame;
			long want;
		} bad[] = {
			{ "no such domain", 999, 1, 0, 0, 0, -XEN_ESRCH },
			{ "no such resource", 0, 77, 0, 0, 0,
			  -XEN_EOPNOTSUPP },
			{ "no such table", 0, 1, 5, 0, 0, -XEN_EINVAL },
			{ "padding", 0, 1, 0, 1, 0, REFUSED },
			{ "a wild frame", 0, 1, 0, 0, ~0UL, REFUSED },
			{ "a frame that wraps", 0, 1, 0, 0, ~0UL - 1,
			  REFUSED },
			{ "a far frame", 0, 1, 0, 0, 1UL << 32, REFUSED },
		};

		for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
			struct xen_mem_acquire_resource r = {
				.domid = bad[i].domid ? bad[i].domid : p.id,
				.type = bad[i].type, .id = bad[i].id,
				.pad = bad[i].pad, .frame = bad[i].frame,
				.nr_frames = 2,
			};

			test_case("%s", bad[i].name);
			set_xen_guest_handle(r.frame_list, frames);
			CHECK_WANT(hc_memory_op(XENMEM_acquire_resource, &r),
				   bad[i].want);
		}
	}
	test_case("how many");
	{
		struct xen_mem_acquire_resource r = {
			.domid = p.id, .type = XENMEM_resource_grant_table,
		};

		CHECK_EQ(hc_memory_op(XENMEM_acquire_resource, &r), 0);
		CHECK_EQ(r.nr_frames, 4);
	}
	test_case("by the domain itself");
	{
		struct xen_mem_acquire_resource r = {
			.domid = DOMID_SELF,
			.type = XENMEM_resource_grant_table, .nr_frames = 1,
		};

		set_xen_guest_handle(r.frame_list,
				     (xen_pfn_t *)peer_va(PEER_DATA));
		CHECK(peer_op(&p, __HYPERVISOR_memory_op,
			      XENMEM_acquire_resource, &r, sizeof(r)) < 0);
	}
	peer_destroy(&p);
}
