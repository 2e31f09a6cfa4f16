/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/* Numbers that repeat with their seed, and words of the command line. */
#ifndef TESTS_GUEST_FUZZ_RANDOM_H
#define TESTS_GUEST_FUZZ_RANDOM_H

#include "common/test.h"

void random_seed(uint64_t seed);
uint64_t rnd(void);
unsigned int below(unsigned int n);

/* Small, or a power of two, or just below 0, or anything. */
unsigned long any_number(void);

/* The number of the word "name=N", or another. */
unsigned long number_word(const char *name, unsigned long otherwise);

#endif
