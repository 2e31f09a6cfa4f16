/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * System time: nanoseconds since boot, from the TSC, the same on all CPUs; and
 * the wall clock that the battery clock gave at boot.
 */
#ifndef X86_CLOCK_H
#define X86_CLOCK_H

#include "lib/types.h"

struct clock_scale {
	u64 tsc_base;		/* TSC at ns_base */
	u64 ns_base;
	u32 mul;		/* as in vcpu_time_info: ns = (t << shift) */
	s8 shift;		/*                        * mul >> 32       */
};

extern struct clock_scale clock_scale;
extern u64 tsc_khz;

void clock_init(void);		/* calibrates; a few milliseconds */
u64 now_ns(void);

/* Wall clock at system time 0, seconds and nanoseconds; may be set. */
void wallclock_get(u64 *sec, u32 *nsec);
void wallclock_set(u64 sec, u32 nsec, u64 system_time);

void delay_us(unsigned int us);

#endif
