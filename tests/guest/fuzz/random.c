/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/* A xorshift generator for each vCPU. */
#include "fuzz/random.h"

static uint64_t states[8] = { 1, 1, 1, 1, 1, 1, 1, 1 };
#define state	states[this_cpu()->id]

void random_seed(uint64_t seed)
{
	state = seed * 0x9e3779b97f4a7c15 + 1;
}

uint64_t rnd(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

unsigned int below(unsigned int n)
{
	return (rnd() >> 20) % n;
}

unsigned long any_number(void)
{
	switch (below(6)) {
	case 0:
		return below(8);
	case 1:
		/* Beyond RAM: a small number is a frame of this kernel. */
		return below(4096) | 0x1000000;
	case 2:
		return 1UL << below(64);
	case 3:
		return -1UL - below(4);
	default:
		return rnd() >> below(64);
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
