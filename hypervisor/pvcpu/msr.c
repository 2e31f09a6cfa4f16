/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * MSRs of PV guests.  A guest has the segment bases and TSC_AUX; of the
 * machine's other MSRs it sees a few constants that kernels want.  An MSR that
 * is not here is #GP, which kernels expect of a CPU that they do not know.
 * Domain 0 may also read, but not write, the machine's own model MSRs that are
 * harmless.
 */
#include "mm/pte.h"
#include "pvcpu/pvcpu.h"
#include "x86/cpu_features.h"
#include "x86/msr.h"

#define MSR_PLATFORM_ID		0x17
#define MSR_UCODE_REV		0x8b
#define MSR_PLATFORM_INFO	0xce
#define MSR_MISC_FEATURES	0x140
#define MSR_MCG_CAP		0x179
#define MSR_MCG_STATUS		0x17a
#define MSR_MC0_CTL		0x400
#define MSR_AMD_HWCR		0xc0010015
#define MSR_AMD_NB_CFG		0xc001001f
#define MSR_AMD_FAM10_MMIO	0xc0010058
#define MSR_AMD_DE_CFG		0xc0011029

/* Machine check: two banks in which nothing ever happens. */
#define MC_BANKS		2

#define APIC_BASE_BSP		0x100ULL
#define APIC_BASE_VALUE		0xfee00800ULL	/* enabled */

/* PAT as every guest has it: WB, WT, UC-, UC, WC, WP, UC, UC. */
#define PAT_VALUE		0x050100070406ULL
#define EFER_VALUE		(EFER_SCE | EFER_LME | EFER_LMA | EFER_NX)
#define HWCR_VALUE		(1ULL << 24)	/* TSC runs at P0's rate */

enum who { ALL, INTEL, NOT_INTEL, DOM0_NOT_INTEL };

/* Writing what is there is allowed, as kernels do. */
enum on_write { REFUSE, IGNORE, SAME, SET_BASE, SET_AUX };

static const struct rule {
	u32 first, last;
	enum who who;
	enum on_write write;
	bool real;			/* reads the machine's, else value */
	u64 value;
} rules[] = {
	{ MSR_FS_BASE, MSR_KERNEL_GS_BASE, ALL, SET_BASE, true, 0 },
	{ MSR_TSC, MSR_TSC, ALL, REFUSE, true, 0 },
	{ MSR_TSC_AUX, MSR_TSC_AUX, ALL, SET_AUX, true, 0 },
	{ MSR_EFER, MSR_EFER, ALL, SAME, false, EFER_VALUE },
	{ MSR_PAT, MSR_PAT, ALL, SAME, false, PAT_VALUE },
	{ MSR_APIC_BASE, MSR_APIC_BASE, ALL, SAME, false, APIC_BASE_VALUE },
	{ MSR_UCODE_REV, MSR_UCODE_REV, ALL, IGNORE, true, 0 },
	{ MSR_MCG_CAP, MSR_MCG_CAP, ALL, REFUSE, false, MC_BANKS },
	{ MSR_MCG_STATUS, MSR_MCG_STATUS, ALL, IGNORE, false, 0 },
	/* Control: all is reported. */
	{ MSR_MC0_CTL, MSR_MC0_CTL, ALL, IGNORE, false, ~0ULL },
	{ MSR_MC0_CTL + 4, MSR_MC0_CTL + 4, ALL, IGNORE, false, ~0ULL },
	{ MSR_MC0_CTL, MSR_MC0_CTL + 4 * MC_BANKS - 1, ALL, IGNORE, false, 0 },
	{ MSR_PLATFORM_ID, MSR_PLATFORM_ID, INTEL, REFUSE, true, 0 },
	{ MSR_PLATFORM_INFO, MSR_PLATFORM_INFO, INTEL, REFUSE, false, 0 },
	{ MSR_MISC_FEATURES, MSR_MISC_FEATURES, INTEL, SAME, false, 0 },
	{ MSR_MISC_ENABLE, MSR_MISC_ENABLE, INTEL, SAME, true, 0 },
	{ MSR_AMD_HWCR, MSR_AMD_HWCR, NOT_INTEL, IGNORE, false, HWCR_VALUE },
	{ MSR_AMD_DE_CFG, MSR_AMD_DE_CFG, NOT_INTEL, IGNORE, true, 0 },
	{ MSR_AMD_NB_CFG, MSR_AMD_NB_CFG, DOM0_NOT_INTEL, REFUSE, true, 0 },
	{ MSR_AMD_FAM10_MMIO, MSR_AMD_FAM10_MMIO, DOM0_NOT_INTEL, REFUSE, true,
	  0 },
};

static bool is_for(enum who who, const struct vcpu *v)
{
	bool intel = cpu_features.vendor == VENDOR_INTEL;

	return who == ALL || (intel ? who == INTEL : who == NOT_INTEL ||
			      (who == DOM0_NOT_INTEL && v->domain->privileged));
}

static const struct rule *find(const struct vcpu *v, u32 msr)
{
	for (unsigned int i = 0; i < ARRAY_LEN(rules); i++) {
		if (msr >= rules[i].first && msr <= rules[i].last &&
		    is_for(rules[i].who, v)) {
			return &rules[i];
		}
	}
	return NULL;
}

bool guest_rdmsr(const struct vcpu *v, u32 msr, u64 *val)
{
	const struct rule *r = find(v, msr);

	if (!r) {
		return false;
	}
	if (r->real) {
		return !rdmsr_safe(msr, val);
	}
	*val = r->value;
	if (msr == MSR_APIC_BASE && v->id == 0) {
		*val |= APIC_BASE_BSP;
	}
	return true;
}

bool guest_wrmsr(struct vcpu *v, u32 msr, u64 val)
{
	const struct rule *r = find(v, msr);
	u64 now;

	switch (r ? r->write : REFUSE) {
	case IGNORE:
		return true;
	case SAME:
		return guest_rdmsr(v, msr, &now) && val == now;
	case SET_BASE:
		return vaddr_canonical(val) && !wrmsr_safe(msr, val);
	case SET_AUX:
		if (val != (u32)val || !cpu_has(XEN_X86_FEATURE_RDTSCP) ||
		    wrmsr_safe(msr, val)) {
			return false;
		}
		v->pv.tsc_aux = (u32)val;
		return true;
	default:
		return false;
	}
}
