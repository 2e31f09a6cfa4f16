/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Calls that name another domain, or another's frames, made by a domain that
 * may not: events, memory, page tables, grants, a shutdown. Exact errors, and
 * behind all of them nothing has changed (unchanged.c).
 *
 * From <xen/event_channel.h>, <xen/memory.h>, <xen/xen.h> (mmu_update,
 * mmuext_op), <xen/grant_table.h>, <xen/sched.h>.
 */
#include "common/peer.h"
#include "peer/unchanged.h"

#define NO_DOMAIN	999

static struct peer p;

/* In the peer: somewhere it can write. */
#define ITS_LIST	((xen_pfn_t *)peer_va(PEER_DATA + 1))

/* A sub-call with its structure, as it will lie in the peer's memory. */
struct call {
	const char *name;
	unsigned int nr, cmd;
	long want;
	const void *arg;
	size_t size;
};

#define ARG(type, ...)	&(const type){ __VA_ARGS__ }, sizeof(type)
#define EVENT(name)	#name, __HYPERVISOR_event_channel_op, EVTCHNOP_##name
#define MEMORY(name)	#name, __HYPERVISOR_memory_op, XENMEM_##name
#define SCHED(name)	#name, __HYPERVISOR_sched_op, SCHEDOP_##name

static void refuse_all(const struct call *calls, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		unsigned char arg[128];

		test_case("%s", calls[i].name);
		memcpy(arg, calls[i].arg, calls[i].size);
		CHECK_WANT(peer_op(&p, calls[i].nr, calls[i].cmd, arg,
				   calls[i].size), calls[i].want);
		CHECK_EQ(memcmp(arg, calls[i].arg, calls[i].size), 0);
	}
}

/*
 * Memory calls whose result is how many extents were done say 0 of them.
 * Without a translated memory map there is no adding to it: -EACCES first.
 */
TEST(peer_other_domain, 0)
{
	const struct xen_memory_reservation theirs = {
		.nr_extents = 1, .domid = 0,
		.extent_start = { (xen_pfn_t *)peer_va(PEER_DATA + 1) },
	};
	const struct call calls[] = {
		{ EVENT(alloc_unbound), -XEN_EPERM,
		  ARG(struct evtchn_alloc_unbound, .dom = 0) },
		{ EVENT(status), -XEN_EPERM,
		  ARG(struct evtchn_status, .dom = 0, .port = 1) },
		{ EVENT(reset), -XEN_EPERM,
		  ARG(struct evtchn_reset, .dom = 0) },
		{ EVENT(bind_pirq), -XEN_EPERM,
		  ARG(struct evtchn_bind_pirq, .pirq = 8) },
		{ EVENT(bind_interdomain), -XEN_EINVAL,
		  ARG(struct evtchn_bind_interdomain, .remote_dom = 0,
		      .remote_port = 1) },
		{ MEMORY(current_reservation), -XEN_EPERM,
		  ARG(struct xen_memory_domain, .domid = 0) },
		{ MEMORY(maximum_reservation), -XEN_EPERM,
		  ARG(struct xen_memory_domain, .domid = 0) },
		{ MEMORY(maximum_gpfn), -XEN_EPERM,
		  ARG(struct xen_memory_domain, .domid = 0) },
		{ MEMORY(increase_reservation), 0, &theirs, sizeof(theirs) },
		{ MEMORY(decrease_reservation), 0, &theirs, sizeof(theirs) },
		{ MEMORY(populate_physmap), 0, &theirs, sizeof(theirs) },
		{ MEMORY(claim_pages), -XEN_EPERM,
		  ARG(struct xen_memory_reservation, .nr_extents = 1,
		      .domid = 0) },
		{ MEMORY(exchange), -XEN_EPERM,
		  ARG(struct xen_memory_exchange,
		      .in = theirs, .out = theirs) },
		{ MEMORY(add_to_physmap), -XEN_EACCES,
		  ARG(struct xen_add_to_physmap, .domid = 0) },
		{ MEMORY(add_to_physmap_batch), -XEN_EACCES,
		  ARG(struct xen_add_to_physmap_batch, .domid = 0) },
		{ MEMORY(remove_from_physmap), -XEN_EACCES,
		  ARG(struct xen_remove_from_physmap, .domid = 0) },
		{ MEMORY(set_memory_map), -XEN_EPERM,
		  ARG(struct xen_foreign_memory_map, .domid = 0) },
		{ MEMORY(acquire_resource), -XEN_EPERM,
		  ARG(struct xen_mem_acquire_resource, .domid = 0,
		      .type = XENMEM_resource_grant_table, .nr_frames = 1) },
		{ SCHED(remote_shutdown), -XEN_EPERM,
		  ARG(struct sched_remote_shutdown, .domain_id = 0) },
	};
	struct unchanged before;

	peer_create(&p);
	unchanged_begin(&before, &p);
	refuse_all(calls, ARRAY_SIZE(calls));
	test_case("about itself, and yet not its own to say");
	{
		struct xen_memory_reservation claim = {
			.nr_extents = 1, .domid = p.id,
		};
		struct sched_remote_shutdown r = { .domain_id = p.id };

		CHECK_EQ(peer_op(&p, __HYPERVISOR_memory_op,
				 XENMEM_claim_pages, &claim, sizeof(claim)),
			 -XEN_EPERM);
		CHECK_EQ(peer_op(&p, __HYPERVISOR_sched_op,
				 SCHEDOP_remote_shutdown, &r, sizeof(r)),
			 -XEN_EPERM);
	}
	unchanged_end(&before, &p);
	peer_destroy(&p);
}

