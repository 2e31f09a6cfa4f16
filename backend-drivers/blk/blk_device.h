/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * One virtual disk: image, ring, pages, and the requests in flight.
 *
 * A request becomes a job when it is taken from the ring and stays one until
 * its answer is in the ring. There are as many jobs as ring slots, so there
 * is always one for a request that the ring's invariant allows.
 *
 *	take -> decode -> pages (map or copy in) -> io_uring -> copy out -> answer
 */
#ifndef BACKEND_BLK_DEVICE_H
#define BACKEND_BLK_DEVICE_H

#include <liburing.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

#include "blk/blk_image.h"
#include "blk/blk_pages.h"
#include "blk/blk_request.h"
#include "common/backend.h"

enum {
	BLK_RING_ORDER = 4,	/* max-ring-page-order */
	BLK_RING_PAGES = 1 << BLK_RING_ORDER,
	BLK_SQ_ENTRIES = 128,
	BLK_CQ_ENTRIES = 1024,	/* more than jobs can be in flight */
	BLK_BUDGET = 64,	/* requests taken per turn of the loop */
};

struct blk_job {
	struct blk_request req;
	struct blk_page *pages[BLK_MAX_SEGMENTS];
	struct iovec iov[BLK_MAX_SEGMENTS];
	unsigned int nr_pages;	/* pages held: nr_segments once complete */
	unsigned int iov_first;	/* vectors before this one are done */
	uint64_t done;		/* bytes done */
	bool synced;		/* a flush with data: the flush is over */
	struct blk_job *next;	/* free list, or waiting for submission */
};

struct blk_device {
	struct backend *be;
	struct blk_image image;
	struct blk_limits limits;
	struct blk_pages pages;
	struct io_uring uring;
	bool have_uring;
	struct loop_source uring_source;

	/* The connection. */
	struct back_ring ring;
	uint32_t ring_pages;
	int port;
	struct blk_job *jobs;
	struct blk_job *free_jobs;
	uint32_t in_flight;	/* jobs that io_uring has or will have */
	struct blk_job *retry, **retry_tail;	/* no room to submit yet */
	struct xengnttab_grant_copy_segment copy[BLK_MAX_SEGMENTS];

	/* From the command line. */
	const char *file;
	bool readonly, direct;
};

/* blk_jobs.c: the way of one request. */

/* Starts a request that was just taken; answers at once if it is bad. */
void blk_job_start(struct blk_device *d, const struct blkif_request *raw);

/* Takes what io_uring has finished, and carries each job on. */
void blk_jobs_reap(struct blk_device *d);

/* Hands prepared work to the kernel. True: not all, call again soon. */
bool blk_jobs_submit(struct blk_device *d);

/* blk_ring.c: attaching to the frontend's ring and working on it. */
int blk_ring_attach(struct backend *be);
bool blk_ring_work(struct backend *be);
void blk_ring_detach(struct backend *be);

#endif
