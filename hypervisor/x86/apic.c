/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Local APICs (Intel SDM volume 3, chapter 11).  x2APIC where the CPU has it:
 * its registers are MSRs, 0x800 plus the MMIO offset by 16.  Interrupts go to
 * one CPU by its physical id; LINT0 is off (no 8259 any more), LINT1 is NMI.
 *
 * The timer is one-shot: it counts down at the bus clock that calibration
 * found (x86/clock.c).
 */
#include "lib/lock.h"
#include "x86/apic.h"
#include "x86/clock.h"
#include "x86/cpu_features.h"
#include "x86/msr.h"
#include "x86/paging.h"
#include "x86/smp.h"

enum {
	REG_ID = 0x020, REG_TPR = 0x080, REG_EOI = 0x0b0, REG_LDR = 0x0d0,
	REG_DFR = 0x0e0, REG_SVR = 0x0f0, REG_ESR = 0x280, REG_ICR = 0x300,
	REG_ICR_HIGH = 0x310, REG_LVT_TIMER = 0x320, REG_LVT_PERF = 0x340,
	REG_LVT_LINT0 = 0x350, REG_LVT_LINT1 = 0x360, REG_LVT_ERROR = 0x370,
	REG_TIMER_INIT = 0x380, REG_TIMER_NOW = 0x390, REG_TIMER_DIV = 0x3e0,
};

#define LVT_MASKED		0x10000
#define LVT_NMI			0x400
#define TIMER_DIVIDE_BY_1	0xb
#define ICR_BUSY		0x1000

#define APIC_BASE_ENABLE	0x800
#define APIC_BASE_X2		0x400

u32 apic_ids[MAX_CPUS] __ro_after_init;
u32 apic_timer_khz __ro_after_init;

static volatile u32 *regs __ro_after_init;	/* NULL: x2APIC */

static u32 read_reg(u32 reg)
{
	return regs ? regs[reg / 4] : (u32)rdmsr(0x800 + reg / 16);
}

static void write_reg(u32 reg, u32 v)
{
	if (regs) {
		regs[reg / 4] = v;
	} else {
		wrmsr(0x800 + reg / 16, v);
	}
}

/* By MMIO the register is two halves: no interrupt may come in between. */
void apic_send(u32 apic_id, u32 low)
{
	unsigned long flags;

	if (!regs) {
		/* x2APIC writes are not ordered with memory: SDM 11.12.3 */
		__asm__ volatile("mfence; lfence" : : : "memory");
		wrmsr(0x800 + REG_ICR / 16, (u64)apic_id << 32 | low);
		return;
	}
	flags = irq_save();
	while (regs[REG_ICR / 4] & ICR_BUSY) {
		cpu_relax();
	}
	regs[REG_ICR_HIGH / 4] = apic_id << 24;
	regs[REG_ICR / 4] = low;
	irq_restore(flags);
}

__init void apic_init(void)
{
	if (!cpu_has(XEN_X86_FEATURE_X2APIC)) {
		regs = ioremap(rdmsr(MSR_APIC_BASE) & 0xffffff000, PAGE_SIZE);
	}
	apic_init_cpu();
	apic_ids[0] = read_reg(REG_ID) >> (regs ? 24 : 0);
}

void apic_init_cpu(void)
{
	u64 base = rdmsr(MSR_APIC_BASE) | APIC_BASE_ENABLE;

	wrmsr(MSR_APIC_BASE, base);
	if (!regs) {
		wrmsr(MSR_APIC_BASE, base | APIC_BASE_X2);
	} else {
		write_reg(REG_DFR, ~0U);
		write_reg(REG_LDR, 0);
	}
	write_reg(REG_TPR, 0);
	write_reg(REG_LVT_LINT0, LVT_MASKED);
	write_reg(REG_LVT_LINT1, LVT_NMI);
	write_reg(REG_LVT_ERROR, VECTOR_ERROR);
	write_reg(REG_SVR, 0x100 | VECTOR_SPURIOUS);
	write_reg(REG_ESR, 0);
	write_reg(REG_TIMER_DIV, TIMER_DIVIDE_BY_1);
	write_reg(REG_LVT_TIMER, VECTOR_TIMER);
}

void local_apic_eoi(void)
{
	write_reg(REG_EOI, 0);
}

/* ---- timer ---- */

void apic_timer_start(u32 count)
{
	write_reg(REG_TIMER_INIT, count);
}

u32 apic_timer_now(void)
{
	return read_reg(REG_TIMER_NOW);
}

void local_timer_program(u64 ns)
{
	u64 now = now_ns();
	u64 left = ns > now ? min(ns - now, (u64)1000000000) : 0;
	u64 count = max(left * apic_timer_khz / 1000000, (u64)1);

	apic_timer_start(ns ? (u32)min(count, (u64)0xffffffff) : 0);
}
