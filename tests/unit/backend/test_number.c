/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Text to number: what a guest may write where a number belongs.
 */
#include <criterion/criterion.h>
#include <errno.h>

#include "common/number.h"

Test(number, plain)
{
	uint64_t n = 1;

	cr_assert_eq(number_parse("0", 0, &n), 0);
	cr_assert_eq(n, 0);
	cr_assert_eq(number_parse("4294967295", UINT32_MAX, &n), 0);
	cr_assert_eq(n, UINT32_MAX);
	cr_assert_eq(number_parse("18446744073709551615", UINT64_MAX, &n), 0);
	cr_assert_eq(n, UINT64_MAX);
	cr_assert_eq(number_parse("007", 7, &n), 0);
	cr_assert_eq(n, 7);
}

Test(number, refused)
{
	static const char *const bad[] = {
		"", " 1", "1 ", "-1", "+1", "0x1", "1.0", "1\n", "a",
		"18446744073709551616", "99999999999999999999999999",
	};
	uint64_t n = 42;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		cr_assert_eq(number_parse(bad[i], UINT64_MAX, &n), -EINVAL,
			     "'%s'", bad[i]);
	}
	cr_assert_eq(number_parse("256", 255, &n), -EINVAL);
	cr_assert_eq(number_parse("5", 3, &n), -EINVAL);
	cr_assert_eq(number_parse("1", 0, &n), -EINVAL);
	cr_assert_eq(n, 42, "untouched");
}