static const struct {
	domid_t id;
	long want;
} others[] = {
	{ 0, -XEN_EPERM }, { DOMID_XEN, -XEN_EPERM }, { DOMID_IO, -XEN_EPERM },
	{ NO_DOMAIN, -XEN_ESRCH }, { DOMID_INVALID, -XEN_ESRCH },
};

/*
 * Page tables and frames of another: each operation, for each who is not it.
 * Of the numbers that stand for no domain Xen refuses some with other errors.
 */
TEST(peer_foreign_tables, 0)
{
	struct unchanged before;

	peer_create(&p);
	unchanged_begin(&before, &p);
	for (unsigned int i = 0; i < ARRAY_SIZE(others); i++) {
		unsigned int id = others[i].id;
		long want = others[i].want, exact = on_paravane() ? want : REFUSED;

		for (unsigned int cmd = 0; cmd < 21; cmd++) {
			struct mmuext_op op = {
				.cmd = cmd,
				.arg1.mfn = virt_to_mfn(kernel_root),
			};

			test_case("mmuext %u for domain %x", cmd, id);
			memcpy(peer_page(&p, PEER_DATA), &op, sizeof(op));
			CHECK_EQ(peer_call(&p, __HYPERVISOR_mmuext_op,
					   peer_va(PEER_DATA), 1, 0, id),
				 want);
		}
		for (unsigned int type = 0; type < 4; type++) {
			struct mmu_update op = {
				.ptr = virt_to_maddr(kernel_root) | type,
			};

			test_case("mmu_update %u for domain %x", type, id);
			memcpy(peer_page(&p, PEER_DATA), &op, sizeof(op));
			CHECK_WANT(peer_call(&p, __HYPERVISOR_mmu_update,
					     peer_va(PEER_DATA), 1, 0, id),
				   id == DOMID_IO ? exact : want);
		}
		test_case("the table's owner: domain %x", id);
		CHECK_WANT(peer_call(&p, __HYPERVISOR_mmu_update,
				     peer_va(PEER_DATA), 1, 0,
				     (id + 1UL) << 16 | DOMID_SELF),
			   id >= DOMID_FIRST_RESERVED ? exact : want);
		test_case("update_va_mapping for domain %x", id);
		CHECK_EQ(peer_call(&p,
				   __HYPERVISOR_update_va_mapping_otherdomain,
				   peer_va(PEER_DATA + 5),
				   pte_make(virt_to_mfn(kernel_root), PTE_P),
				   UVMF_INVLPG, id), want);
	}
	unchanged_end(&before, &p);
	peer_destroy(&p);
}

/* The caches are the machine's: for who has a device, and it has none. */
TEST(peer_caches, 0)
{
	static const struct {
		unsigned int cmd;
		long want;
	} ops[] = {
		{ MMUEXT_FLUSH_CACHE, -XEN_EACCES },
		{ MMUEXT_FLUSH_CACHE_GLOBAL, -XEN_EINVAL },
	};

	peer_create(&p);
	for (unsigned int i = 0; i < ARRAY_SIZE(ops); i++) {
		struct mmuext_op op = { .cmd = ops[i].cmd };

		test_case("mmuext %u", op.cmd);
		memcpy(peer_page(&p, PEER_DATA), &op, sizeof(op));
		CHECK_EQ(peer_call(&p, __HYPERVISOR_mmuext_op,
				   peer_va(PEER_DATA), 1, 0, DOMID_SELF),
			 ops[i].want);
	}
	peer_destroy(&p);
}

