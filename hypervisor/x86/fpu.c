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

#define FCW_RESET	0x037f
#define MXCSR_RESET	0x1f80
#define XCR0_X87	0x01ULL
#define XCR0_SSE	0x02ULL
#define XCR0_AVX	0x04ULL
#define XCR0_AVX512	0xe0ULL

/* v->fpu: what FXSAVE fills, and XSAVE's header.  Intel SDM 1, 10.5.1, 13.4. */
struct fpu_area {
	u16 fcw;
	u8 others[22];
	u32 mxcsr, mxcsr_mask;
	u8 registers[480];
	u64 states, header[7];
};

static u32 mxcsr_mask __ro_after_init;

static DEFINE_PER_CPU(u64, xcr0_now);

static void xcr0_load(u64 val)
{
	if (this_cpu(xcr0_now) != val) {
		__asm__ volatile("xsetbv" : : "c" (0), "a" (val), "d" (0));
		this_cpu(xcr0_now) = val;
	}
}

void fpu_switch_in(const struct vcpu *v)
{
	fpu_set_ts(true);
	if (cpu_has(XEN_X86_FEATURE_XSAVE)) {
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
	struct fpu_area area __aligned(16);

	__asm__ volatile("clts; fninit; fxsaveq %0" : "=m" (area));
	if (this_cpu_id() == 0) {
		mxcsr_mask = area.mxcsr_mask ? area.mxcsr_mask : 0xffbf;
	}
	if (cpu_has(XEN_X86_FEATURE_XSAVE)) {
		xcr0_load(cpu_features.xcr0_mask);
	}
	write_cr0(read_cr0() | CR0_TS | CR0_MP | CR0_NE);
}

/* A page: aligned well, and with AVX-512 most of it is used. */
int fpu_alloc(struct vcpu *v)
{
	v->fpu = heap_alloc_pages(0);
	if (!v->fpu) {
		return -ENOMEM;
	}
	fpu_reset(v);
	return 0;
}

void fpu_free(struct vcpu *v)
{
	if (v->fpu) {
		heap_free_pages(v->fpu, 0);
		v->fpu = NULL;
	}
}

void fpu_reset(struct vcpu *v)
{
	memset(v->fpu, 0, PAGE_SIZE);
	*(struct fpu_area *)v->fpu = (struct fpu_area){
		.fcw = FCW_RESET,
		.mxcsr = MXCSR_RESET,
	};
	v->fpu_dirty = false;
	v->pv.msr_xcr0 = XCR0_X87;
}

void fpu_save_if_dirty(struct vcpu *v)
{
	u64 all = cpu_features.xcr0_mask;

	if (!v->fpu_dirty) {
		return;
	}
	fpu_set_ts(false);
	if (all) {
		xcr0_load(all);
		__asm__ volatile("xsave64 (%0)" : : "r" (v->fpu), "a" (all),
				 "d" (0) : "memory");
	} else {
		__asm__ volatile("fxsaveq (%0)" : : "r" (v->fpu) : "memory");
	}
	v->fpu_dirty = false;
	fpu_set_ts(true);
}

/*
 * AMD's CPUs leave the pointers to the last x87 instruction as they are when no
 * exception waits in what is loaded: fninit, so that they are nobody else's.
 */
void fpu_restore(struct vcpu *v)
{
	u64 all = cpu_features.xcr0_mask;

	fpu_set_ts(false);
	if (v->fpu_dirty) {
		return;
	}
	if (all) {
		xcr0_load(all);
		__asm__ volatile("fninit; xrstor64 (%0)" : : "r" (v->fpu), "a" (all),
				 "d" (0) : "memory");
		xcr0_load(v->pv.msr_xcr0);
	} else {
		__asm__ volatile("fninit; fxrstorq (%0)" : : "r" (v->fpu) : "memory");
	}
	v->fpu_dirty = true;
}

/* AVX needs SSE; AVX-512 needs AVX and comes whole or not at all. */
bool fpu_xsetbv(struct vcpu *v, u32 index, u64 val)
{
	u64 avx512 = val & XCR0_AVX512;

	if (index != 0 || (val & ~cpu_features.xcr0_mask) ||
	    !(val & XCR0_X87) || ((val & XCR0_AVX) && !(val & XCR0_SSE)) ||
	    (avx512 && (avx512 != XCR0_AVX512 || !(val & XCR0_AVX)))) {
		return false;
	}
	v->pv.msr_xcr0 = val;
	xcr0_load(val);
	return true;
}

int fpu_import_legacy(struct vcpu *v, const void *fxsave512)
{
	struct fpu_area *area = v->fpu;

	if (((const struct fpu_area *)fxsave512)->mxcsr & ~mxcsr_mask) {
		return -EINVAL;
	}
	memcpy(area, fxsave512, offsetof(struct fpu_area, states));
	area->states = XCR0_X87 | XCR0_SSE;
	v->fpu_dirty = false;
	return 0;
}
