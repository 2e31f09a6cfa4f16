/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Address spaces and TLBs.
 *
 * The flush clock counts TLB flushes.  Each CPU notes the clock at its last
 * full flush; a frame notes the clock when its last use as a type ended.  A
 * CPU whose last flush is later than the frame's stamp cannot hold an entry
 * for that use: the lazy rule that makes most flushes before a type change
 * unnecessary.
 */
#ifndef X86_TLB_H
#define X86_TLB_H

#include "lib/types.h"
#include "x86/current.h"

void tlb_init(void);

extern u32 tlb_clock;
DECLARE_PER_CPU(u32, tlb_flushed_at);

/* The stamp to put on a frame now. */
static inline u32 tlb_stamp_now(void)
{
	return *(volatile u32 *)&tlb_clock;
}

/* Flushes everything but global (hypervisor) entries on this CPU. */
void tlb_flush_local(void);

static inline void tlb_flush_local_one(vaddr_t va)
{
	__asm__ volatile("invlpg (%0)" : : "r" (va) : "memory");
}

/* The same on every CPU of the mask, returning when all have done it. */
void tlb_flush_mask(cpumask_t cpus);
/* On those of the mask that could still hold an entry from before stamp. */
void tlb_flush_stale(cpumask_t cpus, u32 stamp);
void tlb_flush_mask_one(cpumask_t cpus, vaddr_t va);
/* Global entries too: changed hypervisor mappings. */
void tlb_flush_all_global(void);

/* Loads CR3 and notes the flush. */
void cr3_load(u64 cr3);

#endif
