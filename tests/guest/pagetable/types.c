/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Every kind of frame against every use of a frame: as a page table of each
 * level, pinned or named by an entry; mapped for writing or reading; as a
 * descriptor table; as a root; cleared and copied; granted. A frame has one
 * type at a time: what is a table of one level is none of another and is not
 * written, what is written is no table, what is not the domain's is neither;
 * and a refusal leaves the frame as it was.
 *
 * From <xen/xen.h>, mmu_update and "MMU EXTENDED OPERATIONS".
 */
#include "common/peer.h"

#define TEST_L1		TEST_VA			/* its tables are there */
#define SELF		0

enum use {
	PIN_L1, PIN_L2, PIN_L3, PIN_L4, LINK_L1, LINK_L2, LINK_L3,
	MAP_RW, MAP_RO, GDT, USER_ROOT, CLEAR, COPY_TO, COPY_FROM,
	GRANT_RW, GRANT_RO, GCOPY_TO, GCOPY_FROM, USES,
};

static const char *const use_names[USES] = {
	"pinned L1", "pinned L2", "pinned L3", "pinned L4", "L1 in an L2",
	"L2 in an L3", "L3 in an L4", "mapped for writing",
	"mapped for reading", "a GDT", "the user's root", "cleared",
	"copied to", "copied from", "granted, mapped for writing",
	"granted, mapped for reading", "grant-copied to", "grant-copied from",
};

/*
 * A letter for each use, in the order above: y it works, n it is refused,
 * - not tried, since others live in the frame.
 */
static const struct kind {
	const char *name, *uses;
} kinds[] = {
	/*		      pin  link map  GURt copy  grant */
	{ "a page not mapped for writing", "yyyyyyyyyyyyyyyyyy" },
	{ "a page mapped for writing",	"nnnnnnnyynnyyyyyyy" },
	{ "a pinned L1",		"nnnnynnnynnnnynyny" },
	{ "a pinned L2",		"nnnnnynnynnnnynyny" },
	{ "a pinned L3",		"nnnnnnynynnnnynyny" },
	{ "a pinned L4",		"nnnnnnnnynynnynyny" },
	{ "a GDT",			"nnnnnnnnyynnnynyny" },
	{ "shared_info",		"nnnnnnnyynn--y---y" },
	{ "the grant table",		"nnnnnnnyynn--y---y" },
	{ "the hypervisor's",		"nnnnnnnnnnnnnnnnnn" },
	{ "another domain's",		"nnnnnnnnnnnnnnnnnn" },
	{ "a device's",			"nnnnnnnyynnnnn--nn" },
	{ "the local APIC's",		"nnnnnnnnnnnnnnnnnn" },
	{ "beyond memory",		"nnnnnnnnnnnnnnnnnn" },
	{ "beyond the address width",	"nnnnnnnnnnnnnnnnnn" },
};

enum { FRESH, WRITABLE, L1, L2, L3, L4, IN_GDT, SHARED_INFO, GRANT_TABLE,
       HYPERVISOR, FOREIGN, DEVICE, APIC, WILD, WIDE };

static pte_t *entry_at[5];
static grant_ref_t ref;
static void *other_page, *page;		/* page: the frame, if it is ours */

static int pin(int level, unsigned long mfn)
{
	return mmuext(MMUEXT_PIN_L1_TABLE + level - 1, mfn);
}

static int with_entry(int level, unsigned long mfn, pte_t flags)
{
	pte_t *entry = entry_at[level] + 1;
	int err = pte_write(entry, pte_make(mfn & (PTE_ADDR >> PAGE_SHIFT),
					    flags));

	CHECK_EQ(pte_write(entry, 0), 0);
	return err;
}

static int copy_frame(unsigned long to, unsigned long from)
{
	struct mmuext_op op = {
		.cmd = MMUEXT_COPY_PAGE, .arg1.mfn = to, .arg2.src_mfn = from,
	};

	return hc_mmuext_op(&op, 1, NULL, DOMID_SELF);
}

static int map_grant(unsigned long mfn, unsigned int flags)
{
	struct gnttab_map_grant_ref map = {
		.host_addr = TEST_VA + 5 * PAGE_SIZE, .ref = ref, .dom = SELF,
		.flags = GNTMAP_host_map | flags,
	};
	struct gnttab_unmap_grant_ref un = { .host_addr = map.host_addr };

	if (mfn >> 32) {
		return -1;	/* there are no such frames in a table */
	}
	(grant_table() + ref)->frame = mfn;
	CHECK_EQ(hc_grant_table_op(GNTTABOP_map_grant_ref, &map, 1), 0);
	if (map.status != GNTST_okay) {
		return map.status;
	}
	un.handle = map.handle;
	CHECK_EQ(hc_grant_table_op(GNTTABOP_unmap_grant_ref, &un, 1), 0);
	CHECK_EQ(un.status, GNTST_okay);
	return 0;
}

