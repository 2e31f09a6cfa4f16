/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Grants between two domains, at random: granted, mapped by address and by
 * entry, unmapped by right and wrong handles, overwritten behind our back,
 * copied, revoked where the entry allows it, and one of the domains dying.
 * After each batch: all counts recomputed are the ones kept; an entry's
 * reading and writing flags say what its pins say; each handle has its pin.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "fake_machine.h"
#include "grant/grant_table.h"

#define GRANTER		1
#define MAPPER		2
#define REFS		24
#define HANDLES		400
#define VA		0x400000UL
#define PAGES		32

static mfn_t lent[REFS];
static mfn_t l1_table;

static struct domain *dom(unsigned int id)
{
	return &fake_domains[id];
}

static mfn_t new_frame(unsigned int id)
{
	mfn_t m;

	cr_assert_eq(domain_frames_alloc(dom(id), 0, 0, &m), 0);
	return m;
}

/* Four levels of tables for one L1. */
static void build_tables(void)
{
	mfn_t t[5];

	for (unsigned int level = 1; level <= 4; level++) {
		t[level] = new_frame(MAPPER);
		if (level > 1) {
			pte_t *p = mfn_to_virt(t[level]);

			p[pte_index(level, VA)] = pte_make(t[level - 1],
						PTE_P | PTE_RW | PTE_US);
		}
	}
	l1_table = t[1];
	cr_assert_eq(page_pin(t[4], FT_L4, dom(MAPPER)), 0);
	cr_assert_eq(page_type_get(t[4], FT_L4, dom(MAPPER), false), 0);
	fake_vcpus[MAPPER].pv.root_kernel = t[4];
}

static void begin_domain(unsigned int id)
{
	fake_domain_init(id, false);
	cr_assert_eq(grant_table_init(dom(id), 4, 4), 0);
	if (id == MAPPER) {
		build_tables();
	} else {
		for (unsigned int i = 0; i < REFS; i++) {
			lent[i] = new_frame(GRANTER);
		}
	}
}

static void op_grant(void)
{
	unsigned int ref = fake_below(REFS);
	struct grant_entry_v1 *e = grant_entry(dom(GRANTER)->grants, ref);

	if (e->flags & (GTF_reading | GTF_writing)) {
		return;
	}
	e->flags = 0;
	e->domid = fake_below(10) ? MAPPER : 3;
	e->frame = (u32)(fake_below(20) ? lent[fake_below(REFS)].v :
					  fake_below(FAKE_FRAMES));
	e->flags = (u16)((fake_below(8) ? GTF_permit_access :
					  fake_below(4)) |
			 (fake_below(3) ? 0 : GTF_readonly));
}

static u64 some_address(u32 *flags)
{
	unsigned int page = fake_below(PAGES);

	if (fake_below(2)) {
		*flags |= GNTMAP_contains_pte;
		return mfn_to_maddr(l1_table).v + 8 * page +
		       (fake_below(30) ? 0 : 4);
	}
	return VA + page * PAGE_SIZE + (fake_below(30) ? 0 : 1UL << 30);
}

static void op_map(void)
{
	struct gnttab_map_grant_ref op = {
		.ref = fake_below(40) ? fake_below(REFS) :
					(u32)fake_random(),
		.dom = fake_below(40) ? GRANTER : fake_below(6),
	};

	op.flags = fake_below(16) ? GNTMAP_host_map : fake_below(4);
	op.flags |= fake_below(2) ? GNTMAP_readonly : 0;
	op.host_addr = some_address(&op.flags);
	op.status = grant_map(&op);
	if (op.status == GNTST_okay) {
		cr_assert_lt(op.handle, HANDLES * 4);
	}
}

static void op_unmap(void)
{
	struct grant_unmap u = { .handle = fake_below(HANDLES) };
	struct maptrack *m = maptrack_at(dom(MAPPER)->grants, u.handle);
	u32 flags = 0;

	u.host_addr = fake_below(10) ? some_address(&flags) : 0;
	if (m && (m->flags & GNTMAP_KINDS) && fake_below(4)) {
		u.dev_bus_addr = mfn_to_maddr(grant_active(m->owner->grants,
							   m->ref)->frame).v;
	}
	grant_unmap_begin(&u);
	grant_unmap_finish(&u);
	cr_assert(u.status <= 0);
}

/* By trying each page: what an honest guest does. */
static void op_unmap_all(void)
{
	for (u32 h = 0; h < HANDLES; h++) {
		struct maptrack *m = maptrack_at(dom(MAPPER)->grants, h);

		for (unsigned int p = 0; m && p < PAGES; p++) {
			struct grant_unmap u = { .handle = h };

			if (!(m->flags & GNTMAP_KINDS)) {
				break;
			}
			u.dev_bus_addr = mfn_to_maddr(grant_active(
					m->owner->grants, m->ref)->frame).v;
			u.host_addr = m->flags & GNTMAP_contains_pte ?
				mfn_to_maddr(l1_table).v + 8 * p :
				VA + p * PAGE_SIZE;
			grant_unmap_begin(&u);
			grant_unmap_finish(&u);
		}
	}
}

