/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * How a domain ends, or does not: each reason for a shutdown is told to the
 * toolstack; a suspended domain goes on when it is resumed, behind its call; a
 * domain whose last vCPU goes down is off. What ends takes nothing with it.
 *
 * From <xen/sched.h>, <xen/domctl.h> (getdomaininfo, resumedomain).
 */
#include "common/peer.h"

static struct peer p;

static struct xen_domctl_getdomaininfo info(void)
{
	struct xen_domctl op = {
		.cmd = XEN_DOMCTL_getdomaininfo, .domain = p.id,
	};

	CHECK_EQ(hc_domctl(&op), 0);
	return op.u.getdomaininfo;
}

static bool wait_end(void)
{
	uint64_t end = clock_ns() + 5 * NSEC_PER_SEC;

	while (!peer_has_ended(&p) && clock_ns() < end) {
		hc_sched_op(SCHEDOP_yield, NULL);
	}
	return peer_has_ended(&p);
}

static void shut_down(unsigned int reason)
{
	struct sched_shutdown op = { .reason = reason };

	memcpy(peer_page(&p, PEER_DATA), &op, sizeof(op));
	peer_call_start(&p, __HYPERVISOR_sched_op, SCHEDOP_shutdown,
			peer_va(PEER_DATA), 0, 0);
}

static unsigned int reason_of(uint32_t flags)
{
	return flags >> XEN_DOMINF_shutdownshift & XEN_DOMINF_shutdownmask;
}

TEST(peer_shutdown_reasons, 0)
{
	static const unsigned int reasons[] = {
		SHUTDOWN_poweroff, SHUTDOWN_reboot, SHUTDOWN_suspend,
		SHUTDOWN_crash, SHUTDOWN_watchdog, SHUTDOWN_soft_reset,
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(reasons); i++) {
		struct xen_domctl_getdomaininfo d;

		test_case("reason %u", reasons[i]);
		peer_create(&p);
		shut_down(reasons[i]);
		CHECK(wait_end());
		d = info();
		CHECK(d.flags & XEN_DOMINF_shutdown);
		CHECK(!(d.flags & XEN_DOMINF_dying));
		CHECK_EQ(reason_of(d.flags), reasons[i]);
		peer_destroy(&p);
	}
}

/*
 * Differs from Xen 4.17: a reason beyond the last one is -EINVAL, and the
 * domain goes on; Xen shuts it down with that number.
 */
TEST(peer_shutdown_no_reason, 0)
{
	struct sched_shutdown op = { .reason = SHUTDOWN_MAX + 1 };

	if (!on_paravane()) {
		test_skip("Xen takes any number");
	}
	peer_create(&p);
	CHECK_EQ(peer_op(&p, __HYPERVISOR_sched_op, SCHEDOP_shutdown, &op,
			 sizeof(op)), -XEN_EINVAL);
	op.reason = ~0U;
	CHECK_EQ(peer_op(&p, __HYPERVISOR_sched_op, SCHEDOP_shutdown, &op,
			 sizeof(op)), -XEN_EINVAL);
	CHECK(!peer_has_ended(&p));
	peer_destroy(&p);
}

/* By the control domain; the first reason stays. */
TEST(peer_remote_shutdown, 0)
{
	struct sched_remote_shutdown r = { .reason = SHUTDOWN_reboot };

	peer_create(&p);
	r.domain_id = p.id;
	CHECK_EQ(hc_sched_op(SCHEDOP_remote_shutdown, &r), 0);
	CHECK(wait_end());
	CHECK_EQ(reason_of(info().flags), SHUTDOWN_reboot);
	test_case("again");
	r.reason = SHUTDOWN_crash;
	CHECK_EQ(hc_sched_op(SCHEDOP_remote_shutdown, &r), 0);
	CHECK_EQ(reason_of(info().flags), SHUTDOWN_reboot);
	peer_destroy(&p);
}

