/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * A mapping is taken away without a flush, and other vCPUs write on through
 * what their TLBs still hold. That is the guest's own business until the frame
 * becomes something else: a page table, a descriptor page, another domain's
 * memory, or its granter's alone. From then on no such write arrives.
 *
 * From <xen/xen.h>: UVMF_NONE; <xen/grant_table.h>: unmap_grant_ref.
 */
#include "common/peer.h"
#include "common/smp.h"

#define VA	TEST_VA

static volatile unsigned int wrote[MAX_VCPUS];

/* Not present as an entry, nor as a descriptor. */
#define TRACE	0x10

/* A byte of its own for each vCPU, 16 apart. */
static void writer(unsigned int id)
{
	volatile char *at = (volatile char *)(VA + 16 * id);
	unsigned int done = 0;

	asm volatile(MAY_FAULT("movb %2, (%1)\n	mov $1, %0")
		     : "+r" (done) : "r" (at), "i" (TRACE) : "memory");
	asm volatile("" : : : "memory");
	wrote[id] = done;
}

static unsigned int vcpus;

static unsigned int writers(void)
{
	unsigned int n = 0;

	others_round();
	for (unsigned int id = 1; id < vcpus; id++) {
		n += wrote[id];
	}
	return n;
}

static void map(unsigned long mfn)
{
	CHECK_EQ(hc_update_va_mapping(VA, pte_make(mfn, PTE_KERNEL),
				      UVMF_TLB_FLUSH | UVMF_ALL), 0);
	CHECK_EQ(writers(), vcpus - 1);
}

/* How many write on, with the mapping gone. */
static unsigned int take_away(void)
{
	CHECK_EQ(hc_update_va_mapping(VA, 0, UVMF_NONE), 0);
	return writers();
}

static void begin(void)
{
	need_two_vcpus();
	pte_reach(kernel_root, VA, 1);
	vcpus = others_begin(writer);
}

static void end(void)
{
	others_end();
	fault_take();
	unmap_test_va(VA);
}

/* Nothing is written to the page any more, which is read at `words`. */
static void check_untouched(const volatile uint64_t *words)
{
	unsigned int wrong = 0;

	CHECK_EQ(writers(), 0);
	for (unsigned int i = 0; i < PAGE_SIZE / 8; i++) {
		wrong += words[i] != 0;
	}
	CHECK_EQ(wrong, 0);
}

TEST(stale_page_table, FOUR_CPUS)
{
	unsigned int stale = 0;

	begin();
	for (unsigned int i = 0; i < 4; i++) {
		unsigned int level = 1 + i;
		pte_t *table = table_alloc();
		unsigned long mfn = virt_to_mfn(table);

		test_case("level %u", level);
		map(mfn);
		stale += take_away();
		CHECK_EQ(mmuext(MMUEXT_PIN_L1_TABLE + level - 1, mfn), 0);
		for (unsigned int id = 1; id < vcpus; id++) {
			CHECK_EQ(pte_write(&table[2 * id], 0), 0);
		}
		CHECK_EQ(writers(), 0);
		for (unsigned int id = 1; id < vcpus; id++) {
			CHECK_EQ(table[2 * id], 0);
		}
		CHECK_EQ(mmuext(MMUEXT_UNPIN_TABLE, mfn), 0);
		table_free(table);
	}
	CHECK(stale > 0, "the machine keeps no stale entry");
	end();
}

TEST(stale_descriptors, FOUR_CPUS)
{
	unsigned int stale = 0;

	begin();
	for (unsigned int i = 0; i < 2; i++) {
		uint64_t *gdt = (uint64_t *)table_alloc();
		unsigned long mfn = virt_to_mfn(gdt);

		test_case("round %u", i);
		map(mfn);
		stale += take_away();
		CHECK_EQ(hc_set_gdt(&mfn, 512), 0);
		for (unsigned int id = 1; id < vcpus; id++) {
			CHECK_EQ(hc_update_descriptor(virt_to_maddr(
							&gdt[2 * id]), 0), 0);
		}
		check_untouched(gdt);
		CHECK_EQ(hc_set_gdt(NULL, 0), 0);
		table_free((pte_t *)gdt);
	}
	CHECK(stale > 0, "the machine keeps no stale entry");
	end();
}

