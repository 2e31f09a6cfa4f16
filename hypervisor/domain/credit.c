/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/* The arithmetic of the scheduler (domain/credit.h); no state of its own. */
#include "domain/credit.h"

s64 credit_pool(s64 left, u32 weight, u32 total_weight)
{
	if (left <= 0 || !total_weight) {
		return 0;
	}
	return (s64)((u64)left * weight / total_weight);
}

s64 credit_add(s64 credit, s64 share)
{
	credit += share;
	if (credit > CREDIT_PERIOD_NS) {
		return CREDIT_PERIOD_NS;
	}
	if (credit < -CREDIT_PERIOD_NS) {
		return -CREDIT_PERIOD_NS;
	}
	return credit;
}

s64 credit_cap_refill(s64 left, u16 cap)
{
	s64 purse = CREDIT_PERIOD_NS * cap / 100;

	left += purse;
	return left > purse ? purse : left;
}

s64 credit_slice(bool boosted, bool others_wait, bool capped, s64 cap_left)
{
	s64 slice = boosted && others_wait ? CREDIT_BOOST_NS : CREDIT_SLICE_NS;

	if (capped && slice > cap_left) {
		slice = cap_left;
	}
	return slice < CREDIT_MIN_SLICE_NS ? CREDIT_MIN_SLICE_NS : slice;
}
