/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * A vCPU's page-table roots: one for its kernel mode, one for its user mode,
 * each an L4 frame on which we hold a reference and a use as L4.
 */
#include "mm/frame_ref.h"
#include "mm/page_type.h"
#include "pvcpu/pvcpu.h"
#include "x86/tlb.h"

/* Taking an old root apart may need several goes. */
static inline int finish_old_root(struct vcpu *v)
{
	int rc;

	if (likely(!v->pv.old_root_held)) {
		return 0;
	}
	rc = page_type_settle(v->pv.old_root);
	if (!rc) {
		v->pv.old_root_held = false;
	}
	return rc;
}

/* Takes m as a root: a valid L4 already, as a rule. */
static inline int take_root(struct vcpu *v, mfn_t m)
{
	if (likely(m.v < max_mfn &&
		   frame_use_get(mfn_to_frame(m), v->domain->id, FT_L4))) {
		return 0;
	}
	return page_type_get(m, FT_L4, v->domain, true);
}

static inline int drop_root(struct vcpu *v, mfn_t old)
{
	if (mfn_eq(old, INVALID_MFN) ||
	    likely(frame_use_put(mfn_to_frame(old))) ||
	    !page_type_put(old, true)) {
		return 0;
	}
	v->pv.old_root = old;
	v->pv.old_root_held = true;
	return -ERESTART;
}

/*
 * -ERESTART after the switch means that the old root is still being taken
 * apart: calling again with the same m goes on with that.
 */
static inline int switch_root(struct vcpu *v, mfn_t m, mfn_t *root, u64 *cr3)
{
	bool kernel = root == &v->pv.root_kernel;
	mfn_t old = *root;
	int rc = finish_old_root(v);

	if (!rc && !mfn_eq(m, old) && (kernel || !mfn_eq(m, INVALID_MFN))) {
		rc = take_root(v, m);
	}
	if (rc) {
		return rc;
	}
	*root = m;
	*cr3 = mfn_eq(m, INVALID_MFN) ? 0 : mfn_to_maddr(m).v;
	if (kernel && v == current && v->pv.kernel_mode) {
		cr3_load(*cr3);
	}
	return mfn_eq(m, old) ? 0 : drop_root(v, old);
}

int pvcpu_set_root(struct vcpu *v, mfn_t m)
{
	return switch_root(v, m, &v->pv.root_kernel, &v->pv.cr3_kernel);
}

int pvcpu_set_user_root(struct vcpu *v, mfn_t m)
{
	return switch_root(v, m, &v->pv.root_user, &v->pv.cr3_user);
}
