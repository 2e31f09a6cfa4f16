/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * A request in slot n has the buffers from n * SLOT on: its head, its pages,
 * and the byte into which the device writes how it went.
 */
#include "block.h"
#include "kernel/linux.h"

#define SLOT		16
#define FEATURE_READONLY	(1U << 5)
#define FEATURE_FLUSH	(1U << 9)
#define TYPE_READ	0
#define TYPE_WRITE	1
#define TYPE_FLUSH	4
#define HEAD_SIZE	16
#define NOT_DONE	0xff

int blk_open(struct blk *b, unsigned int index)
{
	uint32_t features;

	memset(b, 0, sizeof(*b));
	b->port = virtio_find(VIRTIO_BLOCK, index);
	if (!b->port) {
		return -ENOENT;
	}
	features = virtio_begin(b->port, FEATURE_READONLY | FEATURE_FLUSH);
	b->readonly = features & FEATURE_READONLY;
	b->can_flush = features & FEATURE_FLUSH;
	if (!virtio_queue_open(&b->queue, b->port, 0) ||
	    b->queue.size < BLK_RING * SLOT) {
		return -ENOMEM;
	}
	virtio_ready(b->port);
	for (int i = 7; i >= 0; i--) {
		b->sectors = b->sectors << 8 | virtio_config(b->port, i);
	}
	return 0;
}

void blk_close(struct blk *b)
{
	virtio_reset(b->port);
}

static void add(struct blk *b, unsigned int *at, const volatile void *memory,
		uint32_t size, uint16_t flags)
{
	b->queue.buffer[*at] = (struct virtio_buffer) {
		.address = virtio_address((const void *)memory), .size = size,
		.flags = flags, .next = *at + 1,
	};
	++*at;
}

int blk_submit(struct blk *b, struct blk_io *io)
{
	unsigned int slot = 0, at;
	struct blk_frame *frame;

	while (slot < BLK_RING && b->io[slot]) {
		slot++;
	}
	if (slot == BLK_RING) {
		return -EAGAIN;
	}
	frame = &b->frame[slot];
	frame->type = !io->pages ? TYPE_FLUSH :
		      io->write ? TYPE_WRITE : TYPE_READ;
	frame->priority = 0;
	frame->sector = io->sector;
	frame->status = NOT_DONE;
	at = slot * SLOT;
	add(b, &at, frame, HEAD_SIZE, VIRTIO_CHAIN);
	for (unsigned int i = 0; i < io->pages; i++) {
		add(b, &at, io->page[i], PAGE_SIZE, VIRTIO_CHAIN |
		    (io->write ? 0 : VIRTIO_DEVICE_WRITES));
	}
	add(b, &at, &frame->status, 1, VIRTIO_DEVICE_WRITES);
	b->io[slot] = io;
	io->result = 1;
	virtio_send(&b->queue, slot * SLOT);
	return 0;
}

int blk_reap(struct blk *b, bool wait)
{
	uint32_t id, size;
	int taken = 0;

	do {
		while (virtio_take(&b->queue, &id, &size)) {
			unsigned int slot = id / SLOT;

			if (slot >= BLK_RING || !b->io[slot]) {
				return -EINVAL;
			}
			b->io[slot]->result =
				READ_ONCE(b->frame[slot].status) ? -EINVAL : 0;
			b->io[slot] = NULL;
			taken++;
		}
		cpu_relax();
	} while (wait && !taken);
	return taken;
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

void blk_listen(struct blk *b)
{
	virtio_listen(&b->queue);
}
