/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * What this machine's CPUs can do; the boot CPU decides, all must match.
 */
#ifndef X86_CPU_FEATURES_H
#define X86_CPU_FEATURES_H

#include "lib/types.h"
#include <xen/arch-x86/cpufeatureset.h>

enum cpu_vendor { VENDOR_INTEL, VENDOR_AMD, VENDOR_OTHER };

#define NR_FEATURE_WORDS	13	/* of xen/arch-x86/cpufeatureset.h */

/* Where each comes from: eax, ebx, ecx or edx (0 to 3) of a leaf. */
extern const struct cpu_feature_source {
	u32 leaf, sub, reg;
} cpu_feature_sources[NR_FEATURE_WORDS];

struct cpu_features {
	enum cpu_vendor vendor;
	const char *brand;
	u32 max_leaf, max_ext_leaf;
	u8 phys_bits;
	u32 words[NR_FEATURE_WORDS] __aligned(8); /* less those of cpuid= */
	u64 xcr0_mask;			/* what we use of XSAVE; 0: no XSAVE */
};

extern struct cpu_features cpu_features;

/* By the ABI's numbers, XEN_X86_FEATURE_*. */
static inline bool cpu_has(unsigned int feature)
{
	return cpu_features.words[feature / 32] >> (feature % 32) & 1;
}

/* Bytes that XSAVE's standard format takes for those states. */
u32 xsave_size(u64 states);

/* Fills cpu_features; panics with one line when something needed is missing. */
void cpu_features_detect(void);
/* Each CPU: control registers, EFER and PAT as we run with them. */
void cpu_setup(void);
/* Boot: tries the machine's known fault; a line, and SMAP off, if it is there. */
void machine_selftest(void);

/* CR4 as we run with it (guests' bits are or-ed on top at context switch). */
extern u64 hv_cr4;

#endif
