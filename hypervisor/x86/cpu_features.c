/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * What the CPU offers, read once on the boot CPU, and the control registers
 * that follow from it, set the same on every CPU.  A machine that lacks
 * something we cannot do without is refused here, with its name.
 */
#include "boot/boot_info.h"
#include "lib/bits.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "x86/cpu_features.h"
#include "x86/msr.h"
#include "x86/regs.h"

/*
 * WB WT UC- UC WC WP UC UC: what PV guests are told to expect, and what Linux
 * reads back from the MSR as a PV guest.
 */
#define PAT_VALUE	0x050100070406ULL

#define XCR0_OURS	0xe7ULL		/* x87 SSE AVX, AVX-512's three */

struct cpu_features cpu_features __ro_after_init;
u64 hv_cr4 __ro_after_init;

static __init bool has(u32 reg, unsigned int bit)
{
	return reg >> bit & 1;
}

static __init void require(u32 reg, unsigned int bit, const char *name)
{
	if (!has(reg, bit)) {
		panic("This CPU has no %s, which Paravane needs.", name);
	}
}

static __init void detect_identity(struct cpu_features *f)
{
	u32 r[4];
	char vendor[13] = "";

	cpuid(0, 0, r);
	f->max_leaf = r[0];
	memcpy(vendor, &r[1], 4);
	memcpy(vendor + 4, &r[3], 4);
	memcpy(vendor + 8, &r[2], 4);
	f->vendor = !strcmp(vendor, "GenuineIntel") ? VENDOR_INTEL :
		    !strcmp(vendor, "AuthenticAMD") ||
		    !strcmp(vendor, "HygonGenuine") ? VENDOR_AMD :
		    VENDOR_OTHER;

	cpuid(1, 0, r);
	f->stepping = r[0] & 0xf;
	f->model = (r[0] >> 4 & 0xf) | (r[0] >> 12 & 0xf0);
	f->family = r[0] >> 8 & 0xf;
	if (f->family == 0xf) {
		f->family += r[0] >> 20 & 0xff;
	}
	cpuid(0x80000000, 0, r);
	f->max_ext_leaf = r[0];
	str_copy(f->brand, vendor, sizeof(f->brand));
	if (f->max_ext_leaf >= 0x80000004) {
		const char *p = f->brand;

		for (u32 i = 0; i < 3; i++) {
			cpuid(0x80000002 + i, 0, r);
			memcpy(f->brand + i * 16, r, 16);
		}
		f->brand[48] = 0;
		while (*p == ' ') {
			p++;
		}
		memmove(f->brand, p, strlen(p) + 1);
	}
}

static __init void detect_basic(struct cpu_features *f)
{
	u32 r[4];

	cpuid(1, 0, r);
	require(r[3], 4, "time stamp counter");
	require(r[3], 6, "PAE");
	require(r[3], 8, "CMPXCHG8B");
	require(r[3], 9, "local APIC");
	require(r[3], 13, "global pages");
	require(r[3], 16, "PAT");
	require(r[3], 24, "FXSAVE");
	require(r[3], 26, "SSE2");
	f->pge = true;
	f->monitor = has(r[2], 3);
	f->pcid = has(r[2], 17) && !boot_options.nopcid;
	f->x2apic = has(r[2], 21);
	f->tsc_deadline = has(r[2], 24);
	f->xsave = has(r[2], 26);
	f->sysenter = has(r[3], 11) && f->vendor != VENDOR_AMD;
	f->syscall32 = f->vendor == VENDOR_AMD;

	if (f->max_leaf >= 6) {
		cpuid(6, 0, r);
		f->arat = has(r[0], 2);
	}
	if (f->max_leaf >= 7) {
		cpuid(7, 0, r);
		f->fsgsbase = has(r[1], 0);
		f->smep = has(r[1], 7) && !boot_options.nosmep;
		f->invpcid = has(r[1], 10);
		f->smap = has(r[1], 20) && !boot_options.nosmap;
		f->umip = has(r[2], 2);
		f->meltdown = f->vendor == VENDOR_INTEL && !has(r[3], 29);
	} else {
		f->meltdown = f->vendor == VENDOR_INTEL;
	}
}

static __init void detect_extended(struct cpu_features *f)
{
	u32 r[4];

	cpuid(0x80000001, 0, r);
	require(r[3], 29, "64-bit mode");
	require(r[3], 20, "no-execute pages");
	require(r[3], 11, "SYSCALL");
	f->nx = true;
	f->page1gb = has(r[3], 26);
	f->rdtscp = has(r[3], 27);
	if (f->max_ext_leaf >= 0x80000007) {
		cpuid(0x80000007, 0, r);
		f->invariant_tsc = has(r[3], 8);
	}
	f->phys_bits = 36;
	f->virt_bits = 48;
	if (f->max_ext_leaf >= 0x80000008) {
		cpuid(0x80000008, 0, r);
		f->phys_bits = r[0] & 0xff;
		f->virt_bits = r[0] >> 8 & 0xff;
	}
}

/* The size of the standard format for our part of XCR0. */
static __init void detect_xsave(struct cpu_features *f)
{
	u32 r[4];

	f->xsave = f->xsave && f->max_leaf >= 0xd;
	if (!f->xsave) {
		return;
	}
	cpuid(0xd, 1, r);
	f->xsaveopt = has(r[0], 0);
	cpuid(0xd, 0, r);
	f->xcr0_mask = r[0] & XCR0_OURS;
	if ((f->xcr0_mask & 0xe0) != 0xe0) {
		f->xcr0_mask &= ~0xe0ULL;
	}
	f->xsave_size = 576;
	for (u32 i = 2; i < 8; i++) {
		if (f->xcr0_mask & BIT(i)) {
			cpuid(0xd, i, r);
			f->xsave_size = max(f->xsave_size, r[0] + r[1]);
		}
	}
}

__init void cpu_features_detect(void)
{
	struct cpu_features *f = &cpu_features;

	detect_identity(f);
	detect_basic(f);
	detect_extended(f);
	detect_xsave(f);

	hv_cr4 = CR4_PAE | CR4_MCE | CR4_PGE | CR4_OSFXSR | CR4_OSXMMEXCPT |
		 (f->smep ? CR4_SMEP : 0) | (f->smap ? CR4_SMAP : 0) |
		 (f->umip ? CR4_UMIP : 0) | (f->xsave ? CR4_OSXSAVE : 0);
}

void cpu_setup(void)
{
	write_cr0(CR0_PG | CR0_AM | CR0_WP | CR0_NE | CR0_ET | CR0_MP | CR0_PE);
	write_cr4(hv_cr4);
	wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_SCE | EFER_NX);
	wrmsr(MSR_PAT, PAT_VALUE);
	write_cr3(read_cr3());
	if (cpu_features.rdtscp) {
		wrmsr(MSR_TSC_AUX, 0);
	}
}
