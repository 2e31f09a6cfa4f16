/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Two domains. The second is unprivileged: it reaches no frame but its own and
 * what was granted to it; when it ends, everything that was its own comes back,
 * and what others had of it stays safe to use. What it may not call:
 * privilege.c, foreign.c.
 *
 * From <xen/domctl.h>, <xen/event_channel.h>, <xen/grant_table.h>.
 */
#include "common/peer.h"

#define HYPERVISOR_VA	0xffff830000000000UL

TEST(peer_life, 0)
{
	struct peer p;
	long before;
	unsigned char byte;

	before = free_pages();
	peer_create(&p);
	CHECK(p.id != 0);
	CHECK_EQ(peer_call(&p, __HYPERVISOR_xen_version, XENVER_version, 0, 0,
			   0), 4 << 16 | 17);
	test_case("its memory");
	((char *)peer_page(&p, PEER_DATA))[5] = 'p';
	CHECK_EQ(peer_read(&p, peer_va(PEER_DATA) + 5, &byte), -1);
	CHECK_EQ(byte, 'p');
	CHECK_EQ(peer_write(&p, peer_va(PEER_DATA) + 6, 'q'), -1);
	CHECK_EQ(((char *)peer_page(&p, PEER_DATA))[6], 'q');
	test_case("its page tables");
	CHECK_EQ(peer_read(&p, peer_va(PEER_L1), &byte), -1);
	CHECK_EQ(peer_write(&p, peer_va(PEER_L2), 0), VEC_PF);
	test_case("the hypervisor's range");
	CHECK_EQ(peer_read(&p, HYPERVISOR_VA, &byte), VEC_PF);
	CHECK_EQ(peer_write(&p, MACH2PHYS_VIRT_START, 0), VEC_PF);
	test_case("an end by force");
	peer_destroy(&p);
	CHECK(free_pages_return_to(before), "%lx, not %lx", free_pages(),
	      before);
}

/* New memory is clean, whoever had it before. */
TEST(peer_scrubbed, 0)
{
	for (unsigned int round = 0; round < 3; round++) {
		struct peer p;
		unsigned int dirty = 0;

		peer_create(&p);
		for (unsigned int i = PEER_DATA; i < PEER_PAGES; i++) {
			unsigned char *page = peer_page(&p, i);

			for (unsigned int b = 0; b < PAGE_SIZE; b++) {
				dirty += page[b] != 0;
			}
			memset(page, 0xa5, PAGE_SIZE);
		}
		CHECK_EQ(dirty, 0);
		peer_destroy(&p);
	}
}

/* No register of ours, nor of the hypervisor's, is seen by a new domain. */
TEST(peer_registers, 0)
{
	static uint64_t secret[2] = { 0x5ec2e75ec2e75ec2, 0x7e57ed7e57ed7e57 };
	struct peer p;

	asm volatile("movups (%0), %%xmm0\n movups (%0), %%xmm1\n"
		     "movups (%0), %%xmm7\n movups (%0), %%xmm15\n"
		     : : "r" (secret) : "memory");
	peer_create(&p);
	CHECK_EQ(peer_call(&p, __HYPERVISOR_xen_version, XENVER_version, 0, 0,
			   0), 4 << 16 | 17);
	for (unsigned int i = 0; i < PEER_START_REGISTERS; i++) {
		test_case("register %u", i);
		CHECK_EQ(peer_start_register(&p, i), 0);
	}
	{
		uint64_t now[2];

		test_case("ours are still there");
		asm volatile("movups %%xmm7, (%0)" : : "r" (now) : "memory");
		CHECK_EQ(memcmp(now, secret, sizeof(now)), 0);
	}
	peer_destroy(&p);
}

