/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The toolstack's calls about a domain's memory: its limit, the types of its
 * frames, and the hypercall page that the domain builder puts into it.
 */
#include "hypercall/domctl.h"
#include "hypercall/hypercall.h"
#include "hypercall/hypercall_page.h"
#include "mm/guest_copy.h"
#include "mm/page_type.h"

DOMCTL(max_mem)
{
	spin_lock(&d->frame_lock);
	d->max_pages = op->u.max_mem.max_memkb >> (PAGE_SHIFT - 10);
	spin_unlock(&d->frame_lock);
	return 0;
}

DOMCTL(hypercall_init)
{
	mfn_t m = mfn(op->u.hypercall_init.gmfn);
	int err;

	if (d->dying) {
		return -EINVAL;
	}
	err = page_type_get(m, FT_WRITABLE, d, false);
	if (err) {
		return err == -EINVAL ? -EACCES : err;
	}
	hypercall_page_fill(mfn_to_virt(m));
	page_type_put(m, false);
	return 0;
}

/* A frame's type in the words of XEN_DOMCTL_PFINFO_*. */
static u64 frame_info(struct domain *d, mfn_t m)
{
	static const u32 tables[] = {
		[FT_L1] = XEN_DOMCTL_PFINFO_L1TAB,
		[FT_L2] = XEN_DOMCTL_PFINFO_L2TAB,
		[FT_L3] = XEN_DOMCTL_PFINFO_L3TAB,
		[FT_L4] = XEN_DOMCTL_PFINFO_L4TAB,
		[FT_DESC] = XEN_DOMCTL_PFINFO_NOTAB,
	};
	u64 state, info;

	if (!mfn_valid(m) || !frame_get(m, d)) {
		return XEN_DOMCTL_PFINFO_XTAB;
	}
	state = READ_ONCE(mfn_to_frame(m)->state);
	info = state & FS_TYPE_REF_MASK ? tables[frame_type_of(state)] : 0;
	if (state & FS_PINNED) {
		info |= XEN_DOMCTL_PFINFO_LPINTAB;
	}
	frame_put(m);
	return info;
}

DOMCTL(getpageframeinfo3)
{
	u64 num = op->u.getpageframeinfo3.num;
	vaddr_t array = (vaddr_t)op->u.getpageframeinfo3.array.p;
	u64 gfn;

	if (num > 1024) {
		return -E2BIG;
	}
	for (u64 i = 0; i < num; i++) {
		if (copy_from_guest(&gfn, array + i * sizeof(gfn), 1)) {
			return -EFAULT;
		}
		gfn = frame_info(d, mfn(gfn));
		if (copy_to_guest(array + i * sizeof(gfn), &gfn, 1)) {
			return -EFAULT;
		}
	}
	return 0;
}
