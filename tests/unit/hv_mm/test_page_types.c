/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The page-type machine against its specification: random operations of three
 * domains (one privileged) on their frames, with random preemption, and after
 * each batch
 *
 *  - every reference and type count recomputed from scratch is the one kept;
 *  - no present entry of a valid table gives more than its domain may have:
 *    frames of its own (or what it mapped as a privileged domain), writable
 *    only if the frame is of the writable type, tables only of the level below;
 *  - the hypervisor's slots of each L4 are the hypervisor's.
 *
 * MM_MODEL_OPS in the environment sets the number of operations.
 */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "fake_machine.h"
#include "lib/string.h"
#include "mm/frame_ref.h"
#include "mm/l1_ref.h"
#include "mm/pte_rules.h"
#include "x86/tlb.h"

#define DOMAINS		3
#define MAX_FRAMES	96
#define BATCH		500

static mfn_t owned[DOMAINS][MAX_FRAMES];
static unsigned int nr_owned[DOMAINS];

static mfn_t some_frame(unsigned int id)
{
	if (!nr_owned[id] || !fake_below(40)) {
		return mfn(fake_below(FAKE_FRAMES + 4));
	}
	return owned[id][fake_below(nr_owned[id])];
}

/* Entries that are often almost right. */
static pte_t some_entry(unsigned int id)
{
	static const u64 odd[] = { PTE_PS, PTE_PCD, PTE_G, PTE_NX,
				   PTE_GUEST_KERNEL, PTE_AVAIL };
	pte_t e = pte_make(some_frame(id), 0);

	e |= fake_below(6) ? PTE_P : 0;
	e |= fake_below(2) ? PTE_RW : 0;
	e |= fake_below(2) ? PTE_US : 0;
	e |= fake_below(2) ? PTE_A : 0;
	if (!fake_below(12)) {
		e |= odd[fake_below(ARRAY_LEN(odd))];
	}
	return e;
}

static void op_alloc(unsigned int id)
{
	mfn_t m;

	if (nr_owned[id] < MAX_FRAMES &&
	    !domain_frames_alloc(&fake_domains[id], 0, 0, &m)) {
		owned[id][nr_owned[id]++] = m;
	}
}

static void op_free(unsigned int id)
{
	struct domain *d = &fake_domains[id];
	unsigned int i;
	mfn_t m;

	if (!nr_owned[id]) {
		return;
	}
	i = fake_below(nr_owned[id]);
	m = owned[id][i];
	if (frame_get(m, d)) {
		(void)frame_put_allocation(m);
		frame_put(m);
	}
	owned[id][i] = owned[id][--nr_owned[id]];
}

/* The guest stores to a page of its own that is not protected from it. */
static void op_store(unsigned int id)
{
	mfn_t m = some_frame(id);
	unsigned int n = 1 + fake_below(4);

	if (page_type_get(m, FT_WRITABLE, &fake_domains[id], false)) {
		return;
	}
	pte_t *p = mfn_to_virt(m);

	while (n--) {
		unsigned int i = fake_below(8) ? fake_below(24) :
						 fake_below(512);

		p[i] = fake_below(4) ? some_entry(id) : 0;
	}
	page_type_put(m, false);
}

static void op_wipe(unsigned int id)
{
	mfn_t m = some_frame(id);

	if (!page_type_get(m, FT_WRITABLE, &fake_domains[id], false)) {
		memset(mfn_to_virt(m), 0, PAGE_SIZE);
		page_type_put(m, false);
	}
}

/* Domain 0 pins for others, too, whether they are dying or not. */
static void op_pin(unsigned int id)
{
	unsigned int owner = id || fake_below(8) ? id : fake_below(DOMAINS);
	enum frame_type t = FT_L1 + fake_below(4);
	int err = page_pin(some_frame(owner), t, &fake_domains[owner]);

	cr_assert(err == 0 || err == -EINVAL || err == -EBUSY ||
		  err == -EPERM || err == -ERESTART, "pin: %d", err);
}

static void op_unpin(unsigned int id)
{
	mfn_t m = some_frame(id);

	if (page_unpin(m, &fake_domains[id]) == -ERESTART) {
		page_put_later(m);
	}
}

