/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Writable page tables: a guest kernel stores to one of its L1 tables with an
 * ordinary instruction, which faults, because tables are mapped read-only.
 * We decode the store and make the same change by the checked way.  Whatever
 * we do not know, or do not allow, stays the guest's page fault.
 */
#include "domain/domain.h"
#include "lib/insn.h"
#include "mm/guest_copy.h"
#include "mm/page_type.h"
#include "x86/regs.h"

#define MAX_RACES	16

/* As many bytes of the instruction as there are, without a fault. */
static unsigned int fetch(u8 *bytes, vaddr_t rip)
{
	unsigned int n = PAGE_SIZE - (rip & PAGE_OFFSET_MASK);

	if (!copy_from_guest_va(bytes, rip, INSN_MAX_BYTES)) {
		return INSN_MAX_BYTES;
	}
	if (n >= INSN_MAX_BYTES || copy_from_guest_va(bytes, rip, n)) {
		return 0;
	}
	return n;
}

static u64 width_mask(unsigned int width)
{
	return width == 8 ? ~0ULL : (1ULL << (8 * width)) - 1;
}

/* Does the store once on the entry at ptep, in a table that is held. */
static bool store_entry(struct domain *d, const struct insn_store *s,
			struct cpu_user_regs *regs, pte_t *ptep)
{
	unsigned int shift = 8 * (s->addr & 7);
	u64 mask = width_mask(s->width);
	pte_t old, new;
	u64 before;
	int err;

	for (unsigned int i = 0; i < MAX_RACES; i++) {
		old = READ_ONCE(*ptep);
		before = (old >> shift) & mask;
		if (insn_store_fails(s, regs, before)) {
			insn_store_retire(s, regs, before);
			return true;
		}
		new = (old & ~(mask << shift)) |
		      (insn_store_result(s, regs, before) & mask) << shift;
		if (s->op == STORE_MOV && s->width == 8) {
			err = l1_entry_set(d, d, ptep, new, false);
		} else {
			err = l1_entry_cmpxchg(d, ptep, old, new);
		}
		if (!err) {
			insn_store_retire(s, regs, before);
			return true;
		}
		if (err != -EAGAIN) {
			return false;
		}
	}
	return true;		/* the guest's instruction simply runs again */
}

static bool decode(struct insn_store *s, const struct cpu_user_regs *regs,
		   vaddr_t va)
{
	u8 bytes[INSN_MAX_BYTES];
	unsigned int n = fetch(bytes, regs->rip);

	if (!n || insn_decode_store(s, bytes, n, regs, true)) {
		return false;
	}
	if (s->segment == INSN_SEG_FS || s->segment == INSN_SEG_GS ||
	    s->addr != va || (va & 7) + s->width > 8) {
		return false;
	}
	if (s->op == STORE_MOVS) {
		s->operand = 0;
		return !copy_from_guest_va(&s->operand, s->source, s->width);
	}
	return true;
}

bool ptwr_fault(struct cpu_user_regs *regs, vaddr_t va)
{
	struct vcpu *v = current;
	struct domain *d = v->domain;
	struct insn_store s;
	maddr_t where;
	mfn_t table;
	pte_t e;
	bool done;

	/* As with Xen 4.17, nobody has to ask for it by vm_assist. */
	if (!v->pv.kernel_mode) {
		return false;
	}
	e = guest_walk_l1(va, &where);
	if (!(e & PTE_P) || (e & PTE_RW)) {
		return false;
	}
	table = pte_mfn(e);
	if (!mfn_valid(table) ||
	    frame_type_of(READ_ONCE(mfn_to_frame(table)->state)) != FT_L1 ||
	    !decode(&s, regs, va)) {
		return false;
	}
	switch (pt_use_get(table, d)) {
	case FT_NONE:
		return false;
	case FT_L1:
		done = store_entry(d, &s, regs,
				   (pte_t *)mfn_to_virt(table) +
				   (va & PAGE_OFFSET_MASK) / sizeof(pte_t));
		break;
	default:
		done = false;
		break;
	}
	pt_use_put(table);
	return done;
}
