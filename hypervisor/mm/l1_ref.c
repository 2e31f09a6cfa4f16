/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The uncommon half of mm/l1_ref.h: device memory, which only a privileged
 * domain maps and nobody counts, and frames that must change their type first.
 */
#include "mm/l1_ref.h"
#include "mm/page_type.h"
#include "x86/cpu_features.h"

#define MAX_DENIED	32

struct domain domain_io = { .id = DOMID_IO }, domain_hv = { .id = DOMID_XEN };

static unsigned long denied[MAX_DENIED];
static unsigned int nr_denied;

void mmio_deny(mfn_t m)
{
	BUG_ON(nr_denied == MAX_DENIED);
	denied[nr_denied++] = m.v;
}

bool mmio_allowed(const struct domain *d, mfn_t m)
{
	if (!d->privileged || m.v >> (cpu_features.phys_bits - PAGE_SHIFT)) {
		return false;
	}
	for (unsigned int i = 0; i < nr_denied; i++) {
		if (denied[i] == m.v) {
			return false;
		}
	}
	return true;
}

int l1_ref_get_slow(struct domain *d, struct domain *owner, pte_t e)
{
	mfn_t m = pte_mfn(e);

	if (!mfn_valid(m)) {
		return (owner == d || owner == &domain_io) &&
		       mmio_allowed(d, m) ? 0 : -EPERM;
	}
	/* If it is read-only, it is not the owner's: no more to try. */
	return e & PTE_RW &&
	       !page_type_get(m, FT_WRITABLE, owner, false) ? 0 : -EBUSY;
}
