/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The memory map that a domain is shown: none until one is set for it, then
 * that one, as much of it as fits, until another is set. A call that fails,
 * wherever it does, leaves the one before.
 *
 * From <xen/memory.h>, XENMEM_memory_map and XENMEM_set_memory_map.
 */
#include "common/peer.h"

struct entry {
	uint64_t addr, size;
	uint32_t type;
} __attribute__((packed));

#define MAX	8
#define POISON	0xa5

static struct peer p;
static struct entry now[MAX];	/* as it must be */
static unsigned int n_now;

/* What the domain itself reads, with room for `room` entries. */
static void check_map(unsigned int room)
{
	struct xen_memory_map map = { .nr_entries = room };
	unsigned int want = room < n_now ? room : n_now;
	unsigned char *buffer = peer_page(&p, PEER_DATA);
	unsigned int wrong = 0;

	memset(buffer, POISON, PAGE_SIZE);
	set_xen_guest_handle(map.buffer, (void *)peer_va(PEER_DATA));
	CHECK_EQ(peer_op(&p, __HYPERVISOR_memory_op, XENMEM_memory_map, &map,
			 sizeof(map)), n_now ? 0 : -XEN_ENOSYS);
	if (!n_now) {
		want = 0;
	} else {
		CHECK_EQ(map.nr_entries, want);
	}
	CHECK_EQ(memcmp(buffer, now, want * sizeof(now[0])), 0);
	for (unsigned int i = want * sizeof(now[0]); i < PAGE_SIZE; i++) {
		wrong += buffer[i] != POISON;
	}
	CHECK_EQ(wrong, 0);
}

static long set_map(domid_t id, const void *entries, unsigned int n)
{
	struct xen_foreign_memory_map m = {
		.domid = id, .map.nr_entries = n,
	};

	set_xen_guest_handle(m.map.buffer, (void *)entries);
	return hc_memory_op(XENMEM_set_memory_map, &m);
}

TEST(memory_set_map, 0)
{
	static struct entry other[MAX];
	char *page = page_alloc();

	peer_create(&p);
	CHECK_EQ(map_page(kernel_root, TEST_VA,
			  pte_make(virt_to_mfn(page), PTE_KERNEL)), 0);
	memset(page, 0x77, PAGE_SIZE);
	n_now = 0;
	test_case("none was set");
	check_map(MAX);
	for (unsigned int n = 1; n <= MAX; n += n == 1 ? 4 : 3) {
		for (unsigned int i = 0; i < n; i++) {
			now[i] = (struct entry) {
				.addr = (i + n) << 20, .size = 1 << 20,
				.type = i & 1 ? 2 : 1,
			};
			other[i] = (struct entry) { .addr = ~0UL, .type = 7 };
		}
		test_case("%u entries set", n);
		CHECK_EQ(set_map(p.id, now, n), 0);
		n_now = n;
		check_map(MAX);
		check_map(n - 1);
		check_map(n + 100);
		test_case("%u entries, then an unreadable list", n);
		CHECK_EQ(set_map(p.id, (void *)TEST_VA2, n), -XEN_EFAULT);
		check_map(MAX);
		CHECK_EQ(set_map(p.id, (void *)0x0000800000000000, n),
			 -XEN_EFAULT);
		check_map(MAX);
		test_case("%u entries, then a list of which one is there", n);
		CHECK_EQ(set_map(p.id, (void *)(TEST_VA + PAGE_SIZE -
						sizeof(now[0])), n + 1),
			 -XEN_EFAULT);
		check_map(MAX);
		test_case("%u entries, then too many", n);
		CHECK(set_map(p.id, other, 5000) < 0);
		CHECK(set_map(p.id, other, ~0U) < 0);
		check_map(MAX);
	}
	test_case("for no domain");
	CHECK_EQ(set_map(999, other, 1), -XEN_ESRCH);
	CHECK(hc_memory_op(XENMEM_set_memory_map, (void *)TEST_VA2) < 0);
	check_map(MAX);
	test_case("a list without entries");
	CHECK_EQ(set_map(p.id, now, 0), 0);
	n_now = 0;
	check_map(MAX);
	unmap_test_va(TEST_VA);
	page_free(page);
	peer_destroy(&p);
}
