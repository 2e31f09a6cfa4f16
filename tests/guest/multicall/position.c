/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Multicall, at every position of the list: a call that is refused; one whose
 * arguments cannot be read; a long one that is preempted while a timer ticks;
 * an iret, which ends the list.
 *
 * From <xen/xen.h>, multicall_entry.
 */
#include "common/snippet.h"
#include "multicall/long.h"

#define N	12

static struct multicall_entry calls[N];

static void fill(void)
{
	for (unsigned int i = 0; i < N; i++) {
		calls[i] = (struct multicall_entry) {
			.op = __HYPERVISOR_xen_version,
			.args = { XENVER_version }, .result = 0x5555,
		};
	}
}

static void check_others(unsigned int except)
{
	for (unsigned int i = 0; i < N; i++) {
		if (i != except) {
			CHECK_EQ(calls[i].result, 4 << 16 | 17);
		}
	}
}

TEST(multicall_error_position, 0)
{
	static const struct {
		const char *name;
		unsigned int op;
		unsigned long args[4];
		long want;
	} bad[] = {
		{ "no such call", 63, { 0 }, -XEN_ENOSYS },
		{ "a huge number", 0x80000000, { 0 }, -XEN_ENOSYS },
		{ "unreadable", __HYPERVISOR_event_channel_op,
		  { EVTCHNOP_send, TEST_VA }, -XEN_EFAULT },
		{ "no such sub-call", __HYPERVISOR_sched_op, { 99, 0 },
		  -XEN_ENOSYS },
		{ "refused", __HYPERVISOR_update_va_mapping,
		  { 0xffff830000000000, 0, 0 }, -XEN_EINVAL },
	};

	for (unsigned int b = 0; b < ARRAY_SIZE(bad); b++) {
		for (unsigned int at = 0; at < N; at++) {
			test_case("%s, at %u", bad[b].name, at);
			fill();
			calls[at].op = bad[b].op;
			memcpy(calls[at].args, bad[b].args,
			       sizeof(bad[b].args));
			CHECK_EQ(hc_multicall(calls, N), 0);
			CHECK_WANT((long)calls[at].result, bad[b].want);
			check_others(at);
		}
	}
}

/* A batch of many entries, cut into pieces by the ticks. */
TEST(multicall_preempted_position, 0)
{
	ticks_begin();
	for (unsigned int at = 0; at < N; at++) {
		test_case("at %u", at);
		fill();
		calls[at] = long_call();
		CHECK_EQ(hc_multicall(calls, N), 0);
		CHECK_EQ(calls[at].result, 0);
		CHECK_EQ(long_done, MANY);
		check_others(at);
	}
	ticks_end();
}

/* The calls see events as one: delivered behind the whole list. */
TEST(multicall_event_position, 0)
{
	int port = event_bind_ipi(0);
	struct evtchn_send send = { .port = port };

	for (unsigned int at = 0; at < N; at++) {
		test_case("sent at %u", at);
		ticks = 0;
		event_set_handler(port, tick, NULL);
		fill();
		calls[at] = (struct multicall_entry) {
			.op = __HYPERVISOR_event_channel_op,
			.args = { EVTCHNOP_send, (unsigned long)&send },
			.result = 0x5555,
		};
		events_enable();
		CHECK_EQ(hc_multicall(calls, N), 0);
		events_disable();
		CHECK_EQ(calls[at].result, 0);
		CHECK_EQ(ticks, 1);
		check_others(at);
	}
	clock_set_timer(0);
	event_close(port);
}

/* Every count up to two pages of list, and lists that begin anywhere. */
TEST(multicall_lengths, 0)
{
	char *pages[3];
	struct multicall_entry *list;

	for (unsigned int i = 0; i < 3; i++) {
		pages[i] = page_alloc();
		CHECK_EQ(map_page(kernel_root, TEST_VA + i * PAGE_SIZE,
				  pte_make(virt_to_mfn(pages[i]), PTE_USER)),
			 0);
	}
	for (unsigned int shift = 0; shift < sizeof(*list); shift += 8) {
		unsigned int n = 80;

		test_case("%u bytes in", shift);
		list = (void *)(TEST_VA + shift);
		for (unsigned int i = 0; i < n; i++) {
			list[i] = (struct multicall_entry) {
				.op = __HYPERVISOR_xen_version,
				.args = { XENVER_version }, .result = 0x5555,
			};
		}
		list[n].result = 0x7777;
		CHECK_EQ(hc_multicall(list, n), 0);
		for (unsigned int i = 0; i < n; i++) {
			CHECK_EQ(list[i].result, 4 << 16 | 17);
		}
		CHECK_EQ(list[n].result, 0x7777);
	}
	unmap_test_va(TEST_VA);
	for (unsigned int i = 0; i < 3; i++) {
		page_free(pages[i]);
	}
}
