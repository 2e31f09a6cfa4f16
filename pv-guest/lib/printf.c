/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * A printf in one page. Output goes through one function that counts what
 * does not fit, so that no caller can overrun its buffer.
 */
#include "lib/lib.h"

struct out {
	char *buf;
	size_t size, len;
};

static void out_char(struct out *o, char c)
{
	if (o->len + 1 < o->size) {
		o->buf[o->len] = c;
	}
	o->len++;
}

static void out_text(struct out *o, const char *s, size_t n, int width,
		     bool left, char pad)
{
	size_t fill = width > 0 && (size_t)width > n ? width - n : 0;

	for (; !left && fill; fill--) {
		out_char(o, pad);
	}
	while (n--) {
		out_char(o, *s++);
	}
	for (; fill; fill--) {
		out_char(o, ' ');
	}
}

static void out_number(struct out *o, uint64_t v, unsigned int base,
		       bool negative, int width, bool left, char pad)
{
	char digits[24], *p = digits + sizeof(digits);

	do {
		*--p = "0123456789abcdef"[v % base];
		v /= base;
	} while (v);
	if (negative) {
		*--p = '-';
	}
	out_text(o, p, digits + sizeof(digits) - p, width, left, pad);
}

int vsnprintf(char *buf, size_t size, const char *fmt, va_list ap)
{
	struct out o = { buf, size, 0 };

	for (; *fmt; fmt++) {
		bool left = false;
		int width = 0, longs = 0;
		char pad = ' ';

		if (*fmt != '%') {
			out_char(&o, *fmt);
			continue;
		}
		for (fmt++; *fmt == '-' || *fmt == '0'; fmt++) {
			left |= *fmt == '-';
			pad = *fmt == '0' ? '0' : pad;
		}
		for (; *fmt >= '0' && *fmt <= '9'; fmt++) {
			width = width * 10 + *fmt - '0';
		}
		for (; *fmt == 'l' || *fmt == 'z'; fmt++) {
			longs++;
		}
		switch (*fmt) {
		case 'c': {
			char c = va_arg(ap, int);

			out_text(&o, &c, 1, width, left, ' ');
			break;
		}
		case 's': {
			const char *s = va_arg(ap, const char *);

			s = s ? s : "(null)";
			out_text(&o, s, strlen(s), width, left, ' ');
			break;
		}
		case 'd':
		case 'i': {
			int64_t v = longs ? va_arg(ap, long)
					  : va_arg(ap, int);

			out_number(&o, v < 0 ? -(uint64_t)v : (uint64_t)v, 10,
				   v < 0, width, left, pad);
			break;
		}
		case 'u':
		case 'x': {
			uint64_t v = longs ? va_arg(ap, unsigned long)
					   : va_arg(ap, unsigned int);

			out_number(&o, v, *fmt == 'u' ? 10 : 16, false, width,
				   left, pad);
			break;
		}
		case 'p':
			out_number(&o, va_arg(ap, uintptr_t), 16, false, 16,
				   false, '0');
			break;
		case '\0':
			fmt--;
			break;
		default:
			out_char(&o, *fmt);
		}
	}
	if (size) {
		buf[o.len < size ? o.len : size - 1] = '\0';
	}
	return o.len;
}

int snprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(buf, size, fmt, ap);
	va_end(ap);
	return n;
}
