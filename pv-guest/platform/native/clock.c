/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Time: the TSC, measured once against the interval timer (8254), and the
 * date from the battery clock.
 */
#include "platform/native/start.h"

#define PIT_HZ		1193182
#define WINDOWS_PER_SEC	200
#define WINDOWS		5
#define PIT_CHANNEL2	0x42
#define PIT_COMMAND	0x43
#define PIT_GATE	0x61
#define NS_PER_SEC	1000000000UL

static uint64_t tsc_start, tsc_mul;	/* ns = ticks * tsc_mul >> 32 */
static uint64_t wall_at_start;		/* seconds since 1970 */

/* What `end` returns a two hundredth of a second after `begin`. */
static uint32_t one_window(void (*begin)(void), uint32_t (*end)(void))
{
	out8(PIT_GATE, (in8(PIT_GATE) & ~2) | 1);
	out8(PIT_COMMAND, 0xb0);	/* channel 2, both bytes, one shot */
	out8(PIT_CHANNEL2, PIT_HZ / WINDOWS_PER_SEC & 0xff);
	out8(PIT_CHANNEL2, PIT_HZ / WINDOWS_PER_SEC >> 8);
	begin();
	while (!(in8(PIT_GATE) & 0x20)) {
	}
	return end();
}

/*
 * Under a hypervisor the CPU may be away at either end of a window, so there
 * are some, and the middle one of their results counts. Per second.
 */
uint64_t clock_measure(void (*begin)(void), uint32_t (*end)(void))
{
	uint32_t result[WINDOWS];

	for (int i = 0; i < WINDOWS; i++) {
		uint32_t r = one_window(begin, end);
		int at = i;

		for (; at && result[at - 1] > r; at--) {
			result[at] = result[at - 1];
		}
		result[at] = r;
	}
	return (uint64_t)result[WINDOWS / 2] * WINDOWS_PER_SEC;
}

static void tsc_begin(void)
{
	tsc_start = rdtsc();
}

static uint32_t tsc_end(void)
{
	return rdtsc() - tsc_start;
}

static unsigned int cmos(unsigned int r)
{
	unsigned int v;

	out8(0x70, r);
	v = in8(0x71);
	return (v >> 4) * 10 + (v & 15);
}

/* Days since 1970 of a date in the years 2000 to 2099. */
static uint64_t days(unsigned int year, unsigned int month, unsigned int day)
{
	static const uint16_t before[] = {
		0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334,
	};
	unsigned int y = year + 30, leap = (year + 3) / 4;

	return y * 365 + 7 + leap + before[(month - 1) % 12] + day - 1 +
	       (year % 4 == 0 && month > 2);
}

static uint64_t read_date(void)
{
	unsigned int second, again;
	uint64_t t;

	/* Until two readings in a row fall into the same second. */
	again = cmos(0);
	do {
		second = again;
		t = days(cmos(9), cmos(8), cmos(7)) * 86400 + cmos(4) * 3600 +
		    cmos(2) * 60 + second;
		again = cmos(0);
	} while (again != second);
	return t;
}

void clock_calibrate(void)
{
	tsc_mul = (NS_PER_SEC << 32) / clock_measure(tsc_begin, tsc_end);
	tsc_start = rdtsc();
	wall_at_start = read_date();
}

uint64_t clock_ns(void)
{
	return (unsigned __int128)(rdtsc() - tsc_start) * tsc_mul >> 32;
}

void clock_wall(uint64_t *sec, uint32_t *nsec)
{
	uint64_t now = clock_ns();

	*sec = wall_at_start + now / NS_PER_SEC;
	*nsec = now % NS_PER_SEC;
}
