/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/* The end of a domain. */
#include "xen/shutdown.h"
#include "xen/hypercall.h"

void shutdown(unsigned int reason)
{
	struct sched_shutdown op = { .reason = reason };

	for (;;) {
		hc_sched_op(SCHEDOP_shutdown, &op);
	}
}
