/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/* The scheduler's arithmetic: shares, bounds, caps and slices. */
#include <criterion/criterion.h>
#include "domain/credit.h"

Test(credit, shares_follow_weights)
{
	s64 a = credit_share(1, 256, 768, 1);
	s64 b = credit_share(1, 512, 768, 1);

	cr_assert_eq(a, CREDIT_PERIOD_NS / 3);
	cr_assert_eq(b, CREDIT_PERIOD_NS * 2 / 3);
}

Test(credit, shares_never_exceed_what_a_vcpu_can_run)
{
	for (unsigned int cpus = 1; cpus <= 64; cpus++) {
		for (u32 w = 1; w <= 65535; w += 777) {
			s64 s = credit_share(cpus, w, w, 1);

			cr_assert_eq(s, CREDIT_PERIOD_NS);
			s = credit_share(cpus, w, 65535, 3);
			cr_assert(s >= 0 && s <= CREDIT_PERIOD_NS);
		}
	}
	cr_assert_eq(credit_share(4, 256, 0, 1), 0);
	cr_assert_eq(credit_share(4, 256, 256, 0), 0);
}

Test(credit, neither_debt_nor_savings_grow)
{
	s64 c = 0;

	for (int i = 0; i < 100; i++) {
		c = credit_add(c, CREDIT_PERIOD_NS / 2);
	}
	cr_assert_eq(c, CREDIT_PERIOD_NS);
	for (int i = 0; i < 100; i++) {
		c = credit_add(c - CREDIT_PERIOD_NS, CREDIT_PERIOD_NS / 10);
	}
	cr_assert_eq(c, -CREDIT_PERIOD_NS);
}

Test(credit, cap_purse)
{
	s64 purse = CREDIT_PERIOD_NS / 4;

	cr_assert_eq(credit_cap_refill(0, 25), purse);
	cr_assert_eq(credit_cap_refill(purse, 25), purse);
	/* A debt is paid before anything new is spent. */
	cr_assert_eq(credit_cap_refill(-3 * purse, 25), -2 * purse);
	cr_assert_eq(credit_cap_refill(0, 400), 4 * CREDIT_PERIOD_NS);
}

Test(credit, slices)
{
	cr_assert_eq(credit_slice(false, true, false, 0), CREDIT_SLICE_NS);
	cr_assert_eq(credit_slice(true, false, false, 0), CREDIT_SLICE_NS);
	cr_assert_eq(credit_slice(true, true, false, 0), CREDIT_BOOST_NS);
	cr_assert_eq(credit_slice(false, false, true, CREDIT_BOOST_NS),
		     CREDIT_BOOST_NS);
	cr_assert_eq(credit_slice(false, false, true, -5),
		     CREDIT_MIN_SLICE_NS);
}
