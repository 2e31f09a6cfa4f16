/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Walks the current vCPU's page tables as the CPU would, through our direct
 * map.  Another vCPU may be changing them: what comes out was true at some
 * moment, and callers take a use of the table before they rely on it.
 */
#include "domain/domain.h"
#include "mm/page_type.h"

static mfn_t loaded_root(const struct vcpu *v)
{
	return v->pv.kernel_mode ? v->pv.root_kernel : v->pv.root_user;
}

pte_t guest_walk_l1(vaddr_t va, maddr_t *where)
{
	mfn_t table = loaded_root(current);

	if (!vaddr_canonical(va)) {
		return 0;
	}
	for (unsigned int level = 4; ; level--) {
		unsigned int i = pte_index(level, va);
		pte_t e;

		if (!mfn_valid(table)) {
			return 0;
		}
		e = READ_ONCE(((pte_t *)mfn_to_virt(table))[i]);
		if (level == 1) {
			where->v = mfn_to_maddr(table).v + i * sizeof(pte_t);
			return e;
		}
		if (!(e & PTE_P) || (e & PTE_PS)) {
			return 0;
		}
		table = pte_mfn(e);
	}
}
