/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The machine-to-physical table: for each frame, what its owner calls it.
 * Guests read it at a fixed address; nothing here relies on what it says.
 * The mapping there is theirs (read-only, user); ours is beside it.
 */
#include "mm/frame.h"
#include "x86/layout.h"

void m2p_set(mfn_t m, unsigned long pfn)
{
	WRITE_ONCE(((u64 *)M2P_RW_START)[m.v], pfn);
}

bool m2p_set_owned(mfn_t m, const struct domain *d, unsigned long pfn)
{
	bool owned = frame_get(m, d);

	if (owned) {
		m2p_set(m, pfn);
		frame_put(m);
	}
	return owned;
}
