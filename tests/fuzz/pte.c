/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * What may go into a page table (mm/pte_rules.h, validate.c, pt_update.c,
 * page_type.c) on a pretend machine: an unprivileged domain writes its pages,
 * pins them as tables, changes entries, unpins and gives back, as the bytes
 * say. Of what is then reachable, tables are never writable, frames are its
 * own, and every count recomputed is the one kept.
 */
#include "fuzz.h"

#include "../unit/hv_mm/fake_machine.h"
#include "mm/pte_rules.h"
#include "x86/paging.h"

#define PAGES	12

static mfn_t pages[PAGES];

enum { STORE, WIPE, PIN, UNPIN, ENTRY, NR_OPS };

struct step {
	u8 op, page, target, index;
	u16 low;
	u8 high, level;
};

void fuzz_seeds(void (*add)(const void *data, size_t size))
{
	static const struct step tree[] = {
		{ STORE, 0, 5, 0, 0x67, 0, 0 }, { STORE, 1, 0, 1, 0x67, 0, 0 },
		{ STORE, 2, 1, 2, 0x67, 0, 0 }, { STORE, 3, 2, 3, 0x67, 0, 0 },
		{ PIN, 3, 0, 0, 0, 0, 3 }, { ENTRY, 0, 6, 9, 0x65, 0, 0 },
		{ ENTRY, 0, 1, 9, 0x67, 0, 0 }, { ENTRY, 1, 0, 4, 0xe7, 0, 0 },
		{ UNPIN, 3, 0, 0, 0, 0, 0 }, { PIN, 0, 0, 0, 0, 0, 0 },
		{ ENTRY, 0, 7, 1, 0x67, 0x80, 0 }, { UNPIN, 0, 0, 0, 0, 0, 0 },
	};

	add(tree, sizeof(tree));
	add(tree, 5 * sizeof(tree[0]));
}

static void store(struct domain *d, mfn_t m, unsigned int i, pte_t e, bool all)
{
	if (!page_type_get(m, FT_WRITABLE, d, false)) {
		pte_t *p = mfn_to_virt(m);

		if (all) {
			memset(p, 0, PAGE_SIZE);
		} else {
			p[i] = e;
		}
		page_type_put(m, false);
	}
}

static void one_step(struct domain *d, const struct step *s)
{
	mfn_t m = pages[s->page % PAGES];
	/* A few targets are wild. */
	mfn_t target = s->target < 250 ? pages[s->target % PAGES] :
		       mfn(s->target - 250);
	pte_t e = pte_make(target, s->low) | (u64)s->high << 56;

	if (page_put_pending() == -ERESTART) {
		return;
	}
	switch (s->op % NR_OPS) {
	case STORE:
		store(d, m, s->index, e, false);
		break;
	case WIPE:
		store(d, m, 0, 0, true);
		break;
	case PIN:
		(void)page_pin(m, FT_L1 + s->level % 4, d);
		break;
	case UNPIN:
		if (page_unpin(m, d) == -ERESTART) {
			page_put_later(m);
		}
		break;
	default:
		(void)pt_entry_set(d, d, (maddr_t){ mfn_to_maddr(m).v +
						    s->index * 8U }, e,
				   s->level & 1);
	}
}

static void check_entry(const struct domain *d, enum frame_type t, pte_t e)
{
	u64 state;

	promise(mfn_valid(pte_mfn(e)));
	state = mfn_to_frame(pte_mfn(e))->state;
	promise(frame_owner_id(state) == d->id);
	if (t == FT_L1) {
		promise(e & PTE_US && !(e & (PTE_G | PTE_CACHE_BITS)));
		promise(!(e & PTE_RW) || frame_type_of(state) == FT_WRITABLE);
	} else {
		promise(!(e & (PTE_PS | PTE_G)));
		promise(frame_type_of(state) == t - 1 && state & FS_VALID);
	}
}

static void check_page(const struct domain *d, mfn_t m)
{
	u64 state = mfn_to_frame(m)->state;
	enum frame_type t = frame_type_of(state);
	const pte_t *table = mfn_to_virt(m);

	if (!(state & FS_VALID) || !(state & FS_TYPE_REF_MASK) || t < FT_L1 ||
	    t > FT_L4) {
		return;
	}
	for (unsigned int i = 0; i < PTES_PER_TABLE; i++) {
		if (t == FT_L4 && !l4_slot_is_guest(i)) {
			promise(table[i] == hv_l4[i]);
		} else if (table[i] & PTE_P) {
			check_entry(d, t, table[i]);
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	struct domain *d = &fake_domains[1];
	struct step s;

	if (!d->refs) {
		fake_machine_init(1);
	}
	fake_domain_init(1, false);
	fake_run(1);
	for (unsigned int i = 0; i < PAGES; i++) {
		promise(!domain_frames_alloc(d, 0, 0, &pages[i]));
		store(d, pages[i], 0, 0, true);
	}
	while (in.size >= sizeof(s)) {
		TAKE(&in, s);
		one_step(d, &s);
	}
	for (unsigned int i = 0; i < PAGES; i++) {
		check_page(d, pages[i]);
	}
	if (size % 16 == 0) {
		promise(frame_audit() == 0);	/* slow: not each time */
	}
	d->dying = true;
	while (domain_relinquish_memory(d) == -ERESTART) {
	}
	promise(d->tot_pages == 0);
	return 0;
}
