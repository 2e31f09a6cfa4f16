/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Memory and string functions. The compiler calls the first four on its own
 * account, so they must exist under these names.
 */
#include "lib/lib.h"

void *memcpy(void *dst, const void *src, size_t n)
{
	void *ret = dst;

	size_t words = n / 8;

	n %= 8;
	asm volatile("rep movsq" : "+D" (dst), "+S" (src), "+c" (words)
		     :: "memory");
	asm volatile("rep movsb" : "+D" (dst), "+S" (src), "+c" (n)
		     :: "memory");
	return ret;
}

void *memmove(void *dst, const void *src, size_t n)
{
	unsigned char *d = dst;
	const unsigned char *s = src;

	if (d <= s || d >= s + n) {
		return memcpy(dst, src, n);
	}
	while (n--) {
		d[n] = s[n];
	}
	return dst;
}

void *memset(void *dst, int c, size_t n)
{
	void *ret = dst;

	size_t words = n / 8;
	uint64_t pattern = (uint8_t)c * 0x0101010101010101;

	n %= 8;
	asm volatile("rep stosq" : "+D" (dst), "+c" (words) : "a" (pattern)
		     : "memory");
	asm volatile("rep stosb" : "+D" (dst), "+c" (n) : "a" (pattern)
		     : "memory");
	return ret;
}

int memcmp(const void *a, const void *b, size_t n)
{
	const unsigned char *x = a, *y = b;

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

int strncmp(const char *a, const char *b, size_t n)
{
	for (; n; n--, a++, b++) {
		if (*a != *b || !*a) {
			return (unsigned char)*a - (unsigned char)*b;
		}
	}
	return 0;
}

int strcmp(const char *a, const char *b)
{
	return strncmp(a, b, ~0UL);
}

char *strchr(const char *s, int c)
{
	for (;; s++) {
		if (*s == (char)c) {
			return (char *)s;
		}
		if (!*s) {
			return NULL;
		}
	}
}

char *strstr(const char *s, const char *what)
{
	size_t n = strlen(what);

	for (;; s++) {
		if (!strncmp(s, what, n)) {
			return (char *)s;
		}
		if (!*s) {
			return NULL;
		}
	}
}

const char *word_value(const char *line, const char *name)
{
	size_t n = strlen(name);

	while (line && *line && strncmp(line, name, n)) {
		line = strchr(line, ' ');
		line = line ? line + 1 : NULL;
	}
	return line && *line ? line + n : NULL;
}
