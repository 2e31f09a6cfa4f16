/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/* The walk for those who are not in a hurry (mm/walk.h). */
#include "mm/page_type.h"
#include "mm/walk.h"

pte_t guest_walk_l1(vaddr_t va, maddr_t *where)
{
	return walk_l1(va, where);
}
