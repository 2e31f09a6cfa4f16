/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The whole disk backend but its main(), against a pretended Xen and a real
 * file: a frontend that keeps the rules finds its data as on any disk; one
 * that keeps none loses its device, and nothing is left mapped or in flight.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "blk/blk_device.h"
#include "common/log.h"
#include "fake_xen.h"

enum {
	DISK_SECTORS = 4096,		/* 2 MiB */
	RING_GREF = 0,			/* up to 16 pages */
	INDIRECT_GREF = 16,
	DATA_GREF = 32,			/* and all above */
	DATA_PAGES = FAKE_PAGES - DATA_GREF,
};

static struct blk_device dev;
static struct backend be;
static uint8_t shadow[DISK_SECTORS * 512];

/* The frontend's end. */
static struct blkif_front_ring front;
static struct {
	bool busy;
	int16_t status;
	bool answered;
} reqs[1024];
static unsigned int outstanding;

static const struct backend_ops ops = {
	.program = "test", .attach = blk_ring_attach,
	.work = blk_ring_work, .detach = blk_ring_detach,
};

static bool start(bool persistent, unsigned int order)
{
	char path[] = "/tmp/pv-test-disk-XXXXXX", key[16], value[16];
	struct blkif_sring *sring;
	unsigned int i;
	int fd = mkstemp(path);

	cr_assert_geq(fd, 0);
	cr_assert_eq(ftruncate(fd, sizeof(shadow)), 0);
	close(fd);
	memset(shadow, 0, sizeof(shadow));
	memset(reqs, 0, sizeof(reqs));
	memset(&dev, 0, sizeof(dev));
	outstanding = 0;
	fake_reset();
	fake_backend(&be, &ops, &dev);
	dev.be = &be;
	dev.port = -1;
	dev.file = "disk";
	log_start("test", "disk", "/dev/null");
	cr_assert_eq(blk_image_open(&dev.image, path, false, false, false),
		     0);
	unlink(path);
	cr_assert_eq(blk_pages_init(&dev.pages, NULL, FAKE_DOMID), 0);
	if (io_uring_queue_init(BLK_SQ_ENTRIES, &dev.uring, 0) != 0) {
		return false;
	}
	dev.limits = (struct blk_limits){
		.sectors = dev.image.sectors, .discard = dev.image.discard,
	};
	cr_assert_eq(dev.limits.sectors, DISK_SECTORS);

	sring = (void *)fake_page(RING_GREF);
	memset(sring, 0, (size_t)FAKE_PAGE << order);
	SHARED_RING_INIT(sring);
	FRONT_RING_INIT(&front, sring, (size_t)FAKE_PAGE << order);
	for (i = 0; i < 1u << order; i++) {
		fake_grant(RING_GREF + i, FAKE_WRITABLE);
		snprintf(key, sizeof(key), order ? "ring-ref%u" : "ring-ref",
			 i);
		snprintf(value, sizeof(value), "%u", RING_GREF + i);
		fake_front(key, value);
	}
	snprintf(value, sizeof(value), "%u", order);
	if (order != 0) {
		fake_front("ring-page-order", value);
	}
	fake_front("event-channel", "9");
	fake_front("protocol", "x86_64-abi");
	fake_front("feature-persistent", persistent ? "1" : "0");
	cr_assert_eq(blk_ring_attach(&be), 0, "%s", be.failure);
	be.attached = true;
	cr_assert_eq(dev.ring.nr_ents, RING_SIZE(&front));
	return true;
}

static void stop(void)
{
	blk_ring_detach(&be);
	cr_assert_eq(dev.in_flight, 0);
	cr_assert_eq(fake_mapped(), 0);
	cr_assert_eq(fake_bound(), 0);
	cr_assert_eq(dev.pages.nr_bounce_free, BLK_BOUNCE_PAGES);
	io_uring_queue_exit(&dev.uring);
	blk_pages_free(&dev.pages);
	blk_image_close(&dev.image);
	fake_backend_end(&be);
}

static void need_uring(bool ok)
{
	if (!ok) {
		cr_skip_test("no io_uring here");
	}
}