/* Frames: its own and nobody else's. */
TEST(peer_frames, 0)
{
	struct peer p;
	char *ours = page_alloc();
	unsigned char byte;

	peer_create(&p);
	memcpy(ours, "secret", 7);
	{
		const struct {
			const char *name;
			unsigned long mfn;
			uint64_t flags;
		} frames[] = {
			{ "ours", virt_to_mfn(ours), PTE_USER },
			{ "ours, read-only", virt_to_mfn(ours), PTE_P },
			{ "our page table", virt_to_mfn(kernel_root), PTE_P },
			{ "the hypervisor's", hypervisor_mfn(), PTE_P },
			{ "a device's", 0xb8, PTE_USER },
			{ "wild", 0xffffffffUL, PTE_USER },
		};

		for (unsigned int i = 0; i < ARRAY_SIZE(frames); i++) {
			test_case("%s", frames[i].name);
			CHECK(peer_call(&p, __HYPERVISOR_update_va_mapping,
					peer_va(PEER_SHARED),
					pte_make(frames[i].mfn,
						 frames[i].flags),
					UVMF_INVLPG, 0) < 0);
			CHECK_EQ(peer_read(&p, peer_va(PEER_SHARED), &byte),
				 VEC_PF);
		}
	}
	test_case("as a foreign domain's");
	CHECK_EQ(peer_call(&p, __HYPERVISOR_update_va_mapping_otherdomain,
			   peer_va(PEER_SHARED),
			   pte_make(virt_to_mfn(ours), PTE_USER), UVMF_INVLPG,
			   0), -XEN_EPERM);
	test_case("cache attributes without devices");
	CHECK_EQ(peer_call(&p, __HYPERVISOR_update_va_mapping,
			   peer_va(PEER_SHARED),
			   pte_make(p.mfn[PEER_DATA], PTE_USER | PTE_PCD),
			   UVMF_INVLPG, 0), -XEN_EINVAL);
	test_case("as page tables");
	{
		struct mmuext_op op = {
			.cmd = MMUEXT_PIN_L1_TABLE,
			.arg1.mfn = virt_to_mfn(ours),
		};

		memcpy(peer_page(&p, PEER_DATA), &op, sizeof(op));
		CHECK(peer_call(&p, __HYPERVISOR_mmuext_op,
				peer_va(PEER_DATA), 1, 0, DOMID_SELF) < 0);
		CHECK_EQ(peer_call(&p, __HYPERVISOR_mmuext_op,
				   peer_va(PEER_DATA), 1, 0, 0), -XEN_EPERM);
	}
	CHECK_EQ(try_write(ours).vector, -1);
	peer_destroy(&p);
	page_free(ours);
}

static int peer_bind(struct peer *p, domid_t dom, evtchn_port_t port)
{
	struct evtchn_bind_interdomain op = {
		.remote_dom = dom, .remote_port = port,
	};
	int err = peer_op(p, __HYPERVISOR_event_channel_op,
			  EVTCHNOP_bind_interdomain, &op, sizeof(op));

	return err ? err : (int)op.local_port;
}

static int peer_send(struct peer *p, evtchn_port_t port)
{
	struct evtchn_send op = { .port = port };

	return peer_op(p, __HYPERVISOR_event_channel_op, EVTCHNOP_send, &op,
		       sizeof(op));
}

static unsigned int status_of(evtchn_port_t port)
{
	struct evtchn_status s = { .dom = DOMID_SELF, .port = port };

	hc_event_channel_op(EVTCHNOP_status, &s);
	return s.status;
}

TEST(peer_events, 0)
{
	struct peer p;
	int ours, its, other;

	peer_create(&p);
	ours = event_alloc_unbound(DOMID_SELF, p.id);
	other = event_alloc_unbound(DOMID_SELF, 999);
	test_case("not for it");
	CHECK_EQ(peer_bind(&p, 0, other), -XEN_EINVAL);
	event_close(other);
	test_case("bound");
	its = peer_bind(&p, 0, ours);
	CHECK(its > 0, "%d", its);
	CHECK_EQ(status_of(ours), EVTCHNSTAT_interdomain);
	event_clear(ours);
	CHECK_EQ(peer_send(&p, its), 0);
	CHECK_EQ(event_is_pending(ours), 1);
	event_clear(ours);
	test_case("no such port of its own");
	CHECK_EQ(peer_send(&p, its + 100), -XEN_EINVAL);
	test_case("it dies: our end waits again, and a send is silent");
	peer_destroy(&p);
	CHECK_EQ(status_of(ours), EVTCHNSTAT_unbound);
	CHECK_EQ(event_send(ours), 0);
	CHECK_EQ(event_close(ours), 0);
}