static void op_entry(unsigned int id)
{
	struct domain *d = &fake_domains[id], *foreign = d;
	maddr_t where = mfn_to_maddr(some_frame(id));

	where.v += 8 * (fake_below(8) ? fake_below(24) : fake_below(512));
	if (d->privileged && !fake_below(4)) {
		foreign = fake_below(3) ? &fake_domains[fake_below(DOMAINS)] :
					  &domain_io;
	}
	if (where.v >> PAGE_SHIFT < FAKE_FRAMES) {
		pte_t e = some_entry(foreign == &domain_io ? id : foreign->id);

		(void)pt_entry_set(d, foreign, where, e, fake_below(2));
	}
}

static void op_cmpxchg(unsigned int id)
{
	mfn_t m = some_frame(id);
	struct domain *d = &fake_domains[id];
	enum frame_type t = pt_use_get(m, d);

	if (t == FT_L1) {
		pte_t *p = (pte_t *)mfn_to_virt(m) + fake_below(24);

		(void)l1_entry_cmpxchg(d, p, fake_below(4) ? *p :
				       some_entry(id), some_entry(id));
	}
	if (t != FT_NONE) {
		pt_use_put(m);
	}
}

static void op_descriptors(unsigned int id)
{
	mfn_t m = some_frame(id);

	if (!page_type_get(m, FT_DESC, &fake_domains[id], false)) {
		page_type_put(m, false);
	}
}

static void op_root(unsigned int id)
{
	struct pv_vcpu *pv = &fake_vcpus[id].pv;
	mfn_t m = some_frame(id), old = pv->root_kernel;

	if (page_type_get(m, FT_L4, &fake_domains[id], true)) {
		return;
	}
	pv->root_kernel = m;
	if (!mfn_eq(old, INVALID_MFN) && page_type_put(old, true)) {
		page_put_later(old);
	}
}

static void op_destroy(unsigned int id)
{
	struct pv_vcpu *pv = &fake_vcpus[id].pv;
	struct domain *d = &fake_domains[id];

	d->dying = true;
	if (!mfn_eq(pv->root_kernel, INVALID_MFN)) {
		(void)page_type_put(pv->root_kernel, true);
		pv->root_kernel = INVALID_MFN;
	}
	while (domain_relinquish_memory(d) == -ERESTART) {
	}
	if (d->tot_pages) {
		return;			/* others map some: try again later */
	}
	nr_owned[id] = 0;
	cr_assert_eq(d->refs, 1, "d%u: %u references left", id, d->refs);
	fake_domain_init(id, id == 0);
}

static void random_op(void)
{
	unsigned int id = fake_below(DOMAINS);

	if (fake_domains[id].dying) {
		op_destroy(id);
		id = fake_domains[id].dying ? 0 : id;
	}
	fake_run(id);
	if (page_put_pending() == -ERESTART) {
		return;
	}
	switch (fake_below(32)) {
	case 0: case 1: case 2:
		op_alloc(id);
		break;
	case 3:
		op_free(id);
		break;
	case 4: case 5: case 6: case 7: case 8: case 9:
		op_store(id);
		break;
	case 10:
		op_wipe(id);
		break;
	case 11: case 12: case 13: case 14: case 15:
		op_pin(id);
		break;
	case 16: case 17:
		op_unpin(id);
		break;
	case 18: case 19:
		op_root(id);
		break;
	case 20:
		op_descriptors(id);
		break;
	case 21: case 22:
		op_cmpxchg(id);
		break;
	case 23:
		if (!fake_below(100)) {
			op_destroy(id);
		}
		break;
	default:
		op_entry(id);
		break;
	}
}

/* ---- the specification ---- */

static void check_l1_entry(const struct domain *d, pte_t e)
{
	const struct frame *f;
	u64 s;

	cr_assert(e & PTE_US);
	cr_assert(!(e & PTE_G));
	if (!mfn_valid(pte_mfn(e))) {
		cr_assert(d->privileged);
		return;
	}
	f = mfn_to_frame(pte_mfn(e));
	s = f->state;
	cr_assert(s & FS_REF_MASK);
	if (!d->privileged) {
		cr_assert_eq(frame_owner_id(s), d->id);
	}
	cr_assert_lt(frame_owner_id(s), DOMAINS);
	if (e & PTE_RW) {
		cr_assert_eq(frame_type_of(s), FT_WRITABLE);
		cr_assert(s & FS_TYPE_REF_MASK);
	}
}

