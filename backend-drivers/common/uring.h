/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * An io_uring that can do a few things and no others, since the filter of
 * seccomp.h does not see what it does.
 */
#ifndef BACKEND_COMMON_URING_H
#define BACKEND_COMMON_URING_H

#include <liburing.h>
#include <stdint.h>

enum { URING_OPS = 8 };		/* that one ring can be given */

/*
 * Sets up @ring for @sq submissions at a time and @cq completions, with the
 * operations @ops only. 0, or -errno after a message. io_uring_queue_exit()
 * undoes it.
 */
int uring_open(struct io_uring *ring, unsigned int sq, unsigned int cq,
	       const uint8_t *ops, unsigned int nr_ops);

#endif
