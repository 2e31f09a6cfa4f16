/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The wall clock: the shared page has its value at system time 0, under a
 * version that is odd while it is written; so wall time and system time run
 * alike. The control domain sets it, for every domain; a domain's own offset,
 * in seconds, is its toolstack's to set.
 *
 * From <xen/xen.h> (wc_version), <xen/platform.h> (settime64), <xen/domctl.h>
 * (settimeoffset).
 */
#include "common/peer.h"

#include <xen/platform.h>

static uint64_t wall_ns(void)
{
	uint64_t sec;
	uint32_t nsec;

	clock_wall(&sec, &nsec);
	return sec * NSEC_PER_SEC + nsec;
}

/* What a shared page says: the wall clock at system time 0. */
static uint64_t base_ns(const struct shared_info *s)
{
	return ((uint64_t)s->wc_sec_hi << 32 | s->wc_sec) * NSEC_PER_SEC +
	       s->wc_nsec;
}

TEST(time_wall_runs, 0)
{
	uint64_t wall = wall_ns(), system = clock_ns(), first = wall - system;

	CHECK_EQ(shared_info->wc_version & 1, 0);
	for (unsigned int i = 0; i < 20; i++) {
		uint64_t before = clock_ns(), now = wall_ns();
		uint64_t after = clock_ns();

		test_case("reading %u", i);
		CHECK(now - base_ns(shared_info) >= before);
		CHECK(now - base_ns(shared_info) <= after);
		clock_spin(100 * NSEC_PER_USEC);
	}
	test_case("its distance from system time stays");
	CHECK(wall_ns() - first >= system);
}

static long set(uint64_t secs, uint32_t nsecs, uint64_t at, uint32_t mbz)
{
	struct xen_platform_op op = {
		.cmd = XENPF_settime64,
		.interface_version = XENPF_INTERFACE_VERSION,
		.u.settime64 = {
			.secs = secs, .nsecs = nsecs, .mbz = mbz,
			.system_time = at,
		},
	};

	return hypercall(__HYPERVISOR_platform_op, (unsigned long)&op, 0, 0,
			 0, 0);
}

#define SOME_DAY	4102444800UL	/* 2100-01-01 */

TEST(time_wall_set, 0)
{
	uint64_t base = base_ns(shared_info), at = clock_ns();
	uint32_t version = shared_info->wc_version;
	const struct shared_info *s;
	struct peer p;

	peer_create(&p);
	s = peer_page(&p, PEER_SHARED);
	test_case("set, for everybody");
	CHECK_EQ(set(SOME_DAY, 5, at, 0), 0);
	CHECK_EQ(base_ns(shared_info), SOME_DAY * NSEC_PER_SEC + 5 - at);
	CHECK_EQ(base_ns(s), SOME_DAY * NSEC_PER_SEC + 5 - at);
	CHECK(shared_info->wc_version != version);
	CHECK_EQ(shared_info->wc_version & 1, 0);
	CHECK(wall_ns() >= SOME_DAY * NSEC_PER_SEC + 5);
	test_case("refused");
	version = shared_info->wc_version;
	CHECK_EQ(set(1, 0, at, 1), -XEN_EINVAL);
	/* Xen takes more nanoseconds than a second has. */
	if (on_paravane()) {
		CHECK_EQ(set(1, NSEC_PER_SEC, at, 0), -XEN_EINVAL);
	}
	CHECK_EQ(shared_info->wc_version, version);
	CHECK_EQ(base_ns(shared_info), SOME_DAY * NSEC_PER_SEC + 5 - at);
	test_case("an offset of the other's own");
	{
		struct xen_domctl op = {
			.cmd = XEN_DOMCTL_settimeoffset, .domain = p.id,
			.u.settimeoffset.time_offset_seconds = -3600,
		};

		CHECK_EQ(hc_domctl(&op), 0);
	}
	CHECK_EQ(base_ns(s),
		 (SOME_DAY - 3600) * NSEC_PER_SEC + 5 - at);
	CHECK_EQ(base_ns(shared_info), SOME_DAY * NSEC_PER_SEC + 5 - at);
	test_case("as it was");
	CHECK_EQ(set(base / NSEC_PER_SEC, base % NSEC_PER_SEC, 0, 0), 0);
	CHECK_EQ(base_ns(shared_info), base);
	peer_destroy(&p);
}
