/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * JSON strings, after RFC 8259: quote, backslash and control characters are
 * escaped, UTF-8 passes.  A byte that is part of no UTF-8 (of a name in some
 * older character set) is written as if it were Latin-1.
 */
#include "lib/json.h"

/* Bytes of the UTF-8 sequence at @p, after RFC 3629; 0: it is none. */
static int utf8_length(const unsigned char *p)
{
	/* By what the first byte says, all but the second byte's limits. */
	int n = *p < 0xc2 ? 0 : *p < 0xe0 ? 2 : *p < 0xf0 ? 3 :
		*p < 0xf5 ? 4 : 0;
	unsigned char low = *p == 0xe0 ? 0xa0 : *p == 0xf0 ? 0x90 : 0x80;
	unsigned char high = *p == 0xed ? 0x9f : *p == 0xf4 ? 0x8f : 0xbf;
	int i;

	if (!n || p[1] < low || p[1] > high) {
		return 0;
	}
	for (i = 2; i < n; i++) {
		if (p[i] < 0x80 || p[i] > 0xbf) {
			return 0;
		}
	}
	return n;
}

void json_string(FILE *f, const char *text)
{
	const unsigned char *p = (const unsigned char *)text;

	if (!text) {
		fputs("null", f);
		return;
	}
	fputc('"', f);
	for (; *p; p++) {
		if (*p == '"' || *p == '\\') {
			fprintf(f, "\\%c", *p);
		} else if (*p == '\n') {
			fputs("\\n", f);
		} else if (*p == '\t') {
			fputs("\\t", f);
		} else if (*p > 0x7f && utf8_length(p)) {
			int more = utf8_length(p) - 1;

			fwrite(p, 1, more + 1, f);
			p += more;
		} else if (*p < 0x20 || *p > 0x7f) {
			fprintf(f, "\\u%04x", *p);
		} else {
			fputc(*p, f);
		}
	}
	fputc('"', f);
}