/* The frame is given back, and is another domain's before long. */
TEST(stale_given_away, FOUR_CPUS)
{
	enum { BATCH = 64, ROUNDS = 32 };
	static xen_pfn_t list[BATCH];
	char *page = page_alloc();
	unsigned long mfn = virt_to_mfn(page), pfn = virt_to_pfn(page);
	domid_t id = domain_new();
	struct xen_memory_reservation r = {
		.nr_extents = 1, .domid = DOMID_SELF,
	};
	/* All tables first: a frame that becomes one brings flushes. */
	pte_t *entry = pte_reach(kernel_root, TEST_VA2, 1);
	unsigned int stale, found = 0;

	domain_set_limit(id, BATCH * ROUNDS);
	begin();
	map(mfn);
	CHECK_EQ(hc_update_va_mapping((unsigned long)page, 0, UVMF_INVLPG), 0);
	stale = take_away();
	list[0] = mfn;
	set_xen_guest_handle(r.extent_start, list);
	CHECK_EQ(hc_memory_op(XENMEM_decrease_reservation, &r), 1);
	r.nr_extents = BATCH;
	r.domid = id;
	for (unsigned int i = 0; i < ROUNDS && !found; i++) {
		CHECK_EQ(hc_memory_op(XENMEM_populate_physmap, &r), BATCH);
		for (unsigned int k = 0; k < BATCH; k++) {
			found |= list[k] == mfn;
		}
	}
	CHECK(stale > 0, "the machine keeps no stale entry");
	if (found) {
		struct mmu_update req = {
			.ptr = virt_to_maddr(entry),
			.val = pte_make(mfn, PTE_KERNEL),
		};

		CHECK_EQ(hc_mmu_update(&req, 1, NULL, id), 0);
		CHECK_EQ(writers(), 0);
		memset((void *)TEST_VA2, 0, PAGE_SIZE);
		check_untouched((volatile uint64_t *)TEST_VA2);
	} else {
		CHECK(!on_paravane(), "nobody got the frame");
	}
	end();
	unmap_test_va(TEST_VA2);
	domain_end(id);
	r.nr_extents = 1;
	r.domid = DOMID_SELF;
	list[0] = pfn;
	CHECK_EQ(hc_memory_op(XENMEM_populate_physmap, &r), 1);
	p2m[pfn] = list[0];
	CHECK_EQ(hc_update_va_mapping((unsigned long)page,
				      pte_make(list[0], PTE_KERNEL),
				      UVMF_INVLPG), 0);
	page_free(page);
}

/* A grant is unmapped: when that is done, no vCPU reaches the page. */
TEST(stale_grant, FOUR_CPUS)
{
	struct peer p;
	volatile struct grant_entry_v1 *e;
	volatile uint64_t *granted;

	peer_create(&p);
	begin();
	e = peer_grant_table(&p);
	granted = peer_page(&p, PEER_DATA + 2);
	e[11].domid = 0;
	e[11].frame = p.mfn[PEER_DATA + 2];
	e[11].flags = GTF_permit_access;
	for (unsigned int round = 0; round < 2; round++) {
		struct gnttab_map_grant_ref map = {
			.host_addr = VA, .dom = p.id, .ref = 11,
			.flags = GNTMAP_host_map,
		};
		struct gnttab_unmap_grant_ref un = { .host_addr = VA };

		test_case("round %u", round);
		CHECK_EQ(hc_grant_table_op(GNTTABOP_map_grant_ref, &map, 1),
			 0);
		CHECK_EQ(map.status, GNTST_okay);
		CHECK_EQ(writers(), vcpus - 1);
		un.handle = map.handle;
		CHECK_EQ(hc_grant_table_op(GNTTABOP_unmap_grant_ref, &un, 1),
			 0);
		CHECK_EQ(un.status, GNTST_okay);
		CHECK_EQ(e[11].flags & (GTF_reading | GTF_writing), 0);
		memset((void *)granted, 0, PAGE_SIZE);
		check_untouched(granted);
	}
	end();
	peer_destroy(&p);
}
