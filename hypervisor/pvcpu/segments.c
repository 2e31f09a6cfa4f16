/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The segment registers that we leave to the guest while it runs: es, ds, fs,
 * gs and their bases.  Saved and loaded when a vCPU is switched; and the
 * set_segment_base hypercall.  swapgs stands for the guest's own: the active
 * GS base is that of the mode it is in.
 */
#include "hypercall/hypercall.h"
#include "mm/pte.h"
#include "pvcpu/pvcpu.h"
#include "x86/asm.h"
#include "x86/msr.h"

/*
 * Loads a selector; a bad one becomes null, and the result false.
 */
#define DEFINE_LOAD_SELECTOR(reg)					\
static bool load_##reg(u16 sel)						\
{									\
	unsigned long good = 1;						\
									\
	__asm__ volatile("1: mov %k1, %%" #reg "\n"			\
			 "2:\n"						\
			 ".pushsection .text\n"				\
			 "3: xor %k0, %k0\n"				\
			 "mov %k0, %%" #reg "\n"			\
			 "jmp 2b\n"					\
			 ".popsection\n"				\
			 ASM(EX_TABLE(1b, 3b))				\
			 : "+r" (good) : "r" ((u32)sel) : "memory");	\
	return good;							\
}

DEFINE_LOAD_SELECTOR(ds)
DEFINE_LOAD_SELECTOR(es)
DEFINE_LOAD_SELECTOR(fs)
DEFINE_LOAD_SELECTOR(gs)

/*
 * A machine that lets WRFSBASE make a base non-canonical must not make our
 * WRMSR fault later.
 */
static u64 canonical(u64 base)
{
	return (u64)((s64)(base << 16) >> 16);
}

void pvcpu_save_segments(struct vcpu *v)
{
	u64 active = canonical(rdmsr(MSR_GS_BASE));
	u64 other = canonical(rdmsr(MSR_KERNEL_GS_BASE));

	/* Else the guest has not been told yet of those that it had. */
	if (likely(!v->pv.bad_selectors)) {
		__asm__("mov %%ds, %0" : "=m" (v->regs.ds));
		__asm__("mov %%es, %0" : "=m" (v->regs.es));
		__asm__("mov %%fs, %0" : "=m" (v->regs.fs));
		__asm__("mov %%gs, %0" : "=m" (v->regs.gs));
	}
	v->pv.fs_base = canonical(rdmsr(MSR_FS_BASE));
	v->pv.gs_base_kernel = v->pv.kernel_mode ? active : other;
	v->pv.gs_base_user = v->pv.kernel_mode ? other : active;
}

/*
 * The descriptor tables' windows and CR3 are v's already.  A selector that
 * cannot be loaded any more is told to the guest on its way out: the scheduler
 * has raised SOFTIRQ_PUBLISH, so we look there.
 */
void pvcpu_load_segments(struct vcpu *v)
{
	bool good = true;

	pvcpu_load_ldt(v);
	good &= load_ds(v->regs.ds);
	good &= load_es(v->regs.es);
	good &= load_fs(v->regs.fs);
	good &= load_gs(v->regs.gs);
	wrmsr(MSR_FS_BASE, v->pv.fs_base);
	wrmsr(v->pv.kernel_mode ? MSR_GS_BASE : MSR_KERNEL_GS_BASE,
	      v->pv.gs_base_kernel);
	wrmsr(v->pv.kernel_mode ? MSR_KERNEL_GS_BASE : MSR_GS_BASE,
	      v->pv.gs_base_user);
	v->pv.bad_selectors = !good;
}

/* The user's gs, its base from the descriptor; we are in kernel mode. */
static void load_user_gs(u16 sel)
{
	irq_disable();
	__asm__ volatile("swapgs" ::: "memory");
	(void)load_gs(sel);
	__asm__ volatile("swapgs" ::: "memory");
	irq_enable();
}

HC(set_segment_base)
{
	static const u32 msrs[] = {
		[SEGBASE_FS] = MSR_FS_BASE,
		[SEGBASE_GS_USER] = MSR_KERNEL_GS_BASE,
		[SEGBASE_GS_KERNEL] = MSR_GS_BASE,
	};
	unsigned int which = (unsigned int)a1;

	if (which == SEGBASE_GS_USER_SEL) {
		load_user_gs(guest_selector_fix((u16)a2));
		return 0;
	}
	if (which >= ARRAY_LEN(msrs) || !vaddr_canonical(a2)) {
		return -EINVAL;
	}
	wrmsr(msrs[which], a2);
	return 0;
}
