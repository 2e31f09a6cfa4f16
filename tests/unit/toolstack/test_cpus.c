/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * CPU lists: ranges, removals, order, and refusals.
 */
#include <criterion/criterion.h>

#include "config/cpus.h"

static void expect(const char *text, unsigned long low64)
{
	struct cpu_list list;
	const char *why = "";

	cr_assert_eq(cpu_list_parse(text, &list, &why), 0, "%s: %s", text,
		     why);
	cr_assert_eq(list.bits[0], low64, "%s: %lx", text,
		     (unsigned long)list.bits[0]);
}

Test(cpus, lists)
{
	expect("0", 0x1);
	expect("0-3", 0xf);
	expect("0-3,^1", 0xd);
	expect("^1,0-3", 0xf);
	expect(" 1 , 3-4 ", 0x1a);
	expect("all", ~0UL);
	expect("all,^0", ~1UL);
	expect("63", 1UL << 63);
}

Test(cpus, words_past_the_first)
{
	struct cpu_list list;
	const char *why;

	cr_assert_eq(cpu_list_parse("60-130", &list, &why), 0);
	cr_assert(cpu_list_has(&list, 64));
	cr_assert(cpu_list_has(&list, 130));
	cr_assert_not(cpu_list_has(&list, 131));
	cr_assert_not(cpu_list_has(&list, 100000));
}

Test(cpus, refusals)
{
	static const char *const bad[] = {
		"", ",", "1,", "3-1", "-1", "a", "512", "0-512", "1 2", "^0",
		"nodes:0", "node:0", "0-3,^0-3", "99999999999999999999",
	};
	struct cpu_list list;

	for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const char *why = NULL;

		cr_assert_eq(cpu_list_parse(bad[i], &list, &why), -1, "%s",
			     bad[i]);
		cr_assert_not_null(why, "%s", bad[i]);
	}
}
