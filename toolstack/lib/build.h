/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * One domain's way into being: memory, kernel, vCPUs, through libxenctrl and
 * libxenguest.  Knows nothing of xenstore or devices.
 */
#ifndef TOOLSTACK_LIB_BUILD_H
#define TOOLSTACK_LIB_BUILD_H

#include <stdint.h>

#include "config/config.h"
#include "lib/tools.h"

/* What the rest of the toolstack must know of a built domain. */
struct built_domain {
	uint32_t domid;
	uint32_t store_port;
	uint32_t console_port;
	unsigned long store_frame;
	unsigned long console_frame;
	char guest_os[32];		/* the kernel's own word: "linux" */
};

/*
 * Create and fill a domain after @cfg; it is left paused.  On failure returns
 * -1 with nothing left behind, having printed why.
 */
int build_domain(struct tools *t, const struct domain_config *cfg,
		 struct built_domain *out);

#endif
