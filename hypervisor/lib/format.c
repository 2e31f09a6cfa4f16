/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Formatted text, the subset of printf that lib/printk.h lists.  Pure code: it
 * writes into the caller's buffer and nowhere else.
 */
#include "lib/printk.h"
#include "lib/string.h"
#include "debug/report.h"

struct out {
	char *buf;
	size_t size, len;
};

struct spec {
	bool zero, wide;	/* wide: l, ll, z */
	int width;
};

static void out_char(struct out *o, char c)
{
	if (o->len + 1 < o->size) {
		o->buf[o->len] = c;
	}
	o->len++;
}

static void out_padded(struct out *o, const struct spec *s, const char *text,
		       int len)
{
	int pad = s->width > len ? s->width - len : 0;

	for (; pad; pad--) {
		out_char(o, s->zero ? '0' : ' ');
	}
	for (; len; len--) {
		out_char(o, *text++);
	}
}

static void out_number(struct out *o, const struct spec *s, u64 v,
		       unsigned int base, bool negative)
{
	char text[24];
	int at = sizeof(text);

	do {
		text[--at] = "0123456789abcdef"[v % base];
		v /= base;
	} while (v);
	if (negative) {
		text[--at] = '-';
	}
	out_padded(o, s, text + at, (int)sizeof(text) - at);
}

static const char *parse_spec(const char *f, struct spec *s)
{
	*s = (struct spec){ .zero = *f == '0' };
	s->width = (int)str_to_u64(f + s->zero, &f);
	while (*f == 'l' || *f == 'z') {
		s->wide = true;
		f++;
	}
	return f;
}

static void out_string(struct out *o, const struct spec *s, const char *text)
{
	text = text ? text : "(null)";
	out_padded(o, s, text, (int)strlen(text));
}

int vformat(char *buf, size_t size, const char *f, va_list args)
{
	struct out o = { buf, size, 0 };
	char symbol[80];
	struct spec s;
	s64 n;

	for (; *f; f++) {
		if (*f != '%') {
			out_char(&o, *f);
			continue;
		}
		f = parse_spec(f + 1, &s);
		switch (*f) {
		case 'd':
			n = s.wide ? va_arg(args, s64) : va_arg(args, int);
			out_number(&o, &s, n < 0 ? -(u64)n : (u64)n, 10, n < 0);
			break;
		case 'u':
		case 'x':
			out_number(&o, &s, s.wide ? va_arg(args, u64)
				   : va_arg(args, u32), *f == 'u' ? 10 : 16,
				   false);
			break;
		case 'p':
			symbol_format(symbol, sizeof(symbol),
				      va_arg(args, u64));
			out_string(&o, &s, symbol);
			f++;
			break;
		case 's':
			out_string(&o, &s, va_arg(args, const char *));
			break;
		case 'c':
			out_char(&o, (char)va_arg(args, int));
			break;
		default:			/* the second % of %% */
			out_char(&o, *f);
		}
	}
	if (size) {
		buf[min(o.len, size - 1)] = 0;
	}
	return (int)o.len;
}

int format(char *buf, size_t size, const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vformat(buf, size, fmt, args);
	va_end(args);
	return n;
}
