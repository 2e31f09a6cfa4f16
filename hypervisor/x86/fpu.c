/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * FPU, SSE and AVX registers, loaded when a vCPU first uses them after a
 * switch.  While v->fpu_dirty, the CPU's registers are v's and v is current;
 * else they are nobody's and CR0.TS is set.  CR0.TS is also set whenever the
 * guest has set its own (pv.cr0_ts).
 *
 * The CPU's XCR0 is the guest's while it runs (xgetbv does not trap), but
 * saving and loading are done with all of the machine's, so that what a guest
 * left in a component that it then turned off is kept, and seen by nobody
 * else.
 */
#include "lib/string.h"
#include "mm/alloc.h"
#include "x86/cpu_features.h"
#include "x86/fpu.h"
#include "x86/msr.h"

#define FXSAVE_SIZE	512
#define XSAVE_HEADER	64
#define FCW_RESET	0x037f
#define MXCSR_RESET	0x1f80
#define XCR0_X87	1ULL
#define XCR0_SSE	2ULL
#define XCR0_AVX	4ULL

/* Where the legacy area has its control words: Intel SDM 1, 10.5.1. */
#define FX_FCW		0
#define FX_MXCSR	24
#define FX_MXCSR_MASK	28

static u32 mxcsr_mask __ro_after_init = 0xffbf;

static DEFINE_PER_CPU(u64, xcr0_now);

static void xcr0_load(u64 val)
{
	if (this_cpu(xcr0_now) != val) {
		__asm__ volatile("xsetbv" : : "c" (0), "a" ((u32)val),
				 "d" ((u32)(val >> 32)));
		this_cpu(xcr0_now) = val;
	}
}

void fpu_switch_in(const struct vcpu *v)
{
	fpu_set_ts(true);
	if (cpu_features.xsave) {
		xcr0_load(v->pv.msr_xcr0);
	}
}

void fpu_set_ts(bool set)
{
	u64 cr0 = read_cr0();

	if (set && !(cr0 & CR0_TS)) {
		write_cr0(cr0 | CR0_TS);
	} else if (!set && (cr0 & CR0_TS)) {
		__asm__ volatile("clts");
	}
}

void fpu_init_cpu(void)
{
	static u8 area[FXSAVE_SIZE] __aligned(16);
	u32 mask;

	__asm__ volatile("clts; fninit");
	if (this_cpu_id() == 0) {
		__asm__ volatile("fxsaveq %0" : "=m" (area));
		memcpy(&mask, area + FX_MXCSR_MASK, sizeof(mask));
		mxcsr_mask = mask ? mask : mxcsr_mask;
	}
	if (cpu_features.xsave) {
		xcr0_load(cpu_features.xcr0_mask);
	}
	write_cr0(read_cr0() | CR0_TS | CR0_MP | CR0_NE);
}

static size_t fpu_area_size(void)
{
	return cpu_features.xsave ?
		max(cpu_features.xsave_size,
		    (u32)(FXSAVE_SIZE + XSAVE_HEADER)) : FXSAVE_SIZE;
}

/* Whole pages: 64-byte alignment for free, and AVX-512 needs most of one. */
int fpu_alloc(struct vcpu *v)
{
	unsigned int order = fpu_area_size() > PAGE_SIZE ? 2 : 0;

	v->fpu = heap_alloc_pages(order);
	if (!v->fpu) {
		return -ENOMEM;
	}
	fpu_reset(v);
	return 0;
}

void fpu_free(struct vcpu *v)
{
	if (v->fpu) {
		heap_free_pages(v->fpu, fpu_area_size() > PAGE_SIZE ? 2 : 0);
		v->fpu = NULL;
	}
}

void fpu_reset(struct vcpu *v)
{
	u16 fcw = FCW_RESET;
	u32 mxcsr = MXCSR_RESET;

	memset(v->fpu, 0, fpu_area_size());
	memcpy((u8 *)v->fpu + FX_FCW, &fcw, sizeof(fcw));
	memcpy((u8 *)v->fpu + FX_MXCSR, &mxcsr, sizeof(mxcsr));
	v->fpu_dirty = false;
	v->pv.msr_xcr0 = XCR0_X87;
}

static void fpu_save(struct vcpu *v)
{
	u64 all = cpu_features.xcr0_mask;

	if (!cpu_features.xsave) {
		__asm__ volatile("fxsaveq (%0)" : : "r" (v->fpu) : "memory");
		return;
	}
	xcr0_load(all);
	if (cpu_features.xsaveopt) {
		__asm__ volatile("xsaveopt64 (%0)"
				 : : "r" (v->fpu), "a" ((u32)all),
				   "d" ((u32)(all >> 32)) : "memory");
	} else {
		__asm__ volatile("xsave64 (%0)"
				 : : "r" (v->fpu), "a" ((u32)all),
				   "d" ((u32)(all >> 32)) : "memory");
	}
}

void fpu_save_if_dirty(struct vcpu *v)
{
	if (!v->fpu_dirty) {
		return;
	}
	fpu_set_ts(false);
	fpu_save(v);
	v->fpu_dirty = false;
	fpu_set_ts(true);
}

void fpu_restore(struct vcpu *v)
{
	u64 all = cpu_features.xcr0_mask;

	fpu_set_ts(false);
	if (v->fpu_dirty) {
		return;
	}
	if (!cpu_features.xsave) {
		__asm__ volatile("fxrstorq (%0)" : : "r" (v->fpu) : "memory");
	} else {
		xcr0_load(all);
		__asm__ volatile("xrstor64 (%0)"
				 : : "r" (v->fpu), "a" ((u32)all),
				   "d" ((u32)(all >> 32)) : "memory");
		xcr0_load(v->pv.msr_xcr0);
	}
	v->fpu_dirty = true;
}

bool fpu_xsetbv(struct vcpu *v, u32 index, u64 val)
{
	if (!cpu_features.xsave || index != 0 ||
	    (val & ~cpu_features.xcr0_mask) || !(val & XCR0_X87)) {
		return false;
	}
	/* AVX needs SSE; MPX and AVX-512 come whole or not at all. */
	if ((val & XCR0_AVX) && !(val & XCR0_SSE)) {
		return false;
	}
	if ((val & 0x18) && (val & 0x18) != 0x18) {
		return false;
	}
	if ((val & 0xe0) &&
	    ((val & 0xe0) != 0xe0 || !(val & XCR0_AVX))) {
		return false;
	}
	v->pv.msr_xcr0 = val;
	xcr0_load(val);
	return true;
}

void fpu_export_legacy(struct vcpu *v, void *fxsave512)
{
	memcpy(fxsave512, v->fpu, FXSAVE_SIZE);
}

/* Reserved MXCSR bits would make the load fault: -EINVAL. */
int fpu_import_legacy(struct vcpu *v, const void *fxsave512)
{
	u64 components = XCR0_X87 | XCR0_SSE;
	u32 mxcsr;

	memcpy(&mxcsr, (const u8 *)fxsave512 + FX_MXCSR, sizeof(mxcsr));
	if (mxcsr & ~mxcsr_mask) {
		return -EINVAL;
	}
	memcpy(v->fpu, fxsave512, FXSAVE_SIZE);
	if (cpu_features.xsave) {
		memset((u8 *)v->fpu + FXSAVE_SIZE, 0, XSAVE_HEADER);
		memcpy((u8 *)v->fpu + FXSAVE_SIZE, &components,
		       sizeof(components));
	}
	v->fpu_dirty = false;
	return 0;
}
