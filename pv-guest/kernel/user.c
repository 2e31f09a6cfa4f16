/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * User memory is mapped where the kernel runs, so it is copied like any other;
 * a fault that cannot be mended ends the copy (see MAY_FAULT and trap.c).
 */
#include "kernel/space.h"

static bool user_range(unsigned long address, size_t n)
{
	return n <= USER_END && address <= USER_END - n;
}

static bool copy(void *to, const void *from, size_t n)
{
	size_t words = n / 8, bytes = n % 8;

	asm volatile(MAY_FAULT("rep movsq")
		     : "+D" (to), "+S" (from), "+c" (words) :: "memory");
	if (words) {
		return false;
	}
	asm volatile(MAY_FAULT("rep movsb")
		     : "+D" (to), "+S" (from), "+c" (bytes) :: "memory");
	return !bytes;
}

bool copy_in(void *to, unsigned long from, size_t n)
{
	return user_range(from, n) && copy(to, (const void *)from, n);
}

bool copy_out(unsigned long to, const void *from, size_t n)
{
	return user_range(to, n) && copy((void *)to, from, n);
}

long copy_in_string(char *to, unsigned long from, size_t size)
{
	for (size_t n = 0; n < size; n++) {
		if (!copy_in(to + n, from + n, 1)) {
			return -EFAULT;
		}
		if (!to[n]) {
			return n;
		}
	}
	return -ENAMETOOLONG;
}