static void collect(void)
{
	RING_IDX i, prod = front.sring->rsp_prod;

	for (i = front.rsp_cons; i != prod; i++) {
		struct blkif_response *rsp = RING_GET_RESPONSE(&front, i);

		cr_assert_lt(rsp->id, 1024);
		cr_assert(reqs[rsp->id].busy, "answered twice");
		reqs[rsp->id].busy = false;
		reqs[rsp->id].answered = true;
		reqs[rsp->id].status = rsp->status;
		outstanding--;
	}
	front.rsp_cons = i;
	front.sring->rsp_event = i + 1;
}

static void turn(void)
{
	blk_ring_work(&be);
	collect();
}

static void turn_until_done(void)
{
	time_t end = time(NULL) + 60;	/* the host may be busy */

	while (outstanding != 0) {
		cr_assert_lt(time(NULL), end, "never answered");
		turn();
	}
}

static struct blkif_request *next_request(uint64_t id)
{
	struct blkif_request *req =
		RING_GET_REQUEST(&front, front.req_prod_pvt);

	front.req_prod_pvt++;
	memset(req, 0, sizeof(*req));
	req->id = id;
	reqs[id].busy = true;
	reqs[id].answered = false;
	outstanding++;
	return req;
}

static void push(void)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	front.sring->req_prod = front.req_prod_pvt;
}

struct plan {
	uint64_t sector;
	unsigned int nr;
	struct blkif_request_segment segs[BLK_MAX_SEGMENTS];
};

/* A random transfer within [from, from + room) by pages from @page on. */
static void make_plan(struct plan *p, uint64_t from, unsigned int room,
		      unsigned int page, unsigned int max_segs)
{
	unsigned int total = 0, i;

	p->nr = 1 + (unsigned int)rand() % max_segs;
	for (i = 0; i < p->nr; i++) {
		struct blkif_request_segment *s = &p->segs[i];
		unsigned int n;

		s->first_sect = rand() % 3 ? 0 : (uint8_t)(rand() % 8);
		s->last_sect = rand() % 3 ? 7 : (uint8_t)
			(s->first_sect + rand() % (8 - s->first_sect));
		n = s->last_sect - s->first_sect + 1u;
		if (total + n > room) {
			break;
		}
		total += n;
		s->gref = DATA_GREF + (page + i) % DATA_PAGES;
	}
	p->nr = i;
	p->sector = from + (room > total ? rand() % (room - total) : 0);
}

static void submit(const struct plan *p, uint64_t id, bool write,
		   uint32_t indirect_gref)
{
	struct blkif_request *req = next_request(id);

	if (p->nr <= 11 && rand() % 2) {
		req->operation = write ? BLKIF_OP_WRITE : BLKIF_OP_READ;
		req->nr_segments = (uint8_t)p->nr;
		req->sector_number = p->sector;
		memcpy(req->seg, p->segs, p->nr * sizeof(p->segs[0]));
	} else {
		struct blkif_request_indirect ind = {
			.operation = BLKIF_OP_INDIRECT,
			.indirect_op = write ? BLKIF_OP_WRITE : BLKIF_OP_READ,
			.nr_segments = (uint16_t)p->nr, .id = id,
			.sector_number = p->sector,
			.indirect_grefs = { indirect_gref },
		};

		memcpy(fake_page(indirect_gref), p->segs,
		       p->nr * sizeof(p->segs[0]));
		fake_grant(indirect_gref, FAKE_WRITABLE);
		memcpy(req, &ind, sizeof(ind));
	}
}

/* Compares or copies between the plan's pages and the shadow. */
static void with_shadow(const struct plan *p, bool write)
{
	uint8_t *disk = shadow + p->sector * 512;
	unsigned int i;

	for (i = 0; i < p->nr; i++) {
		const struct blkif_request_segment *s = &p->segs[i];
		uint8_t *mem = fake_page(s->gref) + s->first_sect * 512;
		size_t n = (size_t)(s->last_sect - s->first_sect + 1) * 512;

		if (write) {
			memcpy(disk, mem, n);
		} else {
			cr_assert_eq(memcmp(disk, mem, n), 0,
				     "sector %llu",
				     (unsigned long long)p->sector);
		}
		disk += n;
	}
}

