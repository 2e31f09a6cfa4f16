/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * System time from the TSC.  Its frequency comes from CPUID where the CPU or
 * the machine monitor states it, else it is measured against the best of
 * HPET, ACPI timer and PIT for CALIBRATE_MS.  Each end of the measurement is
 * the tightest of several readings "TSC, timer, TSC", so that what the
 * emulation of a timer register costs does not go into the result.
 */
#include "device/acpi.h"
#include "lib/bits.h"
#include "lib/lock.h"
#include "lib/printk.h"
#include "x86/apic.h"
#include "x86/clock.h"
#include "x86/cpu_features.h"
#include "x86/msr.h"
#include "x86/paging.h"

#define CALIBRATE_MS	5
#define READINGS	8

#define PM_TIMER_HZ	3579545ULL
#define PIT_HZ		1193182ULL

struct clock_scale clock_scale __ro_after_init;
u64 tsc_khz __ro_after_init;

static spinlock_t wallclock_lock;	/* irqsave */
static s64 wallclock_ns;		/* since 1970, at system time 0 */

/* ---- timers that we measure against; all count up here ---- */

struct reference {
	const char *name;
	u64 hz, mask;
	u64 (*read)(void);
};

static volatile u8 *hpet __initdata;

static __init u64 hpet_read(void)
{
	return *(volatile u32 *)(hpet + 0xf0);
}

static __init u64 pm_timer_read(void)
{
	return inl(acpi_info.pm_timer_port) & 0xffffff;
}

/* Channel 2 counts down from 0xffff, once; its gate is in port 0x61. */
static __init u64 pit_read(void)
{
	u8 lo, hi;

	outb(0x80, 0x43);		/* latch channel 2 */
	lo = inb(0x42);
	hi = inb(0x42);
	return 0xffff - (lo | hi << 8);
}

static __init bool choose_hpet(struct reference *r)
{
	u64 period;

	if (!acpi_info.hpet_address) {
		return false;
	}
	hpet = ioremap(acpi_info.hpet_address, 0x400);
	period = *(volatile u32 *)(hpet + 4);
	if (period < 100000 || period > 100000000) {
		return false;
	}
	*(volatile u32 *)(hpet + 0x10) |= 1;
	*r = (struct reference){ "HPET", 1000000000000000ULL / period,
				 0xffffffff, hpet_read };
	return true;
}

static __init void choose_reference(struct reference *r)
{
	if (choose_hpet(r)) {
		return;
	}
	if (acpi_info.pm_timer_port) {
		*r = (struct reference){ "ACPI timer", PM_TIMER_HZ, 0xffffff,
					 pm_timer_read };
		return;
	}
	outb((inb(0x61) & ~2) | 1, 0x61);
	outb(0xb0, 0x43);		/* channel 2, both bytes, mode 0 */
	outb(0xff, 0x42);
	outb(0xff, 0x42);
	*r = (struct reference){ "PIT", PIT_HZ, 0xffff, pit_read };
}

struct reading {
	u64 tsc, ref;
	u32 apic;
};

/* The tightest of some readings: the TSC is the middle of its bracket. */
static __init struct reading read_both(const struct reference *r)
{
	struct reading best = { 0 };
	u64 best_width = ~0ULL;

	for (int i = 0; i < READINGS; i++) {
		u64 t0 = rdtsc();
		u64 ref = r->read();
		u64 t1 = rdtsc();

		if (t1 - t0 < best_width) {
			best_width = t1 - t0;
			best.tsc = t0 + (t1 - t0) / 2;
			best.ref = ref;
			best.apic = apic_timer_count_read();
		}
	}
	return best;
}

/* a * b / c where the product may need more than 64 bits. */
static u64 mul_div(u64 a, u64 b, u64 c)
{
	u64 q, rem;

	__asm__("mulq %3; divq %4"
		: "=&a" (q), "=&d" (rem) : "0" (a), "rm" (b), "rm" (c));
	return q;
}

static __init const char *measure(void)
{
	struct reference r;
	struct reading a, b;
	u64 ticks, elapsed;

	choose_reference(&r);
	ticks = r.hz * CALIBRATE_MS / 1000;
	apic_timer_count_start();
	a = read_both(&r);
	do {
		cpu_relax();
		elapsed = (r.read() - a.ref) & r.mask;
	} while (elapsed < ticks);
	b = read_both(&r);
	elapsed = (b.ref - a.ref) & r.mask;
	tsc_khz = mul_div(b.tsc - a.tsc, r.hz, elapsed * 1000);
	apic_timer_set_khz((u32)mul_div(a.apic - b.apic, r.hz,
					elapsed * 1000));
	return r.name;
}

/* CPUID 0x15: TSC per crystal; 0x40000010: kHz, by a machine monitor. */
static __init u64 stated_khz(void)
{
	u32 r[4];

	cpuid(1, 0, r);
	if (r[2] >> 31) {
		cpuid(0x40000000, 0, r);
		if (r[0] >= 0x40000010 && r[0] < 0x40000100) {
			cpuid(0x40000010, 0, r);
			return r[0];
		}
	}
	if (cpu_features.max_leaf >= 0x15) {
		cpuid(0x15, 0, r);
		if (r[0] && r[1] && r[2]) {
			return (u64)r[2] * r[1] / r[0] / 1000;
		}
	}
	return 0;
}

