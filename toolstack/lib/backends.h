/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The backend processes of one domain: one per device, started before the
 * guest runs, ended when it is gone.
 */
#ifndef TOOLSTACK_LIB_BACKENDS_H
#define TOOLSTACK_LIB_BACKENDS_H

#include <stdint.h>
#include <sys/types.h>

#include "config/config.h"

#define MAX_BACKENDS (CONFIG_MAX_DISKS + CONFIG_MAX_VIFS)

struct backends {
	struct {
		pid_t pid;		/* 0: ended */
		char label[40];		/* for messages: "disk xvda" */
		char pidfile[128];
	} proc[MAX_BACKENDS];
	unsigned int nr;
};

/*
 * Start a backend for each device of @cfg in @domid and wait until all have
 * opened their file or bridge.  On failure returns -1, having printed why,
 * with those that did start still in @b.
 */
int backends_start(struct backends *b, const struct domain_config *cfg,
		   uint32_t domid);

/* Note that @pid ended, if it is one of ours; its label, or NULL. */
const char *backends_reaped(struct backends *b, pid_t pid);

/* End all that still run: SIGTERM, then SIGKILL for those that linger. */
void backends_stop(struct backends *b);

/* The same for a domain whose watcher is gone, by its pid files. */
void backends_stop_orphans(uint32_t domid);

#endif
