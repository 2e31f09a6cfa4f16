/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * A domain is destroyed in every state of its memory and page tables in which
 * a builder, or a domain at its end, may leave them: nothing is lost and
 * nothing stays, also when a second vCPU works on the same tables while the
 * first destroys.
 *
 * From <xen/domctl.h>, XEN_DOMCTL_destroydomain.
 */
#include "common/peer.h"
#include "common/smp.h"

#define WINDOW	TEST_VA2
#define TABLES	4	/* L1 to L4 are its frames 0 to 3 */
#define FRAMES	24

static domid_t id;
static xen_pfn_t mfn[FRAMES];

/* Its frame n, writable at WINDOW. */
static void *frame(unsigned int n)
{
	unsigned long va = WINDOW + n * PAGE_SIZE;
	struct mmu_update req = {
		.ptr = virt_to_maddr(pte_reach(kernel_root, va, 1)),
		.val = pte_make(mfn[n], PTE_KERNEL),
	};

	CHECK_EQ(hc_mmu_update(&req, 1, NULL, id), 0);
	return (void *)va;
}

static void forget(unsigned int n)
{
	CHECK_EQ(hc_update_va_mapping(WINDOW + n * PAGE_SIZE, 0, UVMF_INVLPG),
		 0);
}

static void give_memory(void)
{
	struct xen_memory_reservation r = {
		.nr_extents = FRAMES, .domid = id,
	};

	domain_set_limit(id, FRAMES + 8);
	set_xen_guest_handle(r.extent_start, mfn);
	for (unsigned int i = 0; i < FRAMES; i++) {
		mfn[i] = i;
	}
	CHECK_EQ(hc_memory_op(XENMEM_populate_physmap, &r), FRAMES);
}

/* One table of each level, in a row; the L1 is full of its other frames. */
static void write_tables(void)
{
	for (unsigned int t = 0; t < TABLES; t++) {
		pte_t *table = frame(t);

		for (unsigned int i = 0; i < 512 && (!t || i < 2); i++) {
			table[i] = t ? pte_make(mfn[t - 1], PTE_TABLE) :
				   pte_make(mfn[TABLES + i % (FRAMES -
							      TABLES)],
					    PTE_USER);
		}
		forget(t);
	}
}

static long pin(unsigned int level, bool on)
{
	struct mmuext_op op = {
		.cmd = on ? MMUEXT_PIN_L1_TABLE + level - 1
			  : MMUEXT_UNPIN_TABLE,
		.arg1.mfn = mfn[level - 1],
	};

	return hc_mmuext_op(&op, 1, NULL, id);
}

static long give_up_frame(unsigned int n)
{
	struct xen_memory_reservation r = {
		.nr_extents = 1, .domid = id,
	};

	set_xen_guest_handle(r.extent_start, &mfn[n]);
	return hc_memory_op(XENMEM_decrease_reservation, &r);
}

TEST(peer_half_built_tables, 0)
{
	static const char *const stages[] = {
		"memory", "tables written", "L1 pinned", "L2 pinned",
		"L3 pinned", "L4 pinned", "each pinned", "a pin refused",
		"pinned, and a frame of it given back",
		"pinned, and a table of it given back",
		"unpinned again", "an entry changed", "pages mapped by us",
	};
	long before = free_pages();

	for (unsigned int s = 0; s < ARRAY_SIZE(stages); s++) {
		test_case("%s", stages[s]);
		id = domain_new();
		give_memory();
		if (s >= 1) {
			write_tables();
		}
		if (s >= 2 && s <= 5) {
			CHECK_EQ(pin(s - 1, true), 0);
		}
		switch (s) {
		case 6:
			for (unsigned int level = 4; level; level--) {
				CHECK_EQ(pin(level, true), 0);
			}
			break;
		case 7:
			((pte_t *)frame(1))[400] = pte_make(mfn[TABLES],
							    PTE_TABLE);
			forget(1);
			CHECK(pin(4, true) < 0);
			CHECK_EQ(pin(1, true), 0);
			break;
		case 8:
		case 9:
			CHECK_EQ(pin(4, true), 0);
			CHECK_EQ(give_up_frame(s == 8 ? TABLES : 1), 1);
			break;
		case 10:
			CHECK_EQ(pin(4, true), 0);
			CHECK_EQ(pin(4, false), 0);
			break;
		case 11: {
			struct mmu_update req = {
				.ptr = mfn[0] * PAGE_SIZE,
			};
			/* Xen asks for a vCPU before it writes for a domain. */
			struct xen_domctl vcpus = {
				.cmd = XEN_DOMCTL_max_vcpus, .domain = id,
				.u.max_vcpus.max = 1,
			};

			CHECK_EQ(hc_domctl(&vcpus), 0);
			CHECK_EQ(pin(4, true), 0);
			CHECK_EQ(hc_mmu_update(&req, 1, NULL,
					       id | (id + 1) << 16), 0);
			break;
		}
		case 12:
			for (unsigned int i = TABLES; i < FRAMES; i++) {
				*(char *)frame(i) = 'm';
			}
			break;
		}
		if (s == 12) {
			struct xen_domctl op = {
				.cmd = XEN_DOMCTL_destroydomain, .domain = id,
			};

			while (hc_domctl(&op) == -XEN_EAGAIN) {
			}
			/* What we have mapped is there until we have not. */
			for (unsigned int i = TABLES; i < FRAMES; i++) {
				char *page = (char *)WINDOW + i * PAGE_SIZE;

				CHECK_EQ(*page, 'm');
				forget(i);
			}
			unmap_test_va(WINDOW);
			continue;
		}
		unmap_test_va(WINDOW);
		domain_end(id);
	}
	CHECK(free_pages_return_to(before), "%ld, not %ld", free_pages(),
	      before);
}