#define LIMIT	1023	/* what peer_create asks for */
#define LIST	60

/* As many ports as its creator allowed, and then -ENOSPC; it dies with them. */
TEST(peer_port_limit, 0)
{
	struct multicall_entry *list;
	struct evtchn_alloc_unbound *args;
	unsigned int got = 0, full = 0, other = 0, last = 0;

	peer_create(&p);
	list = peer_page(&p, PEER_DATA);
	args = peer_page(&p, PEER_DATA + 1);
	for (unsigned int n = 0; n < LIMIT + LIST; n += LIST) {
		for (unsigned int i = 0; i < LIST; i++) {
			args[i].dom = DOMID_SELF;
			args[i].remote_dom = 0;
			list[i] = (struct multicall_entry) {
				.op = __HYPERVISOR_event_channel_op,
				.args = { EVTCHNOP_alloc_unbound,
					  peer_va(PEER_DATA + 1) +
					  i * sizeof(args[0]) },
			};
		}
		CHECK_EQ(peer_call(&p, __HYPERVISOR_multicall,
				   peer_va(PEER_DATA), LIST, 0, 0), 0);
		for (unsigned int i = 0; i < LIST; i++) {
			long result = list[i].result;

			got += !result;
			full += result == -XEN_ENOSPC;
			other += result && result != -XEN_ENOSPC;
			last = result ? last : args[i].port;
		}
	}
	CHECK_EQ(got, LIMIT);
	CHECK_EQ(last, LIMIT);
	CHECK(full > 0);
	CHECK_EQ(other, 0);
	test_case("our own are as many as ever");
	{
		int ours = event_alloc_unbound(DOMID_SELF, p.id);

		CHECK(ours > 0, "%d", ours);
		event_close(ours);
	}
	peer_destroy(&p);
}

/* Suspended, resumed, and again: registers and memory are as they were. */
TEST(peer_suspend_resume, 0)
{
	peer_create(&p);
	for (unsigned int round = 0; round < 3; round++) {
		struct xen_domctl op = {
			.cmd = XEN_DOMCTL_resumedomain, .domain = p.id,
		};
		uint64_t end;
		long result = 99;

		test_case("round %u", round);
		peer_fpu_set(&p, 0x1234567800 + round, 0x1f80, 0x37f);
		shut_down(SHUTDOWN_suspend);
		CHECK(wait_end());
		CHECK_EQ(reason_of(info().flags), SHUTDOWN_suspend);
		CHECK_EQ(hc_domctl(&op), 0);
		end = clock_ns() + 5 * NSEC_PER_SEC;
		while (!peer_call_done(&p, &result) && clock_ns() < end) {
			hc_sched_op(SCHEDOP_yield, NULL);
		}
		CHECK(peer_call_done(&p, &result));
		CHECK_EQ(result, 0);
		CHECK(!(info().flags & XEN_DOMINF_shutdown));
		CHECK_EQ(peer_fpu_differs(&p, 0x1234567800 + round, 0x1f80,
					  0x37f), 0);
		CHECK_EQ(peer_call(&p, __HYPERVISOR_xen_version,
				   XENVER_version, 0, 0, 0), 4 << 16 | 17);
	}
	peer_destroy(&p);
}

/* The only vCPU down: the domain is off. */
TEST(peer_last_vcpu_down, 0)
{
	peer_create(&p);
	peer_call_start(&p, __HYPERVISOR_vcpu_op, VCPUOP_down, 0, 0, 0);
	CHECK(wait_end());
	CHECK_EQ(reason_of(info().flags), SHUTDOWN_poweroff);
	peer_destroy(&p);
}

