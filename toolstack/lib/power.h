/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Asking a guest to stop or reboot by itself: the control/shutdown node,
 * which a guest that supports it has announced by control/feature-*.
 */
#ifndef TOOLSTACK_LIB_POWER_H
#define TOOLSTACK_LIB_POWER_H

#include <stdint.h>

#include "lib/tools.h"

/* Write @request ("poweroff", "reboot"); -1 if the guest does not listen. */
int power_request(struct tools *t, uint32_t domid, const char *request);

/*
 * Wait until @domid is gone, or has shut down and is kept by on_poweroff=
 * "preserve".  Shows the seconds on stderr.  -1 after @timeout_s (0: never).
 */
int power_await_end(struct tools *t, uint32_t domid, unsigned int timeout_s);

#endif