static void fill_pages(const struct plan *p, bool write)
{
	unsigned int i, j;

	for (i = 0; i < p->nr; i++) {
		uint32_t *mem = (void *)fake_page(p->segs[i].gref);

		/* Where persistent grants are off, no more than is needed. */
		fake_grant(p->segs[i].gref, write && !dev.pages.keep ?
			   FAKE_READONLY : FAKE_WRITABLE);
		for (j = 0; j < FAKE_PAGE / 4; j++) {
			mem[j] = (uint32_t)rand();
		}
	}
}

/*
 * Rounds of up to 4 requests in flight at once, each on its own quarter of
 * the disk and of the pages, compared with what a disk must do.
 */
static void good_frontend(bool persistent, unsigned int order, int rounds)
{
	static struct plan plans[4];
	int round;

	srand(20260110 + order);
	need_uring(start(persistent, order));
	for (round = 0; round < rounds; round++) {
		bool write[4];
		unsigned int i, quarter = DISK_SECTORS / 4;

		for (i = 0; i < 4; i++) {
			write[i] = rand() % 2;
			make_plan(&plans[i], (uint64_t)i * quarter, quarter,
				  i * (DATA_PAGES / 4),
				  rand() % 8 ? 16 : 200);
			fill_pages(&plans[i], write[i]);
			submit(&plans[i], i, write[i], INDIRECT_GREF + i);
		}
		push();
		turn_until_done();
		for (i = 0; i < 4; i++) {
			cr_assert_eq(reqs[i].status, BLKIF_RSP_OKAY);
			with_shadow(&plans[i], write[i]);
		}
		cr_assert_not(backend_failed(&be), "%s", be.failure);
	}
	stop();
}

Test(blk_device, persistent)
{
	good_frontend(true, 0, 400);
}

Test(blk_device, copied)
{
	good_frontend(false, 0, 400);
}

Test(blk_device, ring_of_four_pages)
{
	good_frontend(true, 2, 300);
}

Test(blk_device, flush_and_discard)
{
	struct blkif_request_discard d = {
		.operation = BLKIF_OP_DISCARD, .id = 2, .sector_number = 8,
		.nr_sectors = 16,
	};
	struct plan p = { .sector = 0, .nr = 4 };
	struct blkif_request *req;
	unsigned int i;

	need_uring(start(true, 0));
	for (i = 0; i < 4; i++) {
		p.segs[i] = (struct blkif_request_segment){
			.gref = DATA_GREF + i, .last_sect = 7,
		};
	}
	fill_pages(&p, true);
	with_shadow(&p, true);
	/* A flush that brings data is a write with durability. */
	req = next_request(0);
	req->operation = BLKIF_OP_FLUSH_DISKCACHE;
	req->nr_segments = 4;
	memcpy(req->seg, p.segs, sizeof(req->seg[0]) * 4);
	push();
	turn_until_done();
	cr_assert_eq(reqs[0].status, BLKIF_RSP_OKAY);
	req = next_request(1);
	req->operation = BLKIF_OP_FLUSH_DISKCACHE;
	req = next_request(2);
	memcpy(req, &d, sizeof(d));
	push();
	turn_until_done();
	cr_assert_eq(reqs[1].status, BLKIF_RSP_OKAY);
	if (dev.limits.discard) {
		cr_assert_eq(reqs[2].status, BLKIF_RSP_OKAY);
		memset(shadow + 8 * 512, 0, 16 * 512);
	}
	fill_pages(&p, false);
	submit(&p, 3, false, INDIRECT_GREF);
	push();
	turn_until_done();
	cr_assert_eq(reqs[3].status, BLKIF_RSP_OKAY);
	with_shadow(&p, false);
	stop();
}