/* ns = (ticks << shift) * mul >> 32, with mul as large as it goes. */
static __init void set_scale(u64 khz)
{
	u64 per_second = khz * 1000;
	s8 shift = 0;

	while (per_second > 2000000000ULL) {
		per_second >>= 1;
		shift--;
	}
	while (per_second <= 1000000000ULL) {
		per_second <<= 1;
		shift++;
	}
	clock_scale.shift = shift;
	clock_scale.mul = (u32)mul_div(1000000000ULL, 1ULL << 32, per_second);
	clock_scale.tsc_base = rdtsc();
	clock_scale.ns_base = 1;
}

/* ---- battery clock ---- */

static __init u8 cmos(u8 reg)
{
	outb(reg, 0x70);
	return inb(0x71);
}

static __init unsigned int from_bcd(u8 v, bool binary)
{
	return binary ? v : (v >> 4) * 10U + (v & 15);
}

/* Days from 1970-01-01 to the first of a month. */
static __init u64 days_before(u64 year, unsigned int month)
{
	static const u16 sums[] = { 0, 31, 59, 90, 120, 151, 181, 212, 243,
				    273, 304, 334 };
	u64 y = year - 1;
	u64 days = year * 365 + y / 4 - y / 100 + y / 400 - 719527 - 1;
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days + sums[(month - 1) % 12] + (leap && month > 2) + 1;
}

static __init u64 read_battery_clock(void)
{
	u8 raw[7], again[7];
	unsigned int v[7], hour;
	static const u8 at[] = { 0, 2, 4, 7, 8, 9 };
	bool binary;
	u64 year;

	/* The same twice, with no update running: not torn. */
	for (int tries = 0; tries < 100; tries++) {
		bool same = true;

		for (unsigned int i = 0; i < ARRAY_LEN(at); i++) {
			raw[i] = cmos(at[i]);
		}
		for (unsigned int i = 0; i < ARRAY_LEN(at); i++) {
			again[i] = cmos(at[i]);
			same = same && raw[i] == again[i];
		}
		if (same && !(cmos(0x0a) & 0x80)) {
			break;
		}
	}
	binary = cmos(0x0b) & 4;
	hour = raw[2];
	for (unsigned int i = 0; i < ARRAY_LEN(at); i++) {
		v[i] = from_bcd(i == 2 ? hour & 0x7f : raw[i], binary);
	}
	if (!(cmos(0x0b) & 2)) {		/* 12-hour clock */
		v[2] = v[2] % 12 + (hour & 0x80 ? 12 : 0);
	}
	year = v[5] + (v[5] < 70 ? 2000U : 1900U);
	return ((days_before(year, v[4]) + v[3] - 1) * 24 + v[2]) * 3600 +
	       v[1] * 60 + v[0];
}

/* ---- use ---- */

__init void clock_init(void)
{
	u64 stated = stated_khz();
	const char *by = "CPUID";

	/* The APIC timer needs measuring in any case, if it will be used. */
	if (!stated || !apic_timer_uses_deadline()) {
		by = measure();
	}
	if (stated) {
		tsc_khz = stated;
		by = "CPUID";
	}
	if (!tsc_khz) {
		panic("The time stamp counter does not count.");
	}
	set_scale(tsc_khz);
	wallclock_ns = (s64)(read_battery_clock() * 1000000000ULL -
			     now_ns());
	log_info("TSC at %lu.%03lu MHz (by %s)\n", tsc_khz / 1000,
		 tsc_khz % 1000, by);
}

u64 tsc_to_ns(u64 tsc)
{
	u64 d = tsc - clock_scale.tsc_base;
	u64 lo, hi;

	/* A TSC slightly before the base: another CPU's, at boot. */
	if ((s64)d < 0) {
		return clock_scale.ns_base;
	}
	d = clock_scale.shift < 0 ? d >> -clock_scale.shift :
				    d << clock_scale.shift;
	__asm__("mulq %3" : "=a" (lo), "=d" (hi)
		: "0" (d), "rm" ((u64)clock_scale.mul));
	return clock_scale.ns_base + (lo >> 32 | hi << 32);
}

u64 ns_to_tsc(u64 ns)
{
	if (ns <= clock_scale.ns_base) {
		return clock_scale.tsc_base;
	}
	ns = min(ns - clock_scale.ns_base, ~0ULL >> 4);
	return clock_scale.tsc_base + mul_div(ns, tsc_khz, 1000000);
}

u64 now_ns(void)
{
	return tsc_to_ns(rdtsc());
}

void wallclock_get(u64 *sec, u32 *nsec)
{
	unsigned long flags = spin_lock_irqsave(&wallclock_lock);
	u64 ns = (u64)wallclock_ns;

	spin_unlock_irqrestore(&wallclock_lock, flags);
	*sec = ns / 1000000000;
	*nsec = (u32)(ns % 1000000000);
}

/* It was sec and nsec when system time was system_time. */
void wallclock_set(u64 sec, u32 nsec, u64 system_time)
{
	unsigned long flags = spin_lock_irqsave(&wallclock_lock);

	wallclock_ns = (s64)(sec * 1000000000 + nsec - system_time);
	spin_unlock_irqrestore(&wallclock_lock, flags);
}

void delay_us(unsigned int us)
{
	u64 end = rdtsc() + us * tsc_khz / 1000;

	while ((s64)(rdtsc() - end) < 0) {
		cpu_relax();
	}
}
