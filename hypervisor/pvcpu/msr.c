/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * MSRs of PV guests.  A guest has the segment bases; of the machine's other
 * MSRs it sees a few constants that kernels want.  An MSR that is not here
 * is #GP, which kernels expect of a CPU that they do not know.  Domain 0 may
 * also read, but not write, the machine's own model MSRs that are harmless.
 */
#include "mm/pte.h"
#include "pvcpu/policy.h"
#include "pvcpu/pvcpu.h"
#include "x86/cpu_features.h"
#include "x86/msr.h"

#define MSR_PLATFORM_ID		0x17
#define MSR_UCODE_REV		0x8b
#define MSR_PLATFORM_INFO	0xce
#define MSR_MISC_FEATURES	0x140
#define MSR_AMD_HWCR		0xc0010015
#define MSR_AMD_NB_CFG		0xc001001f
#define MSR_AMD_FAM10_MMIO	0xc0010058
#define MSR_AMD_DE_CFG		0xc0011029

/* Machine check: two banks in which nothing ever happens. */
#define MSR_MCG_CAP		0x179
#define MSR_MCG_STATUS		0x17a
#define MSR_MC0_CTL		0x400
#define MC_BANKS		2

#define APIC_BASE_ADDRESS	0xfee00000ULL
#define APIC_BASE_BSP		0x100ULL
#define APIC_BASE_ENABLED	0x800ULL

/* PAT as every guest has it: WB, WT, UC-, UC, WC, WP, UC, UC. */
#define PAT_VALUE		0x050100070406ULL

static u64 guest_efer(void)
{
	return EFER_SCE | EFER_LME | EFER_LMA | EFER_NX;
}

static bool is_mc_bank(u32 msr)
{
	return msr >= MSR_MC0_CTL && msr < MSR_MC0_CTL + 4 * MC_BANKS;
}

static bool read_base(const struct vcpu *v, u32 msr, u64 *val)
{
	if (v != current) {
		*val = msr == MSR_FS_BASE ? v->pv.fs_base :
			msr == MSR_GS_BASE ? v->pv.gs_base_kernel :
			v->pv.gs_base_user;
		return true;
	}
	*val = rdmsr(msr);
	return true;
}

static bool read_intel(const struct vcpu *v, u32 msr, u64 *val)
{
	switch (msr) {
	case MSR_MISC_ENABLE:
		return !rdmsr_safe(msr, val);
	case MSR_PLATFORM_ID:
		return !rdmsr_safe(msr, val);
	case MSR_PLATFORM_INFO:
		*val = v->domain->policy ? v->domain->policy->platform_info
					 : 0;
		return true;
	case MSR_MISC_FEATURES:
		*val = 0;
		return true;
	case MSR_ARCH_CAPABILITIES:
		*val = v->domain->policy ? v->domain->policy->arch_caps : 0;
		return *val != 0;
	default:
		return false;
	}
}

static bool read_amd(const struct vcpu *v, u32 msr, u64 *val)
{
	switch (msr) {
	case MSR_AMD_HWCR:
		*val = 1ULL << 24;		/* TSC runs at P0's rate */
		return true;
	case MSR_AMD_DE_CFG:
		return !rdmsr_safe(msr, val);
	case MSR_AMD_NB_CFG:
	case MSR_AMD_FAM10_MMIO:
		return v->domain->privileged && !rdmsr_safe(msr, val);
	default:
		return false;
	}
}

bool guest_rdmsr(const struct vcpu *v, u32 msr, u64 *val)
{
	switch (msr) {
	case MSR_FS_BASE:
	case MSR_GS_BASE:
	case MSR_KERNEL_GS_BASE:
		return read_base(v, msr, val);
	case MSR_EFER:
		*val = guest_efer();
		return true;
	case MSR_APIC_BASE:
		*val = APIC_BASE_ADDRESS | APIC_BASE_ENABLED |
			(v->id == 0 ? APIC_BASE_BSP : 0);
		return true;
	case MSR_PAT:
		*val = PAT_VALUE;
		return true;
	case MSR_UCODE_REV:
		return !rdmsr_safe(msr, val);
	case MSR_TSC:
		*val = rdtsc();
		return true;
	case MSR_TSC_AUX:
		*val = 0;
		return cpu_features.rdtscp;
	case MSR_MCG_CAP:
		*val = MC_BANKS;
		return true;
	case MSR_MCG_STATUS:
		*val = 0;
		return true;
	default:
		break;
	}
	if (is_mc_bank(msr)) {
		*val = msr & 3 ? 0 : ~0ULL;	/* CTL: all reported */
		return true;
	}
	return cpu_features.vendor == VENDOR_INTEL ? read_intel(v, msr, val)
						   : read_amd(v, msr, val);
}

static bool write_base(struct vcpu *v, u32 msr, u64 val)
{
	if (!vaddr_canonical(val) || v != current) {
		return false;
	}
	wrmsr(msr, val);
	return true;
}

bool guest_wrmsr(struct vcpu *v, u32 msr, u64 val)
{
	u64 now;

	switch (msr) {
	case MSR_FS_BASE:
	case MSR_GS_BASE:
	case MSR_KERNEL_GS_BASE:
		return write_base(v, msr, val);
	case MSR_PAT:
	case MSR_APIC_BASE:
	case MSR_EFER:
	case MSR_MISC_ENABLE:
	case MSR_MISC_FEATURES:
		/* Writing what is there is allowed, as kernels do. */
		return guest_rdmsr(v, msr, &now) && val == now;
	case MSR_UCODE_REV:
		return cpu_features.vendor == VENDOR_INTEL && val == 0;
	case MSR_AMD_HWCR:
	case MSR_AMD_DE_CFG:
		return cpu_features.vendor != VENDOR_INTEL;
	case MSR_MCG_STATUS:
		return true;
	default:
		return is_mc_bank(msr);
	}
}