/* Paused it does nothing, unpaused it goes on; the two are counted. */
TEST(peer_pause, 0)
{
	struct xen_domctl op = { .cmd = XEN_DOMCTL_pausedomain };
	long result;

	peer_create(&p);
	op.domain = p.id;
	for (unsigned int i = 0; i < 2; i++) {
		CHECK_EQ(hc_domctl(&op), 0);
	}
	peer_call_start(&p, __HYPERVISOR_xen_version, XENVER_version, 0, 0, 0);
	clock_spin(5 * NSEC_PER_MSEC);
	CHECK(!peer_call_done(&p, &result));
	op.cmd = XEN_DOMCTL_unpausedomain;
	CHECK_EQ(hc_domctl(&op), 0);
	clock_spin(5 * NSEC_PER_MSEC);
	CHECK(!peer_call_done(&p, &result));
	CHECK_EQ(hc_domctl(&op), 0);
	CHECK_EQ(peer_call(&p, __HYPERVISOR_xen_version, XENVER_version, 0, 0,
			   0), 4 << 16 | 17);
	test_case("not paused");
	CHECK_EQ(hc_domctl(&op), -XEN_EINVAL);
	peer_destroy(&p);
}

/* It dies while bound to us in each way; our ends stay ours. */
TEST(peer_dies_bound, 0)
{
	struct evtchn_alloc_unbound its = { .remote_dom = 0 };
	struct evtchn_status s = { .dom = DOMID_SELF };
	int ours, bound;

	peer_create(&p);
	its.dom = DOMID_SELF;
	CHECK_EQ(peer_op(&p, __HYPERVISOR_event_channel_op,
			 EVTCHNOP_alloc_unbound, &its, sizeof(its)), 0);
	bound = event_bind_interdomain(p.id, its.port);
	CHECK(bound > 0, "%d", bound);
	ours = event_alloc_unbound(DOMID_SELF, p.id);
	CHECK(ours > 0);
	event_clear(bound);
	CHECK_EQ(event_send(bound), 0);
	peer_destroy(&p);
	test_case("bound to its port");
	s.port = bound;
	CHECK_EQ(hc_event_channel_op(EVTCHNOP_status, &s), 0);
	CHECK_EQ(s.status, EVTCHNSTAT_unbound);
	CHECK_EQ(event_send(bound), 0);
	CHECK_EQ(event_is_pending(bound), 0);
	test_case("waiting for it");
	s.port = ours;
	CHECK_EQ(hc_event_channel_op(EVTCHNOP_status, &s), 0);
	CHECK_EQ(s.status, EVTCHNSTAT_unbound);
	CHECK_EQ(event_close(ours), 0);
	CHECK_EQ(event_close(bound), 0);
	test_case("its port, now");
	CHECK_EQ(event_bind_interdomain(p.id, its.port), -XEN_ESRCH);
}

/* The FPU's registers and modes are each domain's own. */
TEST(peer_fpu, 0)
{
	static const unsigned int modes[][2] = {
		{ 0x1f80, 0x37f }, { 0x7f80, 0xf7f }, { 0x9fc0, 0x27f },
	};
	uint32_t mxcsr = 0x3f80, got;
	uint16_t control = 0xb7f, got_control;
	uint64_t mine[2] = { 0xfeedfacefeedface, 0x0123456789abcdef }, now[2];

	peer_create(&p);
	asm volatile("ldmxcsr %0; fldcw %1; movups %2, %%xmm9"
		     : : "m" (mxcsr), "m" (control), "m" (mine));
	for (unsigned int i = 0; i < 30; i++) {
		const unsigned int *mode = modes[i % 3];

		test_case("round %u", i);
		peer_fpu_set(&p, 0xa0a0 * (i + 1), mode[0], mode[1]);
		CHECK_EQ(peer_fpu_differs(&p, 0xa0a0 * (i + 1), mode[0],
					  mode[1]), 0);
		asm volatile("stmxcsr %0; fnstcw %1; movups %%xmm9, %2"
			     : "=m" (got), "=m" (got_control), "=m" (now));
		CHECK_EQ(got, mxcsr);
		CHECK_EQ(got_control, control);
		CHECK_EQ(memcmp(now, mine, sizeof(now)), 0);
	}
	mxcsr = 0x1f80;
	control = 0x37f;
	asm volatile("ldmxcsr %0; fldcw %1" : : "m" (mxcsr), "m" (control));
	peer_destroy(&p);
}

