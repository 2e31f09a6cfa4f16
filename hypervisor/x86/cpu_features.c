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

#define XCR0_BASIC	0x07ULL		/* x87 SSE AVX */
#define XCR0_AVX512	0xe0ULL		/* all three or none */

struct cpu_features cpu_features __ro_after_init;
u64 hv_cr4 __ro_after_init;

enum { EAX, EBX, ECX, EDX };
const struct cpu_feature_source cpu_feature_sources[NR_FEATURE_WORDS] = {
	{ 1, 0, EDX }, { 1, 0, ECX },
	{ 0x80000001, 0, EDX }, { 0x80000001, 0, ECX },
	{ 0xd, 1, EAX }, { 7, 0, EBX }, { 7, 0, ECX }, { 0x80000007, 0, EDX },
	{ 0x80000008, 0, EBX }, { 7, 0, EDX }, { 7, 1, EAX },
	{ 0x80000021, 0, EAX }, { 7, 1, EBX },
};

static const struct {
	const char *name;
	unsigned int feature;
} names[] __initdata = {
#define XEN_CPUFEATURE(name, value) { #name, value },
#include <xen/arch-x86/cpufeatureset.h>
};

static const struct {
	unsigned int feature;
	const char *name;
} needed[] = {
	{ XEN_X86_FEATURE_TSC, "time stamp counter" },
	{ XEN_X86_FEATURE_APIC, "local APIC" },
	{ XEN_X86_FEATURE_PGE, "global pages" },
	{ XEN_X86_FEATURE_PAT, "PAT" },
	{ XEN_X86_FEATURE_FXSR, "FXSAVE" },
	{ XEN_X86_FEATURE_SSE2, "SSE2" },
	{ XEN_X86_FEATURE_NX, "no-execute pages" },
	{ XEN_X86_FEATURE_SYSCALL, "SYSCALL" },
};

static __init void detect_identity(struct cpu_features *f)
{
	static char text[49] __ro_after_init;
	u32 r[4];

	cpuid(0, 0, r);
	f->max_leaf = r[0];
	f->vendor = !memcmp(&r[1], "Genu", 4) ? VENDOR_INTEL :
		    !memcmp(&r[1], "Auth", 4) ||
		    !memcmp(&r[1], "Hygo", 4) ? VENDOR_AMD : VENDOR_OTHER;
	cpuid(0x80000000, 0, r);
	f->max_ext_leaf = r[0];
	for (u32 i = 0; i < 3; i++) {
		cpuid(0x80000002 + i, 0, (u32 *)text + 4 * i);
	}
	for (f->brand = text; *f->brand == ' '; f->brand++) {
	}
	cpuid(0x80000008, 0, r);
	f->phys_bits = r[0] & 0xff;
}

/* Small letters, "-" for "_", up to the next comma. */
static __init bool is_name(const char *item, const char *name)
{
	for (; *name; item++, name++) {
		char c = *item == '-' ? '_' : *item;

		if ((c >= 'a' ? c - 'a' + 'A' : c) != *name) {
			return false;
		}
	}
	return !*item || *item == ',';
}

/* cpuid=no-NAME,...: what neither we nor any guest gets to see. */
static __init void drop_features(struct cpu_features *f, const char *list)
{
	for (; list; list = strchr(list, ',')) {
		list += *list == ',';
		for (unsigned int i = 0; i < ARRAY_LEN(names); i++) {
			if (!strncmp(list, "no-", 3) &&
			    is_name(list + 3, names[i].name)) {
				bit_clear(f->words, names[i].feature);
			}
		}
	}
}

static __init void detect_features(struct cpu_features *f)
{
	const struct cpu_feature_source *s = cpu_feature_sources;
	u32 r[4];

	for (unsigned int i = 0; i < NR_FEATURE_WORDS; i++, s++) {
		if (s->leaf <= (s->leaf >> 31 ? f->max_ext_leaf
					      : f->max_leaf)) {
			cpuid(s->leaf, s->sub, r);
			f->words[i] = r[s->reg];
		}
	}
	drop_features(f, boot_options.cpuid);
	for (unsigned int i = 0; i < ARRAY_LEN(needed); i++) {
		if (!cpu_has(needed[i].feature)) {
			panic("This CPU has no %s, which Paravane needs.",
			      needed[i].name);
		}
	}
	if (cpu_has(XEN_X86_FEATURE_XSAVE)) {
		cpuid(0xd, 0, r);
		f->xcr0_mask = r[0] & XCR0_BASIC;
		if ((r[0] & XCR0_AVX512) == XCR0_AVX512) {
			f->xcr0_mask |= XCR0_AVX512;
		}
	}
}

u32 xsave_size(u64 states)
{
	u32 size = 512 + 64, r[4];

	for (u32 i = 2; i < 63; i++) {
		if (states & BIT(i)) {
			cpuid(0xd, i, r);
			size = max(size, r[0] + r[1]);
		}
	}
	return size;
}

static __init u64 cr4_if(unsigned int feature, u64 bit)
{
	return cpu_has(feature) ? bit : 0;
}

__init void cpu_features_detect(void)
{
	detect_identity(&cpu_features);
	detect_features(&cpu_features);
	hv_cr4 = CR4_PAE | CR4_MCE | CR4_PGE | CR4_OSFXSR | CR4_OSXMMEXCPT |
		 cr4_if(XEN_X86_FEATURE_XSAVE, CR4_OSXSAVE);
	if (boot_options.smep) {
		hv_cr4 |= cr4_if(XEN_X86_FEATURE_SMEP, CR4_SMEP);
	}
	if (boot_options.smap) {
		hv_cr4 |= cr4_if(XEN_X86_FEATURE_SMAP, CR4_SMAP);
	}
}

void cpu_setup(void)
{
	write_cr0(CR0_PG | CR0_AM | CR0_WP | CR0_NE | CR0_ET | CR0_MP | CR0_PE);
	write_cr4(hv_cr4);
	wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_SCE | EFER_NX);
	wrmsr(MSR_PAT, PAT_VALUE);
	write_cr3(read_cr3());
}