/* The guest writes an entry that a grant was mapped by. */
static void op_overwrite(void)
{
	maddr_t where = mfn_to_maddr(l1_table);
	pte_t e = 0;

	where.v += 8 * fake_below(PAGES);
	if (fake_below(2)) {
		e = *(pte_t *)mfn_to_virt(l1_table);
		e ^= fake_below(2) ? PTE_RW : PTE_AVAIL;
	}
	(void)pt_entry_set(dom(MAPPER), dom(MAPPER), where, e, false);
}

static void op_copy(void)
{
	struct gnttab_copy op = {
		.flags = (u16)fake_below(4),
		.len = (u16)fake_below(5000),
	};

	op.source.offset = fake_below(2) ? 0 : (u16)fake_below(4200);
	op.dest.offset = fake_below(2) ? 0 : (u16)fake_below(4200);
	op.source.domid = op.flags & GNTCOPY_source_gref ? GRANTER : DOMID_SELF;
	op.dest.domid = op.flags & GNTCOPY_dest_gref ? GRANTER : DOMID_SELF;
	if (op.flags & GNTCOPY_source_gref) {
		op.source.u.ref = fake_below(REFS);
	} else {
		op.source.u.gmfn = fake_below(FAKE_FRAMES + 10);
	}
	if (op.flags & GNTCOPY_dest_gref) {
		op.dest.u.ref = fake_below(REFS);
	} else {
		op.dest.u.gmfn = fake_below(FAKE_FRAMES + 10);
	}
	op.status = grant_copy(&op);
	if (op.status == GNTST_okay) {
		cr_assert_leq(op.len + op.source.offset, PAGE_SIZE);
		cr_assert_leq(op.len + op.dest.offset, PAGE_SIZE);
	}
}

static void kill_domain(unsigned int id)
{
	struct domain *d = dom(id);
	mfn_t *root = &fake_vcpus[id].pv.root_kernel;

	fake_run(id);
	d->dying = true;
	while (grant_release_mappings(d) == -ERESTART) {
	}
	if (!mfn_eq(*root, INVALID_MFN)) {
		page_type_put(*root, false);
		*root = INVALID_MFN;
	}
	while (domain_relinquish_memory(d) == -ERESTART) {
	}
}

static void check_all(void)
{
	struct grant_table *t = dom(GRANTER)->grants;
	unsigned int pins = 0, handles = 0;
	struct maptrack *m;

	cr_assert_eq(frame_audit(), 0);
	cr_assert_eq(grant_audit(), 0);
	for (u32 r = 0; r < REFS; r++) {
		struct active_entry *a = grant_active(t, r);
		struct grant_entry_v1 *e = grant_entry(t, r);

		cr_assert_eq(!!(e->flags & GTF_reading),
			     a->readers || a->writers);
		cr_assert_eq(!!(e->flags & GTF_writing), !!a->writers);
		pins += a->readers + a->writers;
	}
	for (u32 h = 0; (m = maptrack_at(dom(MAPPER)->grants, h)); h++) {
		cr_assert_eq(m->busy, 0);
		handles += !!(m->flags & GNTMAP_KINDS);
	}
	cr_assert_eq(pins, handles);
}

static void random_op(void)
{
	fake_run(MAPPER);
	switch (fake_below(16)) {
	case 0: case 1: case 2: case 3:
		op_grant();
		break;
	case 4: case 5: case 6: case 7: case 8:
		op_map();
		break;
	case 9: case 10: case 11: case 12:
		op_unmap();
		break;
	case 13:
		op_overwrite();
		break;
	case 14:
		op_copy();
		break;
	default:
		if (!fake_below(50)) {
			op_unmap_all();
		}
		break;
	}
}

Test(grants, model, .timeout = 300)
{
	fake_machine_init(7);
	for (unsigned int life = 0; life < 40; life++) {
		u64 free = nr_free_frames;

		fake_domain_init(0, true);
		cr_assert_eq(grant_table_init(dom(0), 1, 1), 0);
		begin_domain(GRANTER);
		begin_domain(MAPPER);
		for (unsigned int batch = 0; batch < 20; batch++) {
			for (unsigned int i = 0; i < 300; i++) {
				random_op();
			}
			check_all();
		}
		/* Either may go first. */
		if (life % 2) {
			kill_domain(GRANTER);
			kill_domain(MAPPER);
		} else {
			kill_domain(MAPPER);
			kill_domain(GRANTER);
		}
		cr_assert_eq(dom(GRANTER)->tot_pages, 0);
		cr_assert_eq(dom(MAPPER)->tot_pages, 0);
		cr_assert_eq(dom(GRANTER)->refs, 1);
		cr_assert_eq(dom(MAPPER)->refs, 1);
		grant_table_free(dom(0));
		grant_table_free(dom(GRANTER));
		grant_table_free(dom(MAPPER));
		cr_assert(free - nr_free_frames <= 8);
	}
}
