/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/* The scheduler's arithmetic: shares, bounds, caps and slices. */
#include <criterion/criterion.h>
#include "domain/credit.h"

Test(credit, shares_follow_weights)
{
	cr_assert_eq(credit_pool(CREDIT_PERIOD_NS, 256, 768),
		     CREDIT_PERIOD_NS / 3);
	cr_assert_eq(credit_pool(CREDIT_PERIOD_NS, 512, 768),
		     CREDIT_PERIOD_NS * 2 / 3);
	/* 64 CPUs and the largest weights: nothing wraps. */
	cr_assert_eq(credit_pool(64 * CREDIT_PERIOD_NS, 65535, 65535),
		     64 * CREDIT_PERIOD_NS);
	cr_assert_eq(credit_pool(-5, 256, 256), 0);
	cr_assert_eq(credit_pool(CREDIT_PERIOD_NS, 256, 0), 0);
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