Test(blk_device, grants_that_are_none)
{
	struct plan p = { .sector = 0, .nr = 3 };
	unsigned int i, persistent;

	for (persistent = 0; persistent < 2; persistent++) {
		need_uring(start(persistent, 0));
		for (i = 0; i < 3; i++) {
			p.segs[i] = (struct blkif_request_segment){
				.gref = DATA_GREF + i, .last_sect = 7,
			};
		}
		fill_pages(&p, false);
		p.segs[1].gref = 4000000000u;
		submit(&p, 0, true, INDIRECT_GREF);
		submit(&p, 1, false, INDIRECT_GREF + 1);
		p.segs[1].gref = DATA_GREF + 1;
		fake_grant(DATA_GREF + 1, FAKE_READONLY);
		submit(&p, 2, false, INDIRECT_GREF + 2);
		push();
		turn_until_done();
		for (i = 0; i < 3; i++) {
			cr_assert_eq(reqs[i].status, BLKIF_RSP_ERROR, "%u", i);
		}
		cr_assert_not(backend_failed(&be), "only the requests");
		stop();
	}
}

/* More pages than are kept: the oldest make room, data stays right. */
Test(blk_device, more_grants_than_kept)
{
	static struct blk_pages pages;
	unsigned int i;

	fake_reset();
	cr_assert_eq(blk_pages_init(&pages, NULL, FAKE_DOMID), 0);
	blk_pages_connect(&pages, true);
	for (i = 0; i < FAKE_PAGES; i++) {
		fake_grant(i, FAKE_WRITABLE);
	}
	pages.nr_kept = 0;
	srand(20260111);
	for (i = 0; i < 100000; i++) {
		uint32_t gref = (uint32_t)rand() % FAKE_PAGES;
		struct blk_page *p = blk_page_get(&pages, gref);

		cr_assert_not_null(p);
		cr_assert(p->kept);
		*(uint32_t *)p->mem = gref * 3;
		cr_assert_eq(*(uint32_t *)fake_page(gref), gref * 3);
		blk_page_put(&pages, p);
	}
	cr_assert_leq(fake_mapped(), BLK_KEPT_MAX);
	blk_pages_disconnect(&pages);
	cr_assert_eq(fake_mapped(), 0);
	blk_pages_free(&pages);
}

Test(blk_device, refuses_bad_offers)
{
	need_uring(start(true, 0));
	stop();
	fake_backend(&be, &ops, &dev);
	fake_front("protocol", "x86_32-abi");
	cr_assert_neq(blk_ring_attach(&be), 0);
	fake_front("protocol", "x86_64-abi");
	fake_front("ring-ref", "999999");
	cr_assert_neq(blk_ring_attach(&be), 0);
	fake_front("ring-ref", "-1");
	cr_assert_neq(blk_ring_attach(&be), 0);
	fake_front("ring-ref", "0");
	fake_front("event-channel", "5000");
	cr_assert_neq(blk_ring_attach(&be), 0);
	fake_front("event-channel", "5");
	fake_front("ring-page-order", "5");
	cr_assert_neq(blk_ring_attach(&be), 0);
	cr_assert_eq(fake_mapped(), 0);
	cr_assert_eq(fake_bound(), 0);
	fake_backend_end(&be);
}

/* Garbage in every slot; sometimes the index lies too. */
Test(blk_device, hostile_frontend)
{
	unsigned int round, lies = 0;

	srand(20260112);
	for (round = 0; round < 60; round++) {
		unsigned int i, batch;

		need_uring(start(round % 2, round % 3));
		for (i = 0; i < FAKE_PAGES - DATA_GREF; i++) {
			fake_grant(DATA_GREF + i, (enum fake_access)
				   (rand() % 3));
		}
		for (batch = 0; batch < 50; batch++) {
			volatile uint8_t *bytes =
				fake_page(RING_GREF) + 64;
			struct blkif_request *r;

			for (i = 0; i < FAKE_PAGE - 64; i++) {
				bytes[i] = (uint8_t)rand();
			}
			for (i = 0; i < 8; i++) {
				r = RING_GET_REQUEST(&front, i);
				r->operation %= 8;
				r->nr_segments %= 14;
				r->sector_number %= DISK_SECTORS + 4;
				r->seg[0].gref %= FAKE_PAGES;
				r->seg[1].gref %= FAKE_PAGES;
			}
			front.sring->req_prod = rand() % 40 ?
				dev.ring.rsp_prod + rand() %
				(dev.ring.nr_ents + 1) : (uint32_t)rand();
			blk_ring_work(&be);
			if (backend_failed(&be)) {
				lies++;
				break;
			}
		}
		stop();
	}
	cr_assert_gt(lies, 5);
}