static struct gnttab_map_grant_ref map_from(domid_t dom, grant_ref_t ref,
					    uint64_t addr, unsigned int flags)
{
	struct gnttab_map_grant_ref op = {
		.host_addr = addr, .flags = GNTMAP_host_map | flags,
		.ref = ref, .dom = dom,
	};

	CHECK_EQ(hc_grant_table_op(GNTTABOP_map_grant_ref, &op, 1), 0);
	return op;
}

TEST(peer_grants_to_us, 0)
{
	struct peer p;
	volatile struct grant_entry_v1 *e;
	struct gnttab_map_grant_ref map;
	struct gnttab_unmap_grant_ref un;
	unsigned char *data;

	peer_create(&p);
	e = peer_grant_table(&p);
	data = peer_page(&p, PEER_DATA + 2);
	data[0] = 'g';
	e[9].domid = 0;
	e[9].frame = p.mfn[PEER_DATA + 2];
	e[9].flags = GTF_permit_access;
	pte_reach(kernel_root, TEST_VA, 1);

	map = map_from(p.id, 9, TEST_VA, 0);
	CHECK_EQ(map.status, GNTST_okay);
	CHECK_EQ(*(volatile char *)TEST_VA, 'g');
	*(volatile char *)TEST_VA = 'h';
	CHECK_EQ(data[0], 'h');
	CHECK_EQ(e[9].flags & (GTF_reading | GTF_writing),
		 GTF_reading | GTF_writing);
	un = (struct gnttab_unmap_grant_ref) {
		.host_addr = TEST_VA, .handle = map.handle,
	};
	CHECK_EQ(hc_grant_table_op(GNTTABOP_unmap_grant_ref, &un, 1), 0);
	CHECK_EQ(un.status, GNTST_okay);
	CHECK_EQ(e[9].flags & (GTF_reading | GTF_writing), 0);

	test_case("its own frame only");
	e[9].frame = virt_to_mfn(kernel_root);
	CHECK(map_from(p.id, 9, TEST_VA, 0).status < 0);
	test_case("its own page table, writable");
	e[9].frame = p.mfn[PEER_L1];
	CHECK(map_from(p.id, 9, TEST_VA, 0).status < 0);

	test_case("it dies while we have it mapped");
	e[9].frame = p.mfn[PEER_DATA + 2];
	map = map_from(p.id, 9, TEST_VA, 0);
	CHECK_EQ(map.status, GNTST_okay);
	{
		struct xen_domctl op = {
			.cmd = XEN_DOMCTL_destroydomain, .domain = p.id,
		};
		long err;

		unmap_slot(kernel_root, (unsigned long)p.box);
		do {
			err = hc_domctl(&op);
		} while (err == -XEN_EAGAIN);
	}
	CHECK_EQ(*(volatile char *)TEST_VA, 'h');
	*(volatile char *)TEST_VA = 'i';
	CHECK_EQ(*(volatile char *)TEST_VA, 'i');
	un.handle = map.handle;
	CHECK_EQ(hc_grant_table_op(GNTTABOP_unmap_grant_ref, &un, 1), 0);
	CHECK_EQ(un.status, GNTST_okay);
	CHECK_PF(try_read((void *)TEST_VA), 0, TEST_VA);
	test_case("no more of it");
	CHECK(map_from(p.id, 9, TEST_VA, 0).status < 0);
	unmap_test_va(TEST_VA);
}

