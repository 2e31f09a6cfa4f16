/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * JSON strings: whatever bytes a name has, what comes out is JSON.
 */
#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>

#include "lib/json.h"

static const struct {
	const char *text;
	const char *json;
} strings[] = {
	{ NULL, "null" },
	{ "", "\"\"" },
	{ "a b", "\"a b\"" },
	{ "\"\\/", "\"\\\"\\\\/\"" },
	{ "\n\t\001\033", "\"\\n\\t\\u0001\\u001b\"" },
	/* UTF-8 of two, three and four bytes. */
	{ "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80",
	  "\"\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80\"" },
	/* Latin-1, a cut sequence, a lone second byte. */
	{ "caf\xe9", "\"caf\\u00e9\"" },
	{ "\xe2\x82", "\"\\u00e2\\u0082\"" },
	{ "\x80z", "\"\\u0080z\"" },
	/* Too long a form of '/', half a surrogate pair, beyond Unicode. */
	{ "\xc0\xaf", "\"\\u00c0\\u00af\"" },
	{ "\xe0\x80\xaf", "\"\\u00e0\\u0080\\u00af\"" },
	{ "\xed\xa0\x80", "\"\\u00ed\\u00a0\\u0080\"" },
	{ "\xf4\x90\x80\x80", "\"\\u00f4\\u0090\\u0080\\u0080\"" },
};

Test(json, strings)
{
	for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++) {
		char *said = NULL;
		size_t size;
		FILE *f = open_memstream(&said, &size);

		json_string(f, strings[i].text);
		fclose(f);
		cr_assert_str_eq(said, strings[i].json);
		free(said);
	}
}
