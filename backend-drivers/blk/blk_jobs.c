/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The way of one block request, from the ring's slot to its answer: see
 * blk_device.h. A job that fails at any point is answered with an error and
 * holds nothing afterwards; only a finished transfer is copied out, so no
 * byte reaches a guest that was not read from its own disk.
 */
#include "blk/blk_device.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <string.h>

#include "common/log.h"

static void answer(struct blk_device *d, const struct blk_request *req, int rc)
{
	struct blkif_response rsp;

	/* The padding goes to the guest as well. */
	memset(&rsp, 0, sizeof(rsp));
	rsp.id = req->id;
	rsp.operation = req->operation;
	rsp.status = blk_status(rc);
	ring_respond(&d->ring, &rsp, sizeof(rsp));
}

static void job_end(struct blk_device *d, struct blk_job *job, int rc)
{
	unsigned int i;

	for (i = 0; i < job->nr_pages; i++) {
		blk_page_put(&d->pages, job->pages[i]);
	}
	job->nr_pages = 0;
	answer(d, &job->req, rc);
	job->next = d->free_jobs;
	d->free_jobs = job;
}

static int run_copies(struct blk_device *d, unsigned int n)
{
	unsigned int i;

	if (n == 0) {
		return 0;
	}
	if (xengnttab_grant_copy(d->be->gnttab, n, d->copy) != 0) {
		return -errno;
	}
	for (i = 0; i < n; i++) {
		if (d->copy[i].status != GNTST_okay) {
			log_guest("grant %u cannot be copied (status %d)",
				  d->copy[i].flags & GNTCOPY_source_gref ?
				  d->copy[i].source.foreign.ref :
				  d->copy[i].dest.foreign.ref,
				  d->copy[i].status);
			return -EFAULT;
		}
	}
	return 0;
}

static void copy_in(struct xengnttab_grant_copy_segment *c, uint32_t domid,
		    uint32_t gref, uint16_t offset, uint16_t length,
		    void *to)
{
	memset(c, 0, sizeof(*c));
	c->source.foreign.ref = gref;
	c->source.foreign.offset = offset;
	c->source.foreign.domid = (uint16_t)domid;
	c->dest.virt = to;
	c->len = length;
	c->flags = GNTCOPY_source_gref;
}

static void copy_out(struct xengnttab_grant_copy_segment *c, uint32_t domid,
		     uint32_t gref, uint16_t offset, uint16_t length,
		     void *from)
{
	memset(c, 0, sizeof(*c));
	c->dest.foreign.ref = gref;
	c->dest.foreign.offset = offset;
	c->dest.foreign.domid = (uint16_t)domid;
	c->source.virt = from;
	c->len = length;
	c->flags = GNTCOPY_dest_gref;
}

/* Copies between the guest's pages and those of the job that bounce. */
static int bounce(struct blk_device *d, struct blk_job *job, bool in)
{
	uint32_t domid = d->be->domid;
	unsigned int i, n = 0;

	for (i = 0; i < job->nr_pages; i++) {
		struct blk_segment *s = &job->req.segments[i];
		struct blk_page *page = job->pages[i];
		uint8_t *mem = page->mem + s->offset;

		if (page->kept) {
			continue;
		}
		if (in) {
			copy_in(&d->copy[n++], domid, s->gref, s->offset,
				s->length, mem);
		} else {
			copy_out(&d->copy[n++], domid, s->gref, s->offset,
				 s->length, mem);
		}
	}
	return run_copies(d, n);
}

/* The segments of an indirect request, once, into private memory. */
static int fetch_segments(struct blk_device *d, struct blk_job *job)
{
	struct blkif_request_segment raw[BLK_MAX_SEGMENTS];
	uint16_t n = job->req.nr_segments;
	struct blk_page *page;
	int rc = 0;

	page = blk_page_get(&d->pages, job->req.indirect_gref);
	if (!page) {
		return -ENOMEM;
	}
	if (!page->kept) {
		copy_in(&d->copy[0], d->be->domid, job->req.indirect_gref, 0,
			(uint16_t)(n * sizeof(raw[0])), page->mem);
		rc = run_copies(d, 1);
	}
	if (rc == 0) {
		memcpy(raw, page->mem, n * sizeof(raw[0]));
		__asm__ volatile("" ::: "memory");
		rc = blk_decode_segments(raw, &d->limits, &job->req);
	}
	blk_page_put(&d->pages, page);
	return rc;
}

static int get_pages(struct blk_device *d, struct blk_job *job)
{
	unsigned int i;

	for (i = 0; i < job->req.nr_segments; i++) {
		struct blk_segment *s = &job->req.segments[i];
		struct blk_page *page = blk_page_get(&d->pages, s->gref);

		if (!page) {
			return -ENOMEM;
		}
		job->pages[job->nr_pages++] = page;
		job->iov[i].iov_base = page->mem + s->offset;
		job->iov[i].iov_len = s->length;
	}
	return 0;
}