TEST(peer_grants_from_us, 0)
{
	struct peer p;
	char *page = page_alloc();
	grant_ref_t ref;
	struct gnttab_map_grant_ref op;
	unsigned char byte;

	peer_create(&p);
	page[3] = 'o';
	ref = grant_access(p.id, page, true);
	op = (struct gnttab_map_grant_ref) {
		.host_addr = peer_va(PEER_SHARED), .ref = ref, .dom = 0,
		.flags = GNTMAP_host_map,
	};
	test_case("writable, granted read-only");
	CHECK_EQ(peer_op(&p, __HYPERVISOR_grant_table_op,
			 GNTTABOP_map_grant_ref, &op, sizeof(op)), 0);
	CHECK(op.status < 0);
	test_case("read-only");
	op.flags |= GNTMAP_readonly;
	CHECK_EQ(peer_op(&p, __HYPERVISOR_grant_table_op,
			 GNTTABOP_map_grant_ref, &op, sizeof(op)), 0);
	CHECK_EQ(op.status, GNTST_okay);
	CHECK_EQ(peer_read(&p, peer_va(PEER_SHARED) + 3, &byte), -1);
	CHECK_EQ(byte, 'o');
	CHECK_EQ(peer_write(&p, peer_va(PEER_SHARED) + 3, 'x'), VEC_PF);
	CHECK_EQ(page[3], 'o');
	CHECK(!grant_revoke(ref));
	test_case("it dies with the page mapped: the grant is ours again");
	peer_destroy(&p);
	CHECK(grant_revoke(ref));
	page_free(page);
}

/* A domain that crashes goes alone. */
TEST(peer_crash, 0)
{
	struct peer p;
	struct sched_shutdown op = { .reason = SHUTDOWN_crash };
	uint64_t end;

	peer_create(&p);
	memcpy(peer_page(&p, PEER_DATA), &op, sizeof(op));
	CHECK(!peer_has_ended(&p));
	peer_call_start(&p, __HYPERVISOR_sched_op, SCHEDOP_shutdown,
			peer_va(PEER_DATA), 0, 0);
	end = clock_ns() + 5 * NSEC_PER_SEC;
	while (!peer_has_ended(&p) && clock_ns() < end) {
		hc_sched_op(SCHEDOP_yield, NULL);
	}
	CHECK(peer_has_ended(&p));
	peer_destroy(&p);
}

/* Destroyed in each state in which a toolstack may leave it. */
TEST(peer_half_built, 0)
{
	long before = free_pages();

	for (unsigned int stage = 0; stage < 3; stage++) {
		struct xen_domctl op = {
			.cmd = XEN_DOMCTL_createdomain,
			.u.createdomain = {
				.max_vcpus = 1, .max_evtchn_port = 1023,
				.max_grant_frames = 4,
				.max_maptrack_frames = 4,
				.grant_opts = 1,
			},
		};
		domid_t id;
		long err = hc_domctl(&op);

		test_case("stage %u", stage);
		if (err == -XEN_EPERM) {
			test_skip("not the control domain");
		}
		CHECK_EQ(err, 0);
		id = op.domain;
		if (stage > 0) {
			memset(&op, 0, sizeof(op));
			op.cmd = XEN_DOMCTL_max_vcpus;
			op.domain = id;
			op.u.max_vcpus.max = 1;
			CHECK_EQ(hc_domctl(&op), 0);
		}
		if (stage > 1) {
			xen_pfn_t list[4] = { 0, 1, 2, 3 };
			struct xen_memory_reservation r = {
				.nr_extents = 4, .domid = id,
			};

			memset(&op, 0, sizeof(op));
			op.cmd = XEN_DOMCTL_max_mem;
			op.domain = id;
			op.u.max_mem.max_memkb = 64;
			CHECK_EQ(hc_domctl(&op), 0);
			set_xen_guest_handle(r.extent_start, list);
			CHECK_EQ(hc_memory_op(XENMEM_populate_physmap, &r),
				 4);
		}
		do {
			memset(&op, 0, sizeof(op));
			op.cmd = XEN_DOMCTL_destroydomain;
			op.domain = id;
			err = hc_domctl(&op);
		} while (err == -XEN_EAGAIN);
		CHECK_EQ(err, 0);
	}
	test_case("free pages");
	CHECK(free_pages_return_to(before), "%lx, not %lx", free_pages(),
	      before);
}
