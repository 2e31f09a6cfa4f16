/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Time for people and time-outs: milliseconds of the monotonic clock.
 */
#ifndef TOOLSTACK_LIB_CLOCK_H
#define TOOLSTACK_LIB_CLOCK_H

#include <time.h>

static inline unsigned long clock_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000UL + ts.tv_nsec / 1000000;
}

static inline void sleep_ms(unsigned int ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000L };

	nanosleep(&ts, NULL);
}

#endif
