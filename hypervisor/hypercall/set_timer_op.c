/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * set_timer_op (xen/xen.h): the vCPU's one-shot timer by its old name.  Zero
 * stops it; a time in the past fires at once.
 */
#include "hypercall/hypercall.h"
#include "x86/clock.h"

/* Old kernels' wrapped differences give times absurdly far away. */
#define FAR_AWAY_NS	(1ULL << 62)
#define LATE_ENOUGH_NS	100000000ULL

long hc_set_timer_op(unsigned long when, unsigned long a2, unsigned long a3,
		     unsigned long a4, unsigned long a5)
{
	struct vcpu *v = current;
	u64 now = now_ns();

	if (!when) {
		timer_stop(&v->singleshot);
		return 0;
	}
	if (when >= FAR_AWAY_NS) {
		when = now + LATE_ENOUGH_NS;
	}
	timer_migrate(&v->singleshot, this_cpu_id());
	timer_set(&v->singleshot, when);
	return 0;
}
