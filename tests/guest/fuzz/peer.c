/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * A hostile domain that may die: an unprivileged one makes any call with any
 * arguments, those that end it included; when it has ended, blocked, or done
 * its share, it is destroyed as it is, and the next one comes. In the end all
 * its memory is back, and the audit finds every count right.
 * Command line: seed=N rounds=N calls=N (per round).
 */
#include "common/peer.h"
#include "fuzz/random.h"

static struct peer p;

static unsigned long any_frame(void)
{
	switch (below(8)) {
	case 0:
		return hypervisor_mfn();
	case 1:
		return virt_to_mfn(kernel_root);
	case 2:
		return any_number();
	case 3:
		return below(0x10000);
	default:
		return p.mfn[below(PEER_PAGES)];
	}
}

static unsigned long any_word(void)
{
	static const uint64_t flags[] = {
		0, PTE_P, PTE_USER, PTE_TABLE, MMU_MACHPHYS_UPDATE,
		MMU_PT_UPDATE_PRESERVE_AD,
	};

	switch (below(8)) {
	case 0:
		return any_frame();
	case 1:
		return peer_va(below(PEER_PAGES + 2)) +
		       below(512) * 8;
	case 2:
		return DOMID_SELF;
	case 3:
		return below(40);
	case 4:
		return any_frame() << PAGE_SHIFT |
		       flags[below(ARRAY_SIZE(flags))];
	case 5:
		/* An entry of one of its tables. */
		return (p.mfn[PEER_L1 + below(4)] << PAGE_SHIFT) +
		       below(512) * 8;
	default:
		return any_number();
	}
}

static unsigned long any_argument(void)
{
	switch (below(6)) {
	case 0:
		return below(32);
	case 1:
		return any_word();
	case 2:
		return any_number();
	case 3:
		return 1 + below(3);
	default:
		return peer_va(PEER_DATA) + below(16) * 8;
	}
}

/* False when the domain does not answer any more. */
static bool one_call(void)
{
	uint64_t *words = peer_page(&p, PEER_DATA), end;
	unsigned int nr = below(43);
	long result;

	/* Its console would only be noise, and what ends it can wait. */
	if (nr == __HYPERVISOR_console_io ||
	    (below(32) && (nr == __HYPERVISOR_iret ||
				  nr == __HYPERVISOR_sched_op ||
				  nr == __HYPERVISOR_sched_op_compat ||
				  nr == __HYPERVISOR_set_callbacks))) {
		nr = __HYPERVISOR_mmu_update;
	}
	for (unsigned int i = 0; i < 32; i++) {
		words[i] = any_word();
	}
	peer_call_start(&p, nr, any_argument(), any_argument(),
			any_argument(), any_argument());
	end = clock_ns() + 100 * NSEC_PER_MSEC;
	while (!peer_call_done(&p, &result)) {
		hc_sched_op(SCHEDOP_yield, NULL);
		if (clock_ns() > end) {
			return false;
		}
	}
	return true;
}

TEST(fuzz_peer, ALONE)
{
	unsigned long seed = number_word("seed=", 1);
	unsigned long rounds = number_word("rounds=", 8);
	unsigned long calls = number_word("calls=", 2000);
	unsigned long total = 0;
	long before;
	int differ;

	random_seed(seed);
	/* The tables of our windows are made once and stay. */
	peer_create(&p);
	peer_destroy(&p);
	before = free_pages();
	for (unsigned long r = 0; r < rounds; r++) {
		unsigned long i = 0;

		test_case("seed %lu, round %lu", seed, r);
		peer_create(&p);
		while (i < calls && one_call()) {
			i++;
		}
		total += i;
		peer_destroy(&p);
	}
	CHECK(free_pages_return_to(before), "%lx, not %lx", free_pages(),
	      before);
	differ = audit();
	CHECK(differ <= 0, "%d counts differ", differ);
	printk("seed %lu: %lu domains, %lu calls\n", seed, rounds, total);
}
