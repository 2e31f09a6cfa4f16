/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Control registers of the current vCPU.  A guest may change CR0.TS and, of
 * CR4, the bits that mean something to ring 3 code; other changes of CR4 are
 * ignored, as with Xen, since kernels set what they see in CPUID.
 */
#include "mm/pte.h"
#include "pvcpu/pvcpu.h"
#include "x86/cpu_features.h"
#include "x86/fpu.h"
#include "x86/msr.h"

#define CR4_SHOWN	(CR4_PSE | CR4_PAE | CR4_MCE | CR4_PGE | CR4_OSFXSR | \
			 CR4_OSXMMEXCPT)

bool guest_read_cr(const struct vcpu *v, unsigned int reg, u64 *val)
{
	const u64 shown[] = {
		[0] = (read_cr0() & ~(u64)CR0_TS) | v->pv.cr0_ts,
		[2] = v->pv.cr2,
		[3] = v->pv.cr3_kernel & PTE_MFN_MASK,
		[4] = (hv_cr4 & CR4_SHOWN) | v->pv.cr4,
	};

	if (reg == 1 || reg >= ARRAY_LEN(shown)) {
		return false;
	}
	*val = shown[reg];
	return true;
}

u64 guest_cr4_mask(void)
{
	return CR4_TSD | CR4_DE | (cpu_has(XEN_X86_FEATURE_FSGSBASE) ? CR4_FSGSBASE : 0) |
		(cpu_has(XEN_X86_FEATURE_XSAVE) ? CR4_OSXSAVE : 0);
}

int guest_write_cr(struct vcpu *v, unsigned int reg, u64 val)
{
	switch (reg) {
	case 0:
		if ((val ^ read_cr0()) & ~(u64)CR0_TS) {
			return -EINVAL;
		}
		v->pv.cr0_ts = val & CR0_TS;
		fpu_set_ts(v->pv.cr0_ts || !v->fpu_dirty);
		return 0;
	case 2:
		v->pv.cr2 = val;
		v->info->arch.cr2 = val;
		return 0;
	case 3:
		return pvcpu_set_root(v, mfn(xen_cr3_to_pfn(val)));
	case 4:
		v->pv.cr4 = val & guest_cr4_mask();
		write_cr4(hv_cr4 | (v->pv.cr4 & (CR4_TSD | CR4_FSGSBASE)));
		return 0;
	default:
		return -EINVAL;
	}
}
