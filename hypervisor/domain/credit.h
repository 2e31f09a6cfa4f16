/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The arithmetic of the scheduler.  Credit is CPU time in nanoseconds that a
 * vCPU may still use before others go first.  Each period hands out as much
 * as the CPUs can run, to domains in proportion to their weights (what some
 * do not want goes to the others); running pays it back.  A cap is a second
 * purse, of the whole domain: when it is empty the domain waits for the next
 * period.  Pure.
 */
#ifndef DOMAIN_CREDIT_H
#define DOMAIN_CREDIT_H

#include "lib/types.h"

#define CREDIT_PERIOD_NS	30000000LL
#define CREDIT_SLICE_NS		10000000LL
#define CREDIT_BOOST_NS		2000000LL	/* slice of one just woken */
#define CREDIT_MIN_SLICE_NS	500000LL

#define CREDIT_WEIGHT_DEFAULT	256

/* One domain's part of `left` ns, by weight; 0 when nothing is left. */
s64 credit_pool(s64 left, u32 weight, u32 total_weight);

/* Credit after a period's share: neither debt nor savings grow for ever. */
s64 credit_add(s64 credit, s64 share);

/* A capped domain's purse after a period; cap is in per cent of one CPU. */
s64 credit_cap_refill(s64 left, u16 cap);

/* How long a vCPU may run now; cap_left only counts when capped. */
s64 credit_slice(bool boosted, bool others_wait, bool capped, s64 cap_left);

#endif
