/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Sets each CPU up for syscall and sysenter: MSRs, the stub page, and what
 * entry.S finds in cpu_info.  The stub page is one frame mapped into every
 * CPU's area, because its code is relative to RIP.
 */
#include "x86/cpu_features.h"
#include "x86/current.h"
#include "x86/entry.h"
#include "x86/layout.h"
#include "x86/msr.h"
#include "x86/paging.h"

extern const char stub_page[], stub_syscall32[], stub_sysenter[];
extern const u64 image_smap_patch_start[], image_smap_patch_end[];

#define MSR_MISC_FEATURES_ENABLES 0x140
#define CPUID_FAULTING	1

/* Flags that syscall clears: all but ID and the arithmetic ones. */
#define SYSCALL_MASK	(EFLAGS_TF | EFLAGS_IF | EFLAGS_DF | EFLAGS_IOPL | \
			 EFLAGS_NT | EFLAGS_RF | EFLAGS_VM | EFLAGS_AC)

/* Makes entry.S's no-ops what they stand for; before text is sealed. */
static void entry_patch_smap(void)
{
	u64 cr0 = read_cr0();
	u8 *site;

	write_cr0(cr0 & ~(u64)CR0_WP);
	for (const u64 *p = image_smap_patch_start; p < image_smap_patch_end; p += 2) {
		site = (u8 *)p[0];
		site[0] = 0x0f;
		site[1] = 0x01;
		site[2] = (u8)p[1];
	}
	write_cr0(cr0);
}

void entry_init_cpu(void)
{
	unsigned long va = percpu_area(this_cpu_id()) + PERCPU_STUB_OFF;

	if (this_cpu_id() == 0 && (hv_cr4 & CR4_SMAP)) {
		entry_patch_smap();
	}
	percpu_set_page(va, pte_make(hv_va_to_mfn((u64)stub_page),
				     PTE_P | PTE_A));

	wrmsr(MSR_STAR, (u64)GUEST_CS32 << 48 | (u64)HV_CS << 32);
	wrmsr(MSR_LSTAR, va);
	wrmsr(MSR_CSTAR, va + (u64)(stub_syscall32 - stub_page));
	wrmsr(MSR_SFMASK, SYSCALL_MASK);
	if (cpu_has(XEN_X86_FEATURE_SEP) && cpu_features.vendor != VENDOR_AMD) {
		wrmsr(MSR_SYSENTER_CS, HV_CS);
		wrmsr(MSR_SYSENTER_ESP, (u64)cpu_info());
		wrmsr(MSR_SYSENTER_EIP,
		      va + (u64)(stub_sysenter - stub_page));
	}
	wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_SCE);
	/* A guest's own cpuid gets the policy's answer where the CPU can do it. */
	if (cpu_features.vendor == VENDOR_INTEL) {
		(void)!wrmsr_safe(MSR_MISC_FEATURES_ENABLES, CPUID_FAULTING);
	}
}