static int grant_copy(unsigned long to, unsigned long from)
{
	struct gnttab_copy op = {
		.source = { .u.gmfn = from, .domid = DOMID_SELF },
		.dest = { .u.gmfn = to, .domid = DOMID_SELF }, .len = 16,
	};

	CHECK_EQ(hc_grant_table_op(GNTTABOP_copy, &op, 1), 0);
	return op.status;
}

/* A root was given the hypervisor's entries; it is to be empty again. */
static void clear_root(unsigned long mfn)
{
	CHECK_EQ(mmuext(MMUEXT_CLEAR_PAGE, mfn), 0);
}

/* Makes use of the frame and ends it again: 0, or the error. */
static int use_frame(enum use use, unsigned long mfn, bool pinned)
{
	unsigned long other = virt_to_mfn(other_page);
	int err;

	switch (use) {
	case PIN_L1:
	case PIN_L2:
	case PIN_L3:
	case PIN_L4:
		err = pin(use - PIN_L1 + 1, mfn);
		if (!err) {
			CHECK_EQ(mmuext(MMUEXT_UNPIN_TABLE, mfn), 0);
			clear_root(mfn);
		} else if (!pinned) {
			CHECK(mmuext(MMUEXT_UNPIN_TABLE, mfn) < 0);
		}
		return err;
	case LINK_L1:
	case LINK_L2:
	case LINK_L3:
		return with_entry(use - LINK_L1 + 2, mfn, PTE_TABLE);
	case MAP_RW:
		return with_entry(1, mfn, PTE_USER);
	case MAP_RO:
		return with_entry(1, mfn, PTE_USER & ~PTE_RW);
	case GDT:
		err = hc_set_gdt(&mfn, 512);
		if (!err) {
			CHECK_EQ(hc_set_gdt(NULL, 0), 0);
		}
		return err;
	case USER_ROOT:
		err = mmuext(MMUEXT_NEW_USER_BASEPTR, mfn);
		CHECK_EQ(mmuext(MMUEXT_NEW_USER_BASEPTR,
				virt_to_mfn(user_root())), 0);
		if (!err && !pinned) {
			clear_root(mfn);
		}
		return err;
	case CLEAR:
		return mmuext(MMUEXT_CLEAR_PAGE, mfn);
	case COPY_TO:
		return copy_frame(mfn, other);
	case COPY_FROM:
		return copy_frame(other, mfn);
	case GRANT_RW:
		return map_grant(mfn, 0);
	case GRANT_RO:
		return map_grant(mfn, GNTMAP_readonly);
	case GCOPY_TO:
		return grant_copy(mfn, other);
	case GCOPY_FROM:
		return grant_copy(other, mfn);
	default:
		return -1;
	}
}

static unsigned long frame_begin(unsigned int kind, struct peer *p)
{
	page = NULL;
	switch (kind) {
	case SHARED_INFO:
		return start_info->shared_info >> PAGE_SHIFT;
	case GRANT_TABLE:
		return pte_mfn(*pte_find(kernel_root,
					 (unsigned long)grant_table(), 1));
	case HYPERVISOR:
		return hypervisor_mfn();
	case FOREIGN:
		return p->mfn[PEER_DATA];
	case DEVICE:
		return 0xb8;
	case APIC:
		return 0xfee00;
	case WILD:
		return 0xffffffff;
	case WIDE:
		return 1UL << 40 | 0x100;
	default:
		break;
	}
	page = kind == WRITABLE ? page_alloc() : table_alloc();
	if (kind >= L1 && kind <= L4) {
		CHECK_EQ(pin(kind - L1 + 1, virt_to_mfn(page)), 0);
	}
	return virt_to_mfn(page);
}

static void frame_end(unsigned int kind)
{
	if (kind >= L1 && kind <= L4) {
		CHECK_EQ(mmuext(MMUEXT_UNPIN_TABLE, virt_to_mfn(page)), 0);
	}
	if (page) {
		CHECK_EQ(page_set_writable(page, true), 0);
		page_free(page);
	}
}

