/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The watcher: a small process that each running domain has, from "pvctl
 * create" until nothing of the domain is left.
 */
#ifndef TOOLSTACK_LIB_WATCHER_H
#define TOOLSTACK_LIB_WATCHER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "config/config.h"

struct watcher {
	pid_t pid;
	int fd;			/* socket to the watcher */
	uint32_t domid;
};

/*
 * Fork a watcher, which builds the domain of @cfg.  Returns 0 when the
 * domain stands, paused; -1 when it could not be built (the watcher has
 * said why, and is gone).
 */
int watcher_start(struct watcher *w, const struct domain_config *cfg);

/* Instead of releasing it: returns when nothing is left of the domain. */
void watcher_abandon(struct watcher *w);

/* Let the domain run (unless @paused) and leave it to its watcher. */
int watcher_release(struct watcher *w, bool paused);

#endif