static void check_upper_entry(const struct domain *d, enum frame_type t,
			      pte_t e)
{
	u64 s;

	cr_assert(mfn_valid(pte_mfn(e)));
	s = mfn_to_frame(pte_mfn(e))->state;
	cr_assert(!(e & PTE_PS));
	cr_assert_eq(frame_owner_id(s), d->id);
	cr_assert_eq(frame_type_of(s), t - 1);
	cr_assert(s & FS_VALID);
	cr_assert(s & FS_TYPE_REF_MASK);
}

static void check_table(mfn_t m, u64 s)
{
	const struct domain *d = &fake_domains[frame_owner_id(s)];
	enum frame_type t = frame_type_of(s);
	const pte_t *table = mfn_to_virt(m);

	for (unsigned int i = 0; i < PTES_PER_TABLE; i++) {
		pte_t e = table[i];

		if (t == FT_L4 && !l4_slot_is_guest(i)) {
			cr_assert_eq(e, 0xdead0000 + i);
		} else if (e & PTE_P && t == FT_L1) {
			check_l1_entry(d, e);
		} else if (e & PTE_P) {
			check_upper_entry(d, t, e);
		}
	}
}

static unsigned int check_all(void)
{
	unsigned int tables = 0;

	for (unsigned long m = FAKE_FIRST; m < FAKE_FRAMES; m++) {
		u64 s = fake_frame_table[m].state;
		enum frame_type t = frame_type_of(s);

		if (frame_owner_id(s) < DOMAINS && (s & FS_VALID) &&
		    (s & FS_TYPE_REF_MASK) && t >= FT_L1 && t <= FT_L4) {
			check_table(mfn(m), s);
			tables |= 1U << t;
		}
	}
	cr_assert_eq(frame_audit(), 0);
	return tables;
}

Test(page_types, model, .timeout = 600)
{
	const char *env = getenv("MM_MODEL_OPS");
	unsigned long ops = env ? strtoul(env, NULL, 0) : 10000000;
	unsigned int seen = 0;

	fake_machine_init(env ? ops : 20261121);
	for (unsigned int id = 0; id < DOMAINS; id++) {
		fake_domain_init(id, id == 0);
	}
	for (unsigned long n = 0; n < ops; n += BATCH) {
		fake_preempt_odds = fake_below(2) ? 1 + fake_below(30) : 0;
		for (unsigned int i = 0; i < BATCH; i++) {
			random_op();
		}
		seen |= check_all();
	}
	for (unsigned int level = FT_L1; level <= FT_L4; level++) {
		cr_assert(seen & (1U << level), "no L%u was ever valid",
			  level - FT_L1 + 1);
	}
	/* At the end everything comes back. */
	for (unsigned int round = 0; round < 2; round++) {
		for (unsigned int id = 0; id < DOMAINS; id++) {
			fake_run(id);
			op_destroy(id);
		}
	}
	cr_assert_eq(nr_free_frames, FAKE_FRAMES - FAKE_FIRST);
}

/* Domain 1, and none else, on a new machine. */
static void run_domain_1(void)
{
	fake_machine_init(1);
	fake_domain_init(1, false);
	fake_run(1);
}

/* A frame of domain 1, with `entry` in its first entries up to n. */
static mfn_t frame_of_1(pte_t entry, unsigned int n)
{
	mfn_t m;

	cr_assert_eq(domain_frames_alloc(&fake_domains[1], 0, 0, &m), 0);
	while (n--) {
		((pte_t *)mfn_to_virt(m))[n] = entry;
	}
	return m;
}

/*
 * Thousands of good tables in front of a bad entry are not given back in one
 * go: other work has its turn between.
 */