#define BATCH	64

/* As many mappings as its limit allows, then no more; and all of it back. */
TEST(peer_maptrack_limit, 0)
{
	char *page = page_alloc();
	grant_ref_t refs[BATCH];
	unsigned int maps = 0, held = 0;
	int status = 0;

	peer_create(&p);
	/* An entry can be mapped only so often. */
	for (unsigned int i = 0; i < BATCH; i++) {
		refs[i] = grant_access(p.id, page, false);
	}
	while (maps < 64 * BATCH && status == 0) {
		struct gnttab_map_grant_ref *ops = peer_page(&p, PEER_DATA);

		for (unsigned int i = 0; i < BATCH; i++) {
			ops[i] = (struct gnttab_map_grant_ref) {
				.ref = refs[i], .flags = GNTMAP_device_map,
			};
		}
		CHECK_EQ(peer_call(&p, __HYPERVISOR_grant_table_op,
				   GNTTABOP_map_grant_ref, peer_va(PEER_DATA),
				   BATCH, 0), 0);
		for (unsigned int i = 0; i < BATCH; i++) {
			maps += ops[i].status == GNTST_okay;
			status = status ? status : ops[i].status;
		}
	}
	CHECK(maps >= 1000, "%u", maps);
	CHECK_EQ(status, GNTST_no_space);
	for (unsigned int i = 0; i < BATCH; i++) {
		held += !grant_revoke(refs[i]);
	}
	CHECK_EQ(held, BATCH);
	test_case("it dies with all of them");
	peer_destroy(&p);
	for (unsigned int i = 0; i < BATCH; i++) {
		CHECK(grant_revoke(refs[i]));
	}
	page_free(page);
}

/* Its table grown to the limit; grants in the last entries work. */
TEST(peer_grant_table_limit, 0)
{
	struct gnttab_setup_table op = { .dom = DOMID_SELF };
	struct gnttab_query_size size = { .dom = DOMID_SELF };
	xen_pfn_t *list;

	peer_create(&p);
	list = peer_page(&p, PEER_DATA + 1);
	CHECK_EQ(peer_op(&p, __HYPERVISOR_grant_table_op, GNTTABOP_query_size,
			 &size, sizeof(size)), 0);
	CHECK_EQ(size.max_nr_frames, 4);
	for (unsigned int n = 1; n <= 5; n++) {
		test_case("%u frames", n);
		op.nr_frames = n;
		op.status = 0;
		set_xen_guest_handle(op.frame_list,
				     (xen_pfn_t *)peer_va(PEER_DATA + 1));
		CHECK_EQ(peer_op(&p, __HYPERVISOR_grant_table_op,
				 GNTTABOP_setup_table, &op, sizeof(op)), 0);
		if (n <= 4) {
			CHECK_EQ(op.status, GNTST_okay);
		} else {
			CHECK(op.status < 0, "%d", op.status);
		}
	}
	test_case("the last entry");
	{
		grant_ref_t last = 4 * 512 - 1;
		struct grant_entry_v1 *e;
		struct gnttab_copy copy = {
			.source = { .u.ref = last, .domid = p.id },
			.dest = { .domid = DOMID_SELF }, .len = 8,
			.flags = GNTCOPY_source_gref,
		};
		char *page = page_alloc();

		CHECK_EQ(peer_call(&p, __HYPERVISOR_update_va_mapping,
				   peer_va(PEER_GRANTS),
				   pte_make(list[3], PTE_USER), UVMF_INVLPG,
				   0), 0);
		p.mfn[PEER_GRANTS] = list[3];
		e = peer_page(&p, PEER_GRANTS);
		e[511].domid = 0;
		e[511].frame = p.mfn[PEER_DATA + 2];
		e[511].flags = GTF_permit_access | GTF_readonly;
		memcpy(peer_page(&p, PEER_DATA + 2), "the last", 8);
		copy.dest.u.gmfn = virt_to_mfn(page);
		CHECK_EQ(hc_grant_table_op(GNTTABOP_copy, &copy, 1), 0);
		CHECK_EQ(copy.status, GNTST_okay);
		CHECK_EQ(memcmp(page, "the last", 8), 0);
		test_case("one behind it");
		copy.source.u.ref = last + 1;
		CHECK_EQ(hc_grant_table_op(GNTTABOP_copy, &copy, 1), 0);
		CHECK_EQ(copy.status, GNTST_bad_gntref);
		page_free(page);
	}
	peer_destroy(&p);
}

