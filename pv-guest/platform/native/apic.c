/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The local APIC: interrupts between CPUs, and a timer for each; the I/O APIC,
 * where every firmware has it: devices' lines.
 */
#include "platform/native/start.h"

#define MSR_APIC_BASE	0x1b
#define APIC_ENABLED	0x800
#define APIC_ADDRESS	0xfee00000
#define APIC_ID		0x020
#define APIC_TPR	0x080
#define APIC_EOI	0x0b0
#define APIC_SPURIOUS	0x0f0
#define APIC_COMMAND	0x300
#define APIC_TARGET	0x310
#define APIC_LVT_TIMER	0x320
#define APIC_LVT_LINT0	0x350
#define APIC_TIMER	0x380
#define APIC_NOW	0x390
#define APIC_DIVIDE	0x3e0
#define MASKED		0x10000
#define DELIVERING	0x1000
#define DIVIDE_BY_1	0xb
#define IO_APIC		0xfec00000
#define IO_APIC_DATA	0x10
#define IO_APIC_LINES	0x10		/* two registers each */
#define LEVEL		0x8000

static uint64_t ticks_mul;		/* ticks = ns * ticks_mul >> 32 */

static volatile uint32_t *reg(unsigned int r)
{
	return physical(APIC_ADDRESS + r);
}

void apic_setup(void)
{
	wrmsr(MSR_APIC_BASE, APIC_ADDRESS | APIC_ENABLED |
			     (cpu_id() ? 0 : 0x100));
	*reg(APIC_TPR) = 0;
	*reg(APIC_SPURIOUS) = 0x100 | VECTOR_SPURIOUS;
	*reg(APIC_LVT_LINT0) = MASKED;
	*reg(APIC_DIVIDE) = DIVIDE_BY_1;
	*reg(APIC_LVT_TIMER) = VECTOR_TIMER;
}

uint32_t apic_current_id(void)
{
	return *reg(APIC_ID) >> 24;
}

void apic_eoi(void)
{
	*reg(APIC_EOI) = 0;
}

void apic_send(uint32_t apic_id, uint32_t command)
{
	while (*reg(APIC_COMMAND) & DELIVERING) {
		cpu_relax();
	}
	*reg(APIC_TARGET) = apic_id << 24;
	*reg(APIC_COMMAND) = command;
}

static void io_apic_write(uint32_t r, uint32_t v)
{
	*(volatile uint32_t *)physical(IO_APIC) = r;
	*(volatile uint32_t *)physical(IO_APIC + IO_APIC_DATA) = v;
}

void apic_route(unsigned int line, unsigned int vector)
{
	io_apic_write(IO_APIC_LINES + 2 * line + 1,
		      native_cpus[0].apic_id << 24);
	io_apic_write(IO_APIC_LINES + 2 * line, LEVEL | vector);
}

static void window_begin(void)
{
	*reg(APIC_LVT_TIMER) = MASKED;
	*reg(APIC_TIMER) = ~0U;
}

static uint32_t window_end(void)
{
	return ~0U - *reg(APIC_NOW);
}

void apic_calibrate(void)
{
	ticks_mul = (clock_measure(window_begin, window_end) << 32) /
		    1000000000;
	*reg(APIC_TIMER) = 0;
	*reg(APIC_LVT_TIMER) = VECTOR_TIMER;
}

void timer_set(uint64_t deadline)
{
	uint64_t now = clock_ns(), ns = deadline > now ? deadline - now : 0;
	unsigned __int128 ticks = ((unsigned __int128)ns * ticks_mul >> 32) + 1;

	/* Too far away: it comes early, and is set again. */
	*reg(APIC_TIMER) = !deadline ? 0 :
			   ticks > 0xffffffff ? 0xffffffff : (uint32_t)ticks;
}
