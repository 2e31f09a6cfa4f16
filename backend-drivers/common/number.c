/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Text to number: see number.h.
 */
#include "common/number.h"

#include <errno.h>

int number_parse(const char *s, uint64_t max, uint64_t *out)
{
	uint64_t n = 0;

	if (*s == '\0') {
		return -EINVAL;
	}
	for (; *s != '\0'; s++) {
		uint64_t digit;

		if (*s < '0' || *s > '9') {
			return -EINVAL;
		}
		digit = (uint64_t)(*s - '0');
		if (digit > max || n > (max - digit) / 10) {
			return -EINVAL;
		}
		n = n * 10 + digit;
	}
	*out = n;
	return 0;
}
