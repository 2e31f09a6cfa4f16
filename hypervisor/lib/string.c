/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The C library's string functions.  Copies and fills are the processor's own
 * string instructions: fast where the CPU is, and one instruction a word where
 * instructions are counted.
 */
#include "lib/string.h"

void *memcpy(void *dst, const void *src, size_t n)
{
	void *d = dst;
	size_t words = n / 8, bytes = n % 8;

	__asm__ volatile("rep movsq; mov %3, %%rcx; rep movsb"
			 : "+D" (d), "+S" (src), "+c" (words)
			 : "r" (bytes) : "memory");
	return dst;
}

void *memmove(void *dst, const void *src, size_t n)
{
	if ((uintptr_t)dst - (uintptr_t)src >= n) {
		return memcpy(dst, src, n);
	}

	char *d = (char *)dst + n - 1;
	const char *s = (const char *)src + n - 1;

	__asm__ volatile("std; rep movsb; cld"
			 : "+D" (d), "+S" (s), "+c" (n) : : "memory");
	return dst;
}

void *memset(void *dst, int c, size_t n)
{
	void *d = dst;
	size_t words = n / 8, bytes = n % 8;
	u64 pattern = (u8)c * 0x0101010101010101ULL;

	__asm__ volatile("rep stosq; mov %3, %%rcx; rep stosb"
			 : "+D" (d), "+c" (words)
			 : "a" (pattern), "r" (bytes) : "memory");
	return dst;
}

int memcmp(const void *a, const void *b, size_t n)
{
	const u8 *x = a, *y = b;

	for (; n; n--, x++, y++) {
		if (*x != *y) {
			return *x - *y;
		}
	}
	return 0;
}

size_t strlen(const char *s)
{
	size_t n = 0;

	while (s[n]) {
		n++;
	}
	return n;
}

int strcmp(const char *a, const char *b)
{
	return strncmp(a, b, SIZE_MAX);
}

int strncmp(const char *a, const char *b, size_t n)
{
	for (; n; n--, a++, b++) {
		if (*a != *b || !*a) {
			return (u8)*a - (u8)*b;
		}
	}
	return 0;
}

char *strchr(const char *s, int c)
{
	for (; *s != (char)c; s++) {
		if (!*s) {
			return NULL;
		}
	}
	return (char *)s;
}

size_t str_copy(char *dst, const char *src, size_t n)
{
	size_t len = strlen(src);

	if (n) {
		size_t keep = min(len, n - 1);

		memcpy(dst, src, keep);
		dst[keep] = 0;
	}
	return len;
}

static int digit_value(char c)
{
	if (c >= '0' && c <= '9') {
		return c - '0';
	}
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 99;
}

u64 str_to_u64(const char *s, const char **end)
{
	int base = 10;
	u64 v = 0;

	if (s[0] == '0' && (s[1] | 0x20) == 'x' && digit_value(s[2]) < 16) {
		base = 16;
		s += 2;
	} else if (s[0] == '0') {
		base = 8;
	}
	for (; digit_value(*s) < base; s++) {
		v = v * (u64)base + (u64)digit_value(*s);
	}
	*end = s;
	return v;
}

u64 str_to_size(const char *s, const char **end, u64 unit)
{
	static const char suffixes[] = "bkmgt";
	u64 v = str_to_u64(s, end);

	if (*end != s && **end) {
		const char *at = strchr(suffixes, **end | 0x20);

		if (at) {
			(*end)++;
			return v << (10 * (at - suffixes));
		}
	}
	return v * unit;
}