static long its_grant_op(unsigned int cmd, void *op, size_t size)
{
	return peer_op(&p, __HYPERVISOR_grant_table_op, cmd, op, size);
}

/* Another's grant table, and frames that were not granted. */
TEST(peer_foreign_grants, 0)
{
	char *page = page_alloc();
	struct gnttab_setup_table setup = { .dom = 0, .nr_frames = 1 };
	struct gnttab_query_size size = { .dom = 0 };
	struct gnttab_get_version version = { .dom = 0 };
	struct gnttab_map_grant_ref map = {
		.host_addr = peer_va(PEER_DATA + 5), .dom = 0,
		.flags = GNTMAP_host_map,
	};
	struct gnttab_copy copy = {
		.len = 8, .source.domid = DOMID_SELF, .dest.domid = 0,
	};
	struct unchanged before;
	grant_ref_t ref;

	memcpy(page, "as it is", 8);
	peer_create(&p);
	ref = grant_access(NO_DOMAIN, page, false);
	unchanged_begin(&before, &p);
	test_case("setup_table");
	set_xen_guest_handle(setup.frame_list, ITS_LIST);
	CHECK_EQ(its_grant_op(GNTTABOP_setup_table, &setup, sizeof(setup)),
		 0);
	CHECK_EQ(setup.status, GNTST_permission_denied);
	test_case("query_size");
	CHECK_EQ(its_grant_op(GNTTABOP_query_size, &size, sizeof(size)), 0);
	CHECK_EQ(size.status, GNTST_permission_denied);
	test_case("get_version");
	CHECK_EQ(its_grant_op(GNTTABOP_get_version, &version,
			      sizeof(version)), -XEN_EPERM);
	test_case("map what another was granted");
	map.ref = ref;
	CHECK_EQ(its_grant_op(GNTTABOP_map_grant_ref, &map, sizeof(map)), 0);
	CHECK_EQ(map.status, GNTST_general_error);
	test_case("map from a domain that is not there");
	map.dom = NO_DOMAIN;
	CHECK_EQ(its_grant_op(GNTTABOP_map_grant_ref, &map, sizeof(map)), 0);
	CHECK_EQ(map.status, GNTST_bad_domain);
	test_case("copy into a frame of ours");
	copy.source.u.gmfn = p.mfn[PEER_DATA];
	copy.dest.u.gmfn = virt_to_mfn(page);
	CHECK_EQ(its_grant_op(GNTTABOP_copy, &copy, sizeof(copy)), 0);
	CHECK_EQ(copy.status, GNTST_permission_denied);
	test_case("copy out of a frame of ours");
	copy.source.u.gmfn = virt_to_mfn(page);
	copy.source.domid = 0;
	copy.dest.u.gmfn = p.mfn[PEER_DATA];
	copy.dest.domid = DOMID_SELF;
	CHECK_EQ(its_grant_op(GNTTABOP_copy, &copy, sizeof(copy)), 0);
	CHECK_EQ(copy.status, GNTST_permission_denied);
	test_case("copy into what another was granted");
	copy.source.u.gmfn = p.mfn[PEER_DATA];
	copy.source.domid = DOMID_SELF;
	copy.dest.u.ref = ref;
	copy.dest.domid = 0;
	copy.flags = GNTCOPY_dest_gref;
	CHECK_EQ(its_grant_op(GNTTABOP_copy, &copy, sizeof(copy)), 0);
	CHECK_EQ(copy.status, GNTST_general_error);
	test_case("cache_flush of a frame of ours");
	{
		struct gnttab_cache_flush flush = {
			.a.dev_bus_addr = virt_to_maddr(page), .length = 64,
			.op = GNTTAB_CACHE_CLEAN,
		};

		CHECK_WANT(its_grant_op(GNTTABOP_cache_flush, &flush,
					sizeof(flush)), REFUSED);
	}
	CHECK_EQ(memcmp(page, "as it is", 8), 0);
	CHECK(grant_revoke(ref));
	ref = grant_access(NO_DOMAIN, page, false);
	unchanged_end(&before, &p);
	CHECK(grant_revoke(ref));
	peer_destroy(&p);
	page_free(page);
}
