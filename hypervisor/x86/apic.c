/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Local APICs (Intel SDM volume 3, chapter 11).  x2APIC where the CPU has it:
 * its registers are MSRs, 0x800 plus the MMIO offset by 16.  Interrupts go to
 * one CPU by its physical id; LINT0 is off (no 8259 any more), LINT1 is NMI.
 *
 * The timer is one-shot: TSC deadlines where there are any, else the count
 * register, at the bus clock that calibration found.
 */
#include "device/acpi.h"
#include "lib/lock.h"
#include "lib/printk.h"
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
#define TIMER_DEADLINE		0x40000
#define TIMER_DIVIDE_BY_1	0xb
#define ICR_INIT		0x4500
#define ICR_STARTUP		0x4600
#define ICR_NMI_OTHERS		0xc4400
#define ICR_BUSY		0x1000

#define APIC_BASE_ENABLE	0x800
#define APIC_BASE_X2		0x400

u32 apic_ids[MAX_CPUS] __ro_after_init;

static volatile u32 *regs __ro_after_init;	/* NULL: x2APIC */
static u32 timer_khz __ro_after_init;
static bool deadline __ro_after_init;

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

u32 apic_own_id(void)
{
	u32 id = read_reg(REG_ID);

	return regs ? id >> 24 : id;
}

/* By MMIO the register is two halves: no interrupt may come in between. */
static void write_icr(u32 apic_id, u32 low)
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
	u64 base = rdmsr(MSR_APIC_BASE);

	deadline = cpu_features.tsc_deadline;
	if (!cpu_features.x2apic) {
		u64 at = acpi_info.lapic_address ? acpi_info.lapic_address :
			 base & 0xffffff000;

		regs = ioremap(at, PAGE_SIZE);
	}
	apic_init_cpu();
	apic_ids[0] = apic_own_id();
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
	write_reg(REG_LVT_TIMER, LVT_MASKED | VECTOR_TIMER);
	write_reg(REG_LVT_LINT0, LVT_MASKED);
	write_reg(REG_LVT_LINT1, LVT_NMI);
	write_reg(REG_LVT_ERROR, VECTOR_ERROR);
	write_reg(REG_SVR, 0x100 | VECTOR_SPURIOUS);
	write_reg(REG_ESR, 0);
	write_reg(REG_TIMER_DIV, TIMER_DIVIDE_BY_1);
	write_reg(REG_LVT_TIMER,
		  deadline ? TIMER_DEADLINE | VECTOR_TIMER : VECTOR_TIMER);
	/* The mode is set before the first deadline: SDM 11.5.4.1. */
	__asm__ volatile("mfence" : : : "memory");
}

void local_apic_eoi(void)
{
	write_reg(REG_EOI, 0);
}

void local_apic_ipi(unsigned int cpu, u8 vector)
{
	write_icr(apic_ids[cpu], vector);
}

void apic_send_init(u32 apic_id)
{
	write_icr(apic_id, ICR_INIT);
}

void apic_send_startup(u32 apic_id, u8 page)
{
	write_icr(apic_id, ICR_STARTUP | page);
}

void apic_send_nmi_to_others(void)
{
	write_icr(0, ICR_NMI_OTHERS);
}

/* ---- timer ---- */

bool apic_timer_uses_deadline(void)
{
	return deadline;
}

void apic_timer_count_start(void)
{
	write_reg(REG_LVT_TIMER, LVT_MASKED | VECTOR_TIMER);
	write_reg(REG_TIMER_INIT, ~0U);
}

u32 apic_timer_count_read(void)
{
	return read_reg(REG_TIMER_NOW);
}

void apic_timer_set_khz(u32 khz)
{
	timer_khz = khz;
	write_reg(REG_TIMER_INIT, 0);
	write_reg(REG_LVT_TIMER, VECTOR_TIMER);
}

void local_timer_program(u64 ns)
{
	u64 now, count;

	if (deadline) {
		wrmsr(MSR_TSC_DEADLINE, ns ? ns_to_tsc(ns) : 0);
		return;
	}
	if (!ns) {
		write_reg(REG_TIMER_INIT, 0);
		return;
	}
	now = now_ns();
	count = ns > now ? ns - now : 0;
	count = min(count, (u64)1000000000) * timer_khz / 1000000;
	count = max(count, (u64)1);
	write_reg(REG_TIMER_INIT, (u32)min(count, (u64)0xffffffff));
}
