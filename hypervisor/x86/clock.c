/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * System time from the TSC.  Its frequency comes from CPUID where the CPU or
 * the machine monitor states it, else it is measured, as the APIC timer's
 * always is, against the ACPI timer or the PIT for CALIBRATE_MS.  Each end of
 * the measurement is the tightest of several readings "TSC, timer, TSC", so
 * that what the emulation of a timer register costs does not go into the
 * result.
 */
#include "device/acpi.h"
#include "lib/bits.h"
#include "lib/printk.h"
#include "x86/apic.h"
#include "x86/clock.h"
#include "x86/cpu_features.h"
#include "x86/msr.h"

#define CALIBRATE_MS	5
#define READINGS	8

#define TSC_LIMIT	(1ULL << 34)	/* more than CALIBRATE_MS at any rate */

#define PM_TIMER_HZ	3579545ULL
#define PM_TIMER_MASK	0xffffffU
#define PIT_HZ		1193182ULL

struct clock_scale clock_scale __ro_after_init;
u64 tsc_khz __ro_after_init;

static s64 wallclock_ns;		/* since 1970, at system time 0 */

/* PIT channel 2 counts down from 0xffff, once; its gate is in port 0x61. */
static __init void pit_start(void)
{
	outb((inb(0x61) & ~2) | 1, 0x61);
	outb(0xb0, 0x43);		/* channel 2, both bytes, mode 0 */
	outb(0xff, 0x42);
	outb(0xff, 0x42);
}

/* The timer that we measure against, counting up. */
static __init u32 reference_read(void)
{
	u8 lo;

	if (acpi_info.pm_timer_port) {
		return inl(acpi_info.pm_timer_port) & PM_TIMER_MASK;
	}
	outb(0x80, 0x43);		/* latch channel 2 */
	lo = inb(0x42);
	return 0xffffU - (lo | inb(0x42) << 8);
}

struct reading {
	u64 tsc;
	u32 ref, apic;
};

/* The tightest of some readings: the TSC is the middle of its bracket. */
static __init struct reading read_both(void)
{
	struct reading best = { 0 };
	u64 best_width = ~0ULL;

	for (int i = 0; i < READINGS; i++) {
		u64 t0 = rdtsc();
		u32 ref = reference_read();
		u64 t1 = rdtsc();

		if (t1 - t0 < best_width) {
			best_width = t1 - t0;
			best = (struct reading){ t0 + (t1 - t0) / 2, ref,
						 apic_timer_now() };
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

static __init void measure(void)
{
	bool pm = acpi_info.pm_timer_port;
	u64 hz = pm ? PM_TIMER_HZ : PIT_HZ;
	u32 mask = pm ? PM_TIMER_MASK : 0xffff;
	struct reading a, b;
	u32 elapsed;

	if (!pm) {
		pit_start();
	}
	apic_timer_start(~0U);
	a = read_both();
	do {
		cpu_relax();
		elapsed = (reference_read() - a.ref) & mask;
	} while (elapsed < hz * CALIBRATE_MS / 1000 && rdtsc() - a.tsc < TSC_LIMIT);
	b = read_both();
	apic_timer_start(0);
	elapsed = (b.ref - a.ref) & mask;
	if (!elapsed) {
		panic("This machine has neither an ACPI timer nor a PIT, which Paravane needs.");
	}
	tsc_khz = mul_div(b.tsc - a.tsc, hz, elapsed * 1000ULL);
	apic_timer_khz = (u32)mul_div(a.apic - b.apic, hz, elapsed * 1000ULL);
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

/* ---- battery clock, binary coded decimal and of 24 hours as on any PC ---- */

static __init u8 cmos(u8 reg)
{
	outb(reg, 0x70);
	return inb(0x71);
}

static __init u64 cmos_number(u8 reg)
{
	u8 v = cmos(reg);

	return (v >> 4) * 10U + (v & 15);
}

/* Days from 1970-01-01; the year begins with March, so that its end varies. */
static __init u64 days(u64 year, u64 month, u64 day)
{
	if (month < 3) {
		year--;
		month += 12;
	}
	return year * 365 + year / 4 - year / 100 + year / 400 +
	       (153 * month - 457) / 5 + day - 719469;
}

/* Seconds since 1970.  The same second before and after: not torn. */
static __init u64 read_battery_clock(void)
{
	u64 second, year, date, hour, minute;

	do {
		while (cmos(0x0a) & 0x80) {	/* an update is under way */
			cpu_relax();
		}
		second = cmos_number(0);
		minute = cmos_number(2);
		hour = cmos_number(4);
		year = cmos_number(9);
		date = days(year + (year < 70 ? 2000 : 1900), cmos_number(8),
			    cmos_number(7));
	} while (cmos_number(0) != second);
	return ((date * 24 + hour) * 60 + minute) * 60 + second;
}

/* ---- use ---- */

__init void clock_init(void)
{
	u64 stated = stated_khz();

	measure();
	if (stated) {
		tsc_khz = stated;
	}
	set_scale(tsc_khz);
	wallclock_ns = (s64)(read_battery_clock() * 1000000000 - now_ns());
	log_info("TSC at %lu.%03lu MHz (by %s)\n", tsc_khz / 1000,
		 tsc_khz % 1000, stated ? "CPUID" :
		 acpi_info.pm_timer_port ? "ACPI timer" : "PIT");
}

u64 now_ns(void)
{
	u64 d = rdtsc() - clock_scale.tsc_base;
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

void wallclock_get(u64 *sec, u32 *nsec)
{
	u64 ns = (u64)READ_ONCE(wallclock_ns);

	*sec = ns / 1000000000;
	*nsec = (u32)(ns % 1000000000);
}

/* It was sec and nsec when system time was system_time. */
void wallclock_set(u64 sec, u32 nsec, u64 system_time)
{
	WRITE_ONCE(wallclock_ns,
		   (s64)(sec * 1000000000 + nsec - system_time));
}

void delay_us(unsigned int us)
{
	u64 end = rdtsc() + us * tsc_khz / 1000;

	while ((s64)(rdtsc() - end) < 0) {
		cpu_relax();
	}
}
