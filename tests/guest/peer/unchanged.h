/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/* Whether refused calls have changed anything: what domains and machine are. */
#ifndef TESTS_GUEST_UNCHANGED_H
#define TESTS_GUEST_UNCHANGED_H

#include "common/peer.h"

struct unchanged {
	struct xen_domctl_getdomaininfo us, it;
	uint32_t wall[3];		/* version, seconds, nanoseconds */
	unsigned long pending, free;
};

/* What is so now; and, behind the calls, checks that it still is. */
void unchanged_begin(struct unchanged *u, struct peer *p);
void unchanged_end(const struct unchanged *u, struct peer *p);

#endif
