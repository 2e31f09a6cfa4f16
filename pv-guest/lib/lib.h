/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * What a freestanding kernel has instead of a C library: memory and string
 * functions, a small printf, and a few macros. Nothing here knows where it
 * runs.
 */
#ifndef KEEL_LIB_LIB_H
#define KEEL_LIB_LIB_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define PAGE_SHIFT	12
#define PAGE_SIZE	4096UL
#define PAGE_MASK	(~(PAGE_SIZE - 1))

#define READ_ONCE(x)		(*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v)	(*(volatile __typeof__(x) *)&(x) = (v))
#define barrier()		asm volatile("" ::: "memory")

static inline void cpu_relax(void)
{
	asm volatile("pause" ::: "memory");
}

void *memcpy(void *dst, const void *src, size_t n);
void *memmove(void *dst, const void *src, size_t n);
void *memset(void *dst, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);
size_t strlen(const char *s);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);
char *strchr(const char *s, int c);
char *strstr(const char *s, const char *what);

/* What follows "name=" in a line of words, or NULL. */
const char *word_value(const char *line, const char *name);

/*
 * The printf of this kernel: %c %s %d %i %u %x %p, l and ll, width, '-' and
 * '0'. vsnprintf returns the length the whole text has, as C's does.
 */
int vsnprintf(char *buf, size_t size, const char *fmt, va_list ap);
int snprintf(char *buf, size_t size, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* What a platform has to offer for the three below. */
void console_write(const char *text, size_t n);
void crash(void) __attribute__((noreturn));

/* Text to the console, whole lines of it at once, and a death with a reason. */
void console_print(const char *text, size_t n);
void printk(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void panic(const char *fmt, ...)
	__attribute__((format(printf, 1, 2), noreturn));

#endif
