/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/* A xorshift generator. */
#include "fuzz/random.h"

static uint64_t state = 1;

void random_seed(uint64_t seed)
{
	state = seed * 0x9e3779b97f4a7c15 + 1;
}

uint64_t random_word(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

unsigned int random_below(unsigned int n)
{
	return (random_word() >> 20) % n;
}

unsigned long random_number(void)
{
	switch (random_below(6)) {
	case 0:
		return random_below(8);
	case 1:
		return random_below(4096);
	case 2:
		return 1UL << random_below(64);
	case 3:
		return -1UL - random_below(4);
	default:
		return random_word() >> random_below(64);
	}
}

unsigned long number_word(const char *name, unsigned long otherwise)
{
	const char *p = cmdline_value(name);
	unsigned long n = 0;

	for (; p && *p >= '0' && *p <= '9'; p++) {
		n = n * 10 + *p - '0';
	}
	return p ? n : otherwise;
}
