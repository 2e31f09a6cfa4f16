/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The truth kept here: a page lent to the backend is granted exactly while its
 * request is under way, and an answer is believed only if it names a request
 * that is. A backend that answers anything else gets nothing more to answer:
 * all that is under way fails then, so no request outlives its caller here.
 */
#include "front/blkfront.h"
#include "lib/page.h"
#include "xen/clock.h"

#define mb()	asm volatile("mfence" ::: "memory")

static union blkif_sring_entry *slot(struct blk *b, unsigned int i)
{
	return &b->shared->ring[i & (BLK_RING - 1)];
}

static int publish(struct blk *b, grant_ref_t ring_ref)
{
	int err = store_write_number(STORE_NO_TX, b->dev.path, "ring-ref",
				     ring_ref);
	char path[96];

	if (!err) {
		err = store_write_number(STORE_NO_TX, b->dev.path,
					 "event-channel", b->dev.port);
	}
	snprintf(path, sizeof(path), "%s/protocol", b->dev.path);
	if (!err) {
		err = store_write(STORE_NO_TX, path, "x86_64-abi");
	}
	return err ? err : front_state(&b->dev, XenbusStateInitialised);
}

int blk_open(struct blk *b, unsigned int index)
{
	unsigned long value;
	grant_ref_t ref;
	int state, err;

	memset(b, 0, sizeof(*b));
	err = front_find(&b->dev, "vbd", index);
	if (err) {
		return err;
	}
	b->shared = front_ring(&b->dev, &ref);
	b->shared->req_event = b->shared->rsp_event = 1;
	err = publish(b, ref);
	if (err) {
		return err;
	}
	state = front_wait_backend(&b->dev, 1 << XenbusStateConnected |
					    1 << XenbusStateClosing |
					    1 << XenbusStateClosed);
	if (state != XenbusStateConnected) {
		return state < 0 ? state : -XEN_EIO;
	}
	err = store_read_number(b->dev.backend, "sectors", &value);
	b->sectors = value;
	if (!store_read_number(b->dev.backend, "info", &value)) {
		b->readonly = value & VDISK_READONLY;
	}
	if (!store_read_number(b->dev.backend, "feature-flush-cache",
			       &value)) {
		b->can_flush = value;
	}
	return err ? err : front_state(&b->dev, XenbusStateConnected);
}

void blk_close(struct blk *b)
{
	front_close(&b->dev);
}

static void push(struct blk *b)
{
	unsigned int old = b->shared->req_prod;

	barrier();
	WRITE_ONCE(b->shared->req_prod, b->prod);
	mb();
	/* The backend wants to hear of request number req_event. */
	if (b->prod - READ_ONCE(b->shared->req_event) < b->prod - old) {
		event_send(b->dev.port);
	}
}

int blk_submit(struct blk *b, struct blk_io *io)
{
	struct blkif_request *r;
	unsigned int id = 0;

	if (b->broken) {
		return -XEN_EIO;
	}
	if (b->prod - b->cons == BLK_RING) {
		return -XEN_EAGAIN;
	}
	while (b->io[id]) {
		id++;
	}
	r = &slot(b, b->prod)->req;
	r->operation = io->write ? BLKIF_OP_WRITE : BLKIF_OP_READ;
	if (!io->pages) {
		r->operation = BLKIF_OP_FLUSH_DISKCACHE;
	}
	r->nr_segments = io->pages;
	r->handle = 0;
	r->id = id;
	r->sector_number = io->sector;
	for (unsigned int i = 0; i < io->pages; i++) {
		io->ref[i] = grant_access(b->dev.backend_id, io->page[i],
					  io->write);
		r->seg[i].gref = io->ref[i];
		r->seg[i].first_sect = 0;
		r->seg[i].last_sect = PAGE_SIZE / BLK_SECTOR - 1;
	}
	b->io[id] = io;
	io->result = 1;
	b->prod++;
	push(b);
	return 0;
}

static void finish(struct blk *b, unsigned int id, int result)
{
	struct blk_io *io = b->io[id];

	b->io[id] = NULL;
	io->result = result;
	for (unsigned int i = 0; i < io->pages; i++) {
		/* Kept by the backend though it has answered: not ours. */
		if (!grant_revoke(io->ref[i])) {
			io->result = -XEN_EBUSY;
		}
	}
}

static int lied(struct blk *b)
{
	b->broken = true;
	for (unsigned int id = 0; id < BLK_RING; id++) {
		if (b->io[id]) {
			finish(b, id, -XEN_EIO);
		}
	}
	return -XEN_EIO;
}

static int take(struct blk *b, const struct blkif_response *answer)
{
	struct blkif_response r = *answer;

	barrier();	/* from here on only the copy is looked at */
	if (r.id >= BLK_RING || !b->io[r.id]) {
		return lied(b);
	}
	finish(b, r.id, r.status == BLKIF_RSP_OKAY ? 0 : -XEN_EIO);
	return 0;
}

int blk_reap(struct blk *b, bool wait)
{
	unsigned int have, taken = 0;

	if (b->broken) {
		return -XEN_EIO;
	}
	for (;;) {
		have = READ_ONCE(b->shared->rsp_prod) - b->cons;
		if (have > b->prod - b->cons) {
			return lied(b);
		}
		barrier();
		for (; have; have--, taken++) {
			int err = take(b, &slot(b, b->cons++)->rsp);

			if (err) {
				return err;
			}
		}
		/* An event for the next one, unless it is there by now. */
		WRITE_ONCE(b->shared->rsp_event, b->cons + 1);
		mb();
		if (READ_ONCE(b->shared->rsp_prod) != b->cons) {
			continue;
		}
		if (taken || !wait || b->prod == b->cons) {
			return taken;
		}
		front_wait(&b->dev, NSEC_PER_SEC);
	}
}

int blk_do(struct blk *b, struct blk_io *io)
{
	int err = blk_submit(b, io);

	while (!err && io->result == 1) {
		int n = blk_reap(b, true);

		err = n < 0 ? n : 0;
	}
	return err ? err : io->result;
}

int blk_flush(struct blk *b)
{
	struct blk_io io = { .write = true };

	return b->can_flush ? blk_do(b, &io) : 0;
}
