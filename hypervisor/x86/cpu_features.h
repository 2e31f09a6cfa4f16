/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * What this machine's CPUs can do (the boot CPU decides; all must match), and
 * which faults of the machine the boot self-test found.
 */
#ifndef X86_CPU_FEATURES_H
#define X86_CPU_FEATURES_H

#include "lib/types.h"

enum cpu_vendor { VENDOR_INTEL, VENDOR_AMD, VENDOR_OTHER };

struct cpu_features {
	enum cpu_vendor vendor;
	char brand[49];
	u32 family, model, stepping;
	u32 max_leaf, max_ext_leaf;
	u8 phys_bits, virt_bits;
	/* used by us */
	bool nx, page1gb, smep, smap, umip, fsgsbase, pcid, invpcid, xsave,
	     xsaveopt, x2apic, tsc_deadline, invariant_tsc, cpuid_faulting,
	     syscall32, sysenter, rdtscp, meltdown, monitor, arat, pge;
	u64 xcr0_mask;			/* what XSAVE can hold */
	u32 xsave_size;			/* bytes for that mask */
	/* faults of the machine, found by trying (x86/selftest.c) */
	bool broken_iret_smap;		/* ring 3 iret reads as supervisor */
	bool broken_mwait;		/* MWAIT ECX=1 raises #GP */
};

extern struct cpu_features cpu_features;

/* Fills cpu_features; panics with one line when something needed is missing. */
void cpu_features_detect(void);
/* Each CPU: control registers, EFER and PAT as we run with them. */
void cpu_setup(void);
/* Boot: tries the machine's known faults, logs one line for each it finds. */
void machine_selftest(void);

/* CR4 as we run with it (guests' bits are or-ed on top at context switch). */
extern u64 hv_cr4;

#endif
