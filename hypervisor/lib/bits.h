/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Bits: in one word, and in maps of 64-bit words.  The functions named
 * atomic_ may race with other CPUs and with guests (shared info bitmaps); the
 * others may not.
 */
#ifndef LIB_BITS_H
#define LIB_BITS_H

#include "lib/types.h"
#include "lib/atomic.h"

#define BIT(n)		(1ULL << (n))

/* Index of the lowest / highest set bit; x must not be 0. */
static inline unsigned int bit_lowest(u64 x)
{
	return (unsigned int)__builtin_ctzll(x);
}

static inline unsigned int bit_highest(u64 x)
{
	return 63 - (unsigned int)__builtin_clzll(x);
}

static inline unsigned int bits_count(u64 x)
{
	unsigned int n = 0;

	for (; x; x &= x - 1) {
		n++;
	}
	return n;
}

static inline bool bit_is_set(const void *map, unsigned int n)
{
	return (((const volatile u64 *)map)[n / 64] >> (n % 64)) & 1;
}

static inline void bit_clear(void *map, unsigned int n)
{
	((u64 *)map)[n / 64] &= ~BIT(n % 64);
}

static inline bool atomic_test_and_set_bit(void *map, unsigned int n)
{
	u64 bit = BIT(n % 64);

	return __atomic_fetch_or((u64 *)map + n / 64, bit,
				 __ATOMIC_SEQ_CST) & bit;
}

static inline bool atomic_test_and_clear_bit(void *map, unsigned int n)
{
	u64 bit = BIT(n % 64);

	return __atomic_fetch_and((u64 *)map + n / 64, ~bit,
				  __ATOMIC_SEQ_CST) & bit;
}

static inline void atomic_set_bit(void *map, unsigned int n)
{
	atomic_or((u64 *)map + n / 64, BIT(n % 64));
}

static inline void atomic_clear_bit(void *map, unsigned int n)
{
	atomic_and((u64 *)map + n / 64, ~BIT(n % 64));
}

#endif
