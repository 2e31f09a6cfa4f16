/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The machine-to-physical table: for each frame, what its owner calls it.
 * Guests read it at a fixed address; nothing here relies on what it says.
 * The mapping there is theirs (read-only, user); ours is beside it.
 */
#include "mm/frame.h"
#include "x86/layout.h"

static u64 *m2p_entry(mfn_t m)
{
	return &((u64 *)M2P_RW_START)[m.v];
}

unsigned long m2p_get(mfn_t m)
{
	return m.v < max_mfn ? READ_ONCE(*m2p_entry(m)) : INVALID_M2P;
}

void m2p_set(mfn_t m, unsigned long pfn)
{
	if (m.v < max_mfn) {
		WRITE_ONCE(*m2p_entry(m), pfn);
	}
}