Test(page_types, bad_table_is_released_in_steps)
{
	enum { TABLES = 40 };
	unsigned int steps = 0;
	mfn_t l1, l2;
	pte_t *entries;
	int err;

	run_domain_1();
	l2 = frame_of_1(0, 0);
	entries = mfn_to_virt(l2);
	for (unsigned int i = 0; i < TABLES; i++) {
		l1 = frame_of_1(pte_make(frame_of_1(0, 0), PTE_P | PTE_RW), 3);
		entries[i] = pte_make(l1, PTE_P | PTE_RW);
	}
	entries[TABLES] = pte_make(l1, PTE_P | PTE_PS);

	while ((err = page_pin(l2, FT_L2, &fake_domains[1])) == -ERESTART) {
		fake_preempt_odds = 0;
	}
	cr_assert_eq(err, -EINVAL);
	cr_assert(!page_put_is_pending());
	cr_assert_eq(frame_audit(), 0);

	fake_preempt_odds = 1;
	while ((err = page_pin(l2, FT_L2, &fake_domains[1])) == -ERESTART) {
	}
	cr_assert_eq(err, -EINVAL);
	cr_assert(page_put_is_pending());
	while (page_put_pending()) {
		steps++;
		cr_assert_eq(frame_audit(), 0);
	}
	cr_assert_eq(steps, TABLES - 2);
	cr_assert_eq(page_type_get(l1, FT_WRITABLE, &fake_domains[1], false), 0);
	page_type_put(l1, false);
}

/* Two CPUs give a page up; the later one wrote the clock down first. */
Test(page_types, latest_end_counts)
{
	struct frame *f;
	mfn_t m;

	run_domain_1();
	m = frame_of_1(0, 0);
	f = mfn_to_frame(m);
	for (unsigned int i = 0; i < 4; i++) {
		cr_assert_eq(page_type_get(m, FT_WRITABLE, &fake_domains[1],
					   false), 0);
	}
	f->tlb_stamp = ~0U - 1;
	frame_writable_put(f, 3);
	frame_writable_drop(f, ~0U);
	cr_assert_eq(f->tlb_stamp, 3);
	frame_ref_put(f);
	frame_writable_put(f, 2);
	cr_assert_eq(f->tlb_stamp, 3);
	/* A stamp from long ago does not count as a later one. */
	frame_writable_put(f, 3 + (1U << 31));
	cr_assert_eq(f->tlb_stamp, 3 + (1U << 31));
}

/*
 * One CPU has made an entry read-only and is about to end its writable use;
 * meanwhile others take the entry out and give the page up, which has perhaps
 * another use.  It is nobody else's before the first one has come to its end.
 */
Test(page_types, freed_after_the_last_use_too)
{
	run_domain_1();
	for (unsigned int others = 0; others < 2; others++) {
		mfn_t m = frame_of_1(0, 0);
		struct frame *f = mfn_to_frame(m);
		u64 free = nr_free_frames;

		for (unsigned int i = 0; i < 1 + others; i++) {
			cr_assert_eq(page_type_get(m, FT_WRITABLE,
						   &fake_domains[1], false), 0);
		}
		cr_assert(frame_put_allocation(m));
		frame_ref_put(f);
		if (others) {
			(void)page_type_put(m, false);
		}
		cr_assert_eq(nr_free_frames, free);
		cr_assert_eq(frame_owner_id(f->state), 1);
		cr_assert(!frame_get(m, &fake_domains[1]));
		frame_writable_drop(f, tlb_clock);
		cr_assert_eq(nr_free_frames, free + 1);
		cr_assert_eq(frame_owner_id(f->state), OWNER_FREE);
	}
	cr_assert_eq(frame_audit(), 0);
}

/* Whoever wants a table on which another CPU is at work has not to wait. */
Test(page_types, wait_is_preempted, .timeout = 600)
{
	struct frame *f;
	mfn_t m;

	run_domain_1();
	m = frame_of_1(0, 0);
	f = mfn_to_frame(m);
	f->state += FS_REF_ONE + FS_TYPE_REF_ONE + FS_TYPE(FT_L4);
	fake_preempt_odds = 3;
	for (unsigned int i = 0; i < 10; i++) {
		u64 before = f->state;

		cr_assert_eq(page_pin(m, FT_L4, &fake_domains[1]), -ERESTART);
		cr_assert_eq(f->state, before);
	}
	fake_preempt_odds = 0;
	f->state |= FS_VALID;
	cr_assert_eq(page_pin(m, FT_L4, &fake_domains[1]), 0);
}
