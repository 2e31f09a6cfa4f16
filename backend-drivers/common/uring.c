/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * An io_uring with a list of operations that it can do: see uring.h.
 */
#include "common/uring.h"

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/log.h"

/* Debian's liburing declares wrappers for what is asked here, without code. */
static int uring_register(struct io_uring *ring, unsigned int what, void *arg,
			  unsigned int n)
{
	long rc = syscall(SYS_io_uring_register, ring->ring_fd, what, arg, n);

	return rc < 0 ? -errno : 0;
}

static int restrict_to(struct io_uring *ring, const uint8_t *ops,
		       unsigned int nr_ops)
{
	struct io_uring_restriction res[URING_OPS];
	unsigned int i;
	int rc;

	if (nr_ops > URING_OPS) {
		return -EINVAL;
	}
	memset(res, 0, sizeof(res));
	for (i = 0; i < nr_ops; i++) {
		res[i].opcode = IORING_RESTRICTION_SQE_OP;
		res[i].sqe_op = ops[i];
	}
	rc = uring_register(ring, IORING_REGISTER_RESTRICTIONS, res, nr_ops);
	return rc != 0 ? rc :
	       uring_register(ring, IORING_REGISTER_ENABLE_RINGS, NULL, 0);
}

int uring_open(struct io_uring *ring, unsigned int sq, unsigned int cq,
	       const uint8_t *ops, unsigned int nr_ops)
{
	struct io_uring_params params;
	int rc;

	memset(&params, 0, sizeof(params));
	params.flags = IORING_SETUP_CQSIZE | IORING_SETUP_R_DISABLED;
	params.cq_entries = cq;
	rc = io_uring_queue_init_params(sq, ring, &params);
	if (rc != 0) {
		log_error("cannot set up io_uring: %s", strerror(-rc));
		return rc;
	}
	rc = restrict_to(ring, ops, nr_ops);
	if (rc != 0) {
		log_error("cannot restrict io_uring: %s", strerror(-rc));
		io_uring_queue_exit(ring);
	}
	return rc;
}
