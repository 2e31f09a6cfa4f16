/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/* The C library's string functions that the compiler and we rely on. */
#ifndef LIB_STRING_H
#define LIB_STRING_H

#include "lib/types.h"

void *memcpy(void *dst, const void *src, size_t n);
void *memmove(void *dst, const void *src, size_t n);
void *memset(void *dst, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);
size_t strlen(const char *s);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);
char *strchr(const char *s, int c);

/*
 * Copies src into dst of n bytes, always terminated.  Returns the length of
 * src; a result of n or more means that it was cut.
 */
size_t str_copy(char *dst, const char *src, size_t n);

/*
 * Reads an unsigned number (decimal, 0x… or 0…) and moves *end past it; with
 * no digit at all *end is s.
 */
u64 str_to_u64(const char *s, const char **end);

/* As str_to_u64, with a suffix B, K, M, G or T; no suffix multiplies by unit. */
u64 str_to_size(const char *s, const char **end, u64 unit);

#endif
