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
#include "mm/l1_ref.h"
#include "mm/page_type.h"
#include "mm/walk.h"
#include "x86/layout.h"
#include "x86/regs.h"
#include "x86/user_copy.h"

#define MAX_RACES	16

/*
 * The two stores that kernels make to live page tables all the time, decoded
 * by hand: mov %reg, mem and xchg %reg, mem of 8 bytes, without a prefix but
 * REX.W.  The fault's address is the operand's: it is aligned, and not at the
 * start of a page, so the store did not begin before it.  False: nothing was
 * done, the general way decides.
 */
static inline bool store_fast(struct domain *d, struct cpu_user_regs *regs,
		       vaddr_t va, pte_t *ptep)
{
	u64 insn, *reg;
	unsigned int mod, rm, len = 3;
	pte_t old;

	if ((va & 7) || !(va & PAGE_OFFSET_MASK) ||
	    !range_is_guest(regs->rip, 8) ||
	    (regs->rflags & EFLAGS_TF) ||
	    !user_get_word(&insn, (const void *)regs->rip)) {
		return false;
	}
	mod = (insn >> 22) & 3;
	rm = (insn >> 16) & 7;
	if ((insn & 0xf8) != 0x48 || mod == 3) {
		return false;
	}
	if (rm == 4) {
		len++;
	}
	if (mod == 1) {
		len++;
	} else if (mod == 2 || rm == 5 || (rm == 4 &&
					   ((insn >> 24) & 7) == 5)) {
		len += 4;
	}
	reg = insn_reg(regs, ((insn >> 19) & 7) | (insn & 4) << 1);
	switch ((insn >> 8) & 0xff) {
	case 0x89:
		if (l1_entry_set(d, d, ptep, *reg, false)) {
			return false;
		}
		break;
	case 0x87:
		if (*reg & PTE_P) {
			return false;
		}
		old = xchg(ptep, *reg);
		l1_ref_put(d, old);
		*reg = old;
		break;
	default:
		return false;
	}
	regs->rip += len;
	regs->rflags &= ~(u64)EFLAGS_RF;
	return true;
}

/* Everything else that insn_decode_store knows. */
static __noinline bool store_general(struct domain *d, vaddr_t va,
				     struct cpu_user_regs *regs, pte_t *ptep)
{
	unsigned int shift = 8 * (va & 7);
	u8 bytes[INSN_MAX_BYTES];
	struct insn_store s;

	if (insn_decode_store(&s, bytes, guest_fetch(regs->rip, bytes), regs) ||
	    s.segment >= INSN_SEG_FS || s.addr != va ||
	    (va & 7) + s.width > 8) {
		return false;
	}
	for (unsigned int i = 0; i < MAX_RACES; i++) {
		pte_t old = READ_ONCE(*ptep);
		u64 mask = insn_mask(s.width), before = (old >> shift) & mask;
		pte_t new = (old & ~(mask << shift)) |
			    insn_store_result(&s, regs, before) << shift;
		int err = insn_store_fails(&s, regs, before) ? 0 :
			  l1_entry_cmpxchg(d, ptep, old, new);

		if (!err) {
			insn_store_retire(&s, regs, before);
		}
		if (err != -EAGAIN) {
			return !err;
		}
	}
	return true;		/* the guest's instruction simply runs again */
}

bool ptwr_fault(struct cpu_user_regs *regs, vaddr_t va)
{
	struct vcpu *v = current;
	struct domain *d = v->domain;
	maddr_t where;
	mfn_t table;
	pte_t e, *ptep;
	bool done;

	/* As with Xen 4.17, nobody has to ask for it by vm_assist. */
	if (!v->pv.kernel_mode || unlikely(regs->cs != GUEST_CS64)) {
		return false;
	}
	e = walk_l1(va, &where);
	irq_enable();
	table = pte_mfn(e);
	if ((e & (PTE_P | PTE_RW)) != PTE_P || table.v >= max_mfn ||
	    !frame_use_get(mfn_to_frame(table), d->id, FT_L1)) {
		return false;
	}
	ptep = (pte_t *)mfn_to_virt(table) +
	       (va & PAGE_OFFSET_MASK) / sizeof(pte_t);
	done = likely(store_fast(d, regs, va, ptep)) ||
	       store_general(d, va, regs, ptep);
	pt_use_put(table);
	return done;
}