/* Puts the job's next operation into the submission queue, or on hold. */
static void job_queue(struct blk_device *d, struct blk_job *job)
{
	uint64_t pos = job->req.sector * BLK_SECTOR + job->done;
	unsigned int left = job->nr_pages - job->iov_first;
	struct iovec *iov = &job->iov[job->iov_first];
	struct io_uring_sqe *sqe = io_uring_get_sqe(&d->uring);
	int fd = d->image.fd;

	if (!sqe) {
		job->next = NULL;
		*d->retry_tail = job;
		d->retry_tail = &job->next;
		return;
	}
	switch (job->req.kind) {
	case BLK_READ:
		io_uring_prep_readv(sqe, fd, iov, left, pos);
		break;
	case BLK_WRITE:
		io_uring_prep_writev(sqe, fd, iov, left, pos);
		break;
	case BLK_DISCARD:
		io_uring_prep_fallocate(sqe, fd, FALLOC_FL_PUNCH_HOLE |
					FALLOC_FL_KEEP_SIZE, (off_t)pos,
					(off_t)job->req.bytes);
		break;
	case BLK_FLUSH:
	default:
		if (job->synced) {
			io_uring_prep_writev2(sqe, fd, iov, left, pos,
					      RWF_DSYNC);
		} else {
			io_uring_prep_fsync(sqe, fd, IORING_FSYNC_DATASYNC);
		}
		break;
	}
	io_uring_sqe_set_data(sqe, job);
}

static int job_prepare(struct blk_device *d, struct blk_job *job,
		       const struct blkif_request *raw)
{
	int rc = blk_decode(raw, &d->limits, &job->req);

	if (rc == 0 && job->req.indirect) {
		rc = fetch_segments(d, job);
	}
	if (rc == 0) {
		rc = get_pages(d, job);
	}
	if (rc == 0 && job->req.kind != BLK_READ) {
		rc = bounce(d, job, true);
	}
	return rc;
}

void blk_job_start(struct blk_device *d, const struct blkif_request *raw)
{
	struct blk_job *job = d->free_jobs;
	int rc;

	d->free_jobs = job->next;
	job->nr_pages = 0;
	job->iov_first = 0;
	job->done = 0;
	job->synced = false;
	rc = job_prepare(d, job, raw);
	if (rc != 0) {
		if (rc != -EOPNOTSUPP) {
			log_guest("refused request (operation %u, sector %llu): %s",
				  job->req.operation,
				  (unsigned long long)job->req.sector,
				  strerror(-rc));
		}
		job_end(d, job, rc);
		return;
	}
	if (job->req.kind == BLK_DISCARD && job->req.bytes == 0) {
		job_end(d, job, 0);
		return;
	}
	d->in_flight++;
	job_queue(d, job);
}

/* Steps over @n bytes of the job's vectors. */
static void job_advance(struct blk_job *job, uint64_t n)
{
	job->done += n;
	while (n != 0) {
		struct iovec *v = &job->iov[job->iov_first];

		if (n < v->iov_len) {
			v->iov_base = (uint8_t *)v->iov_base + n;
			v->iov_len -= n;
			return;
		}
		n -= v->iov_len;
		job->iov_first++;
	}
}

static bool job_moves_data(const struct blk_job *job)
{
	return job->req.kind == BLK_READ || job->req.kind == BLK_WRITE ||
	       (job->req.kind == BLK_FLUSH && job->synced);
}

/* 1: queued again. 0: finished. Negative: failed. */
static int job_carry_on(struct blk_device *d, struct blk_job *job, int res)
{
	if (res == -EAGAIN || res == -EINTR) {
		job_queue(d, job);
		return 1;
	}
	if (res < 0) {
		return res;
	}
	if (job_moves_data(job)) {
		uint64_t left = job->req.bytes - job->done;

		/* The file ends early, or the kernel is not to be believed. */
		if (res == 0 || (uint64_t)res > left) {
			return -EIO;
		}
		job_advance(job, (uint64_t)res);
		if ((uint64_t)res < left) {
			job_queue(d, job);
			return 1;
		}
	} else if (job->req.kind == BLK_FLUSH && job->nr_pages != 0) {
		job->synced = true;
		job_queue(d, job);
		return 1;
	}
	if (job->req.kind == BLK_READ) {
		return bounce(d, job, false);
	}
	return 0;
}

static void job_done(struct blk_device *d, struct blk_job *job, int res)
{
	int rc = job_carry_on(d, job, res);

	if (rc > 0) {
		return;
	}
	if (res < 0) {
		log_error("%s: operation %u at sector %llu failed: %s",
			  d->file, job->req.operation,
			  (unsigned long long)job->req.sector,
			  strerror(-res));
	}
	d->in_flight--;
	job_end(d, job, rc);
}

void blk_jobs_reap(struct blk_device *d)
{
	struct io_uring_cqe *cqe;

	while (io_uring_peek_cqe(&d->uring, &cqe) == 0) {
		struct blk_job *job = io_uring_cqe_get_data(cqe);
		int res = cqe->res;

		io_uring_cqe_seen(&d->uring, cqe);
		job_done(d, job, res);
	}
}

bool blk_jobs_submit(struct blk_device *d)
{
	struct blk_job *job;
	int rc;

	do {
		rc = 0;
		if (io_uring_sq_ready(&d->uring) != 0) {
			rc = io_uring_submit(&d->uring);
		}
		if (rc < 0) {
			return true;
		}
		/* There is room again: queue what was put on hold. */
		job = d->retry;
		d->retry = NULL;
		d->retry_tail = &d->retry;
		while (job) {
			struct blk_job *next = job->next;

			job_queue(d, job);
			job = next;
		}
	} while (rc > 0 && io_uring_sq_ready(&d->uring) != 0);
	return d->retry != NULL;
}