static void pin_and_unpin(void *arg)
{
	static unsigned int n;
	unsigned int level = 1 + n++ % 4;

	(void)arg;
	pin(level, true);
	pin(level, false);
	pin(4, true);
}

/*
 * The other vCPU does something to it, again and again, while this one destroys
 * it, a little later each round. `prepare` comes before.
 */
static void destroy_while(void (*prepare)(void), void (*other)(void *))
{
	long before;

	need_two_vcpus();
	before = free_pages();
	for (unsigned int round = 0; round < 10; round++) {
		test_case("round %u", round);
		id = domain_new();
		give_memory();
		write_tables();
		prepare();
		other_begin(other, NULL);
		clock_spin(round * 20 * NSEC_PER_USEC);
		domain_end(id);
		other_end();
		unmap_test_va(WINDOW);
	}
	CHECK(free_pages_return_to(before), "%ld, not %ld", free_pages(),
	      before);
}

static void tables_out_of_sight(void)
{
	unmap_test_va(WINDOW);
}

static pte_t *window;		/* our entries for it, while they are there */

static void tables_pinned(void)
{
	CHECK_EQ(pin(4, true), 0);
	window = pte_find(kernel_root, WINDOW, 1);
}

/* One vCPU pins and unpins its tables while the other destroys it. */
TEST(peer_destroyed_while_pinned, 0)
{
	destroy_while(tables_out_of_sight, pin_and_unpin);
}

static void map_and_unmap(void *arg)
{
	static unsigned int n;
	unsigned int i = TABLES + n++ % (FRAMES - TABLES);
	unsigned long va = WINDOW + i * PAGE_SIZE;
	struct mmu_update req = {
		.ptr = virt_to_maddr(window + (va >> PAGE_SHIFT & 511)),
		.val = pte_make(mfn[i], PTE_KERNEL),
	};

	(void)arg;
	hc_mmu_update(&req, 1, NULL, id);
	req.val = 0;
	hc_mmu_update(&req, 1, NULL, DOMID_SELF);
}

/* The same, with the other vCPU mapping its frames. */
TEST(peer_destroyed_while_mapped, 0)
{
	destroy_while(tables_pinned, map_and_unmap);
}

static void set_context(void *arg)
{
	static struct vcpu_guest_context c = {
		.user_regs.cs = FLAT_KERNEL_CS, .user_regs.ss = FLAT_KERNEL_SS,
	};
	struct xen_domctl op = {
		.cmd = XEN_DOMCTL_setvcpucontext,
		.interface_version = XEN_DOMCTL_INTERFACE_VERSION,
		.domain = id,
	};

	(void)arg;
	c.flags = VGCF_IN_KERNEL;
	c.ctrlreg[3] = xen_pfn_to_cr3(mfn[3]);
	set_xen_guest_handle(op.u.vcpucontext.ctxt, &c);
	hc_domctl(&op);
}

/* The same, with the other vCPU giving it a first context, with a root. */
TEST(peer_destroyed_while_set, 0)
{
	destroy_while(tables_out_of_sight, set_context);
}