/* Nothing of the hypervisor's shows in what calls give back. */
TEST(peer_nothing_leaks, 0)
{
	static const struct {
		unsigned int nr, cmd;
	} calls[] = {
		{ __HYPERVISOR_xen_version, XENVER_extraversion },
		{ __HYPERVISOR_xen_version, XENVER_compile_info },
		{ __HYPERVISOR_xen_version, XENVER_capabilities },
		{ __HYPERVISOR_xen_version, XENVER_changeset },
		{ __HYPERVISOR_xen_version, XENVER_platform_parameters },
		{ __HYPERVISOR_xen_version, XENVER_get_features },
		{ __HYPERVISOR_xen_version, XENVER_guest_handle },
		{ __HYPERVISOR_xen_version, XENVER_commandline },
		{ __HYPERVISOR_xen_version, XENVER_build_id },
		{ __HYPERVISOR_memory_op, XENMEM_machphys_mapping },
		{ __HYPERVISOR_memory_op, XENMEM_memory_map },
		{ __HYPERVISOR_memory_op, XENMEM_get_sharing_freed_pages },
		{ __HYPERVISOR_event_channel_op, EVTCHNOP_status },
		{ __HYPERVISOR_event_channel_op, EVTCHNOP_alloc_unbound },
		{ __HYPERVISOR_grant_table_op, GNTTABOP_query_size },
		{ __HYPERVISOR_grant_table_op, GNTTABOP_get_version },
		{ __HYPERVISOR_physdev_op, PHYSDEVOP_irq_status_query },
		{ __HYPERVISOR_sched_op, SCHEDOP_poll },
	};

	peer_create(&p);
	for (unsigned int i = 0; i < ARRAY_SIZE(calls); i++) {
		uint64_t *page = peer_page(&p, PEER_PAGES - 1);
		unsigned int pointers = 0, far = 0;

		test_case("call %u, sub-call %u", calls[i].nr, calls[i].cmd);
		memset(page, 0, PAGE_SIZE);
		if (calls[i].nr == __HYPERVISOR_sched_op) {
			page[2] = 1;	/* a time that is past */
		}
		((uint16_t *)page)[0] = calls[i].nr ==
			__HYPERVISOR_event_channel_op ? DOMID_SELF : 0;
		peer_call(&p, calls[i].nr, calls[i].cmd,
			  peer_va(PEER_PAGES - 1), 1, 0);
		for (unsigned int w = 0; w < PAGE_SIZE / 8; w++) {
			/* The M2P's address is public. */
			pointers += page[w] >= HYPERVISOR_VIRT_START &&
				    page[w] < HYPERVISOR_VIRT_END &&
				    page[w] != MACH2PHYS_VIRT_START &&
				    page[w] != MACH2PHYS_VIRT_END &&
				    page[w] != HYPERVISOR_VIRT_START;
			far += w >= 256 && page[w];
		}
		CHECK_EQ(pointers, 0);
		CHECK_EQ(far, 0);
	}
	peer_destroy(&p);
}