TEST(page_type_matrix, 0)
{
	struct peer p;

	peer_create(&p);
	other_page = page_alloc();
	CHECK_EQ(map_page(kernel_root, TEST_VA,
			  pte_make(virt_to_mfn(other_page), PTE_USER)), 0);
	for (int level = 1; level <= 4; level++) {
		entry_at[level] = pte_find(kernel_root, TEST_VA, level);
	}
	ref = grant_access(SELF, other_page, false);
	for (unsigned int kind = 0; kind < ARRAY_SIZE(kinds); kind++) {
		unsigned long mfn = frame_begin(kind, &p);

		/* Twice: a use that was refused has changed nothing. */
		for (unsigned int i = 0; i < 2 * USES; i++) {
			enum use use = i % USES;
			char want = kinds[kind].uses[use];
			int err;

			test_case("%s: %s", kinds[kind].name, use_names[use]);
			if (want == '-') {
				continue;
			}
			/* It is no GDT any more when it was given up. */
			if (kind == IN_GDT) {
				CHECK_EQ(hc_set_gdt(&mfn, 512), 0);
			}
			err = use_frame(use, mfn, kind >= L1 && kind <= L4);
			CHECK(want == 'y' ? !err : err < 0, "%d", err);
		}
		if (kind == IN_GDT) {
			CHECK_EQ(hc_set_gdt(NULL, 0), 0);
		}
		frame_end(kind);
	}
	(grant_table() + ref)->frame = virt_to_mfn(other_page);
	CHECK(grant_revoke(ref));
	unmap_test_va(TEST_VA);
	page_free(other_page);
	peer_destroy(&p);
}

/*
 * A table that names itself, at each level, in each way: while it is being
 * validated by a pin, and as an entry of a live table. Writable it never may
 * be, and a level that it has not it never gets.
 *
 * Differs from Xen 4.17: a read-only entry for the table's own level (a linear
 * page table) is refused as well, as Xen does unless it is told pv-linear-pt;
 * it takes counts of uses that go round in circles. NetBSD's PV kernel has one.
 */
TEST(page_type_self_map, 0)
{
	for (int level = 1; level <= 4; level++) {
		pte_t *table = table_alloc();
		unsigned long mfn = virt_to_mfn(table);
		pte_t rw = pte_make(mfn, PTE_TABLE), ro = rw & ~PTE_RW;
		unsigned int slot = 7;
		int err;

		test_case("level %d, live, writable", level);
		CHECK_EQ(pin(level, mfn), 0);
		CHECK(pte_write(&table[slot], rw) < 0);
		CHECK_EQ(table[slot], 0);
		test_case("level %d, live, read-only", level);
		err = pte_write(&table[slot], ro);
		if (level == 1) {
			CHECK_EQ(err, 0);
		} else if (on_paravane()) {
			CHECK_EQ(err, -XEN_EINVAL);
		}
		CHECK_EQ(pte_write(&table[slot], 0), 0);
		CHECK_EQ(mmuext(MMUEXT_UNPIN_TABLE, mfn), 0);
		table_free(table);

		test_case("level %d, pinned with it, writable", level);
		table = page_alloc();
		table[slot] = pte_make(virt_to_mfn(table), PTE_TABLE);
		CHECK_EQ(page_set_writable(table, false), 0);
		CHECK(pin(level, virt_to_mfn(table)) < 0);
		table_free(table);
		test_case("level %d, pinned with it, read-only", level);
		table = page_alloc();
		table[slot] = pte_make(virt_to_mfn(table),
				       PTE_TABLE & ~PTE_RW);
		CHECK_EQ(page_set_writable(table, false), 0);
		err = pin(level, virt_to_mfn(table));
		if (level == 1) {
			CHECK_EQ(err, 0);
		} else if (on_paravane()) {
			CHECK_EQ(err, -XEN_EINVAL);
		}
		if (!err) {
			CHECK_EQ(mmuext(MMUEXT_UNPIN_TABLE,
					virt_to_mfn(table)), 0);
		}
		table_free(table);
	}
}

/* Tables in a circle of two or more: no level is its own descendant's. */
TEST(page_type_circle, 0)
{
	for (int level = 2; level <= 4; level++) {
		pte_t *below = table_alloc();
		pte_t *table = table_alloc_filled(
			pte_make(virt_to_mfn(below), PTE_TABLE), 3);

		test_case("level %d in its own table of level %d", level,
			  level - 1);
		CHECK_EQ(pin(level, virt_to_mfn(table)), 0);
		CHECK(pte_write(&below[9], pte_make(virt_to_mfn(table),
						    PTE_TABLE)) < 0);
		CHECK_EQ(below[9], 0);
		CHECK_EQ(mmuext(MMUEXT_UNPIN_TABLE, virt_to_mfn(table)), 0);
		table_free(table);
		table_free(below);
	}
}
