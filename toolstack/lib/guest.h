/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * A domain as a whole: hypervisor, xenstore and backends together, so that
 * "bring up" and "take down" each leave either everything or nothing.
 */
#ifndef TOOLSTACK_LIB_GUEST_H
#define TOOLSTACK_LIB_GUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"
#include "lib/backends.h"
#include "lib/build.h"
#include "lib/tools.h"

struct guest {
	struct tools *t;
	const struct domain_config *cfg;
	struct built_domain built;
	struct backends backends;
	int lock;			/* -1: no domain up */
};

/*
 * Build the domain, write xenstore, start backends; it is left paused.  On
 * failure returns -1 after printing why, with all of it undone.
 */
int guest_up(struct guest *g);

/*
 * Destroy the domain if it still lives, and remove everything else.  False:
 * somebody else had destroyed it.
 */
bool guest_down(struct guest *g);

/*
 * Take down a domain that this process did not bring up: destroys it, then
 * leaves the rest to its watcher, or, where that is gone, does it here.
 * Returns 0 when nothing of it is left.
 */
int guest_destroy(struct tools *t, uint32_t domid);

/* What config files name can be opened; says which cannot. */
int guest_check_files(const struct domain_config *cfg);

#endif
