/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Text to the console, a line at a time: CPUs take turns, but one that dies
 * does not wait.
 */
#include "lib/lib.h"

static bool busy;

void console_print(const char *text, size_t n)
{
	while (__atomic_exchange_n(&busy, true, __ATOMIC_ACQUIRE)) {
		cpu_relax();
	}
	console_write(text, n);
	__atomic_store_n(&busy, false, __ATOMIC_RELEASE);
}

static size_t format(char *line, size_t size, const char *fmt, va_list ap)
{
	size_t n = vsnprintf(line, size, fmt, ap);

	return n < size ? n : size - 1;
}

void printk(const char *fmt, ...)
{
	char line[256];
	va_list ap;

	va_start(ap, fmt);
	console_print(line, format(line, sizeof(line), fmt, ap));
	va_end(ap);
}

void panic(const char *fmt, ...)
{
	char line[256] = "keel: panic: ";
	size_t n = strlen(line);
	va_list ap;

	va_start(ap, fmt);
	n += format(line + n, sizeof(line) - n - 1, fmt, ap);
	va_end(ap);
	line[n++] = '\n';
	console_write(line, n);
	crash();
}
