/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * keel's disk frontend before a backend that lies: nothing that a caller lent
 * is touched after he was told, and nothing more goes out. What the frontend
 * needs of a domain is pretended here.
 */
#include <criterion/criterion.h>

#include "front/blkfront.h"

static char ring_page[4096] __attribute__((aligned(4096)));
static struct blkif_sring *const shared = (void *)ring_page;
static bool granted[256], held[256];
static unsigned int nr_granted;

grant_ref_t grant_access(domid_t domain, const void *page, bool readonly)
{
	grant_ref_t ref = 8;

	(void)domain;
	(void)page;
	(void)readonly;
	while (granted[ref]) {
		ref++;
	}
	granted[ref] = true;
	nr_granted++;
	return ref;
}

bool grant_revoke(grant_ref_t ref)
{
	cr_assert(ref < 256 && granted[ref], "grant %u is not ours", ref);
	if (held[ref]) {
		return false;
	}
	granted[ref] = false;
	nr_granted--;
	return true;
}

int store_read_number(const char *path, const char *name, unsigned long *value)
{
	(void)path;
	(void)name;
	*value = 2048;
	return 0;
}

int store_write_number(uint32_t tx, const char *path, const char *name,
		       unsigned long value)
{
	(void)tx;
	(void)path;
	(void)name;
	(void)value;
	return 0;
}

int store_write(uint32_t tx, const char *path, const char *value)
{
	return store_write_number(tx, path, value, 0);
}

int front_find(struct front_device *d, const char *class, unsigned int index)
{
	(void)class;
	(void)index;
	memset(d, 0, sizeof(*d));
	return 0;
}

void *front_ring(struct front_device *d, grant_ref_t *ref)
{
	*ref = grant_access(d->backend_id, shared, false);
	return shared;
}

int front_state(struct front_device *d, enum xenbus_state state)
{
	(void)d;
	(void)state;
	return 0;
}

int front_wait_backend(struct front_device *d, unsigned long states)
{
	(void)d;
	(void)states;
	return XenbusStateConnected;
}

void front_close(struct front_device *d)
{
	(void)d;
}

int event_send(evtchn_port_t port)
{
	(void)port;
	return 0;
}

void front_wait(struct front_device *d, uint64_t ns)
{
	(void)d;
	(void)ns;
	cr_assert_fail("nobody is there to be waited for");
}

static struct blk disk;
static char page[4096] __attribute__((aligned(4096)));

static void begin(void)
{
	cr_assert_eq(blk_open(&disk, 0), 0);
	cr_assert_eq(nr_granted, 1);
}

TestSuite(blkfront, .init = begin);

static struct blk_io reading(void)
{
	return (struct blk_io){ .pages = 1, .page = { page } };
}

static void answer(uint64_t id, int16_t status)
{
	struct blkif_response *r =
		&shared->ring[shared->rsp_prod % BLK_RING].rsp;

	r->id = id;
	r->status = status;
	shared->rsp_prod++;
}

Test(blkfront, answers_in_any_order)
{
	struct blk_io io[3] = { reading(), reading(), reading() };

	for (int i = 0; i < 3; i++) {
		cr_assert_eq(blk_submit(&disk, &io[i]), 0);
	}
	answer(2, BLKIF_RSP_OKAY);
	answer(0, BLKIF_RSP_ERROR);
	cr_assert_eq(blk_reap(&disk, false), 2);
	cr_assert(io[0].result == -XEN_EIO && io[1].result == 1 &&
		  io[2].result == 0);
	held[io[1].ref[0]] = true;
	answer(1, BLKIF_RSP_OKAY);
	cr_assert_eq(blk_reap(&disk, true), 1);
	cr_assert_eq(io[1].result, -XEN_EBUSY, "a page that is kept is said");
	cr_assert_eq(nr_granted, 2);
}

/* However it lies: all has failed and is revoked, and that was the end. */
static void is_over(struct blk_io *io)
{
	struct blk_io more = reading();

	cr_assert_eq(blk_reap(&disk, false), -XEN_EIO);
	cr_assert_eq(io->result, -XEN_EIO);
	cr_assert_eq(nr_granted, 1, "only the ring is lent");
	cr_assert_eq(blk_submit(&disk, &more), -XEN_EIO);
	memset(io, 0xff, sizeof(*io));
	answer(0, BLKIF_RSP_OKAY);
	cr_assert_eq(blk_reap(&disk, true), -XEN_EIO);
	cr_assert_eq(io->result, -1, "it is the caller's again");
}

Test(blkfront, an_id_that_is_none)
{
	static const uint64_t ids[] = { 1, BLK_RING, UINT64_MAX };

	for (unsigned int i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		struct blk_io io = reading();

		memset(shared, 0, sizeof(ring_page));
		memset(granted, 0, sizeof(granted));
		nr_granted = 0;
		begin();
		cr_assert_eq(blk_submit(&disk, &io), 0);
		answer(ids[i], BLKIF_RSP_OKAY);
		is_over(&io);
	}
}

Test(blkfront, one_answer_twice)
{
	struct blk_io first = reading(), second = reading();

	cr_assert_eq(blk_submit(&disk, &first), 0);
	cr_assert_eq(blk_submit(&disk, &second), 0);
	answer(0, BLKIF_RSP_OKAY);
	answer(0, BLKIF_RSP_OKAY);
	is_over(&second);
	cr_assert_eq(first.result, 0);
}

Test(blkfront, an_index_beyond_what_was_asked)
{
	struct blk_io io = reading();

	cr_assert_eq(blk_submit(&disk, &io), 0);
	shared->rsp_prod = 2;
	is_over(&io);
}

Test(blkfront, indexes_that_wrap)
{
	/* The backend has served four thousand million requests. */
	disk.prod = disk.cons = shared->req_prod = shared->rsp_prod = -2;
	for (int i = 0; i < 5; i++) {
		struct blk_io io = reading();

		cr_assert_eq(blk_submit(&disk, &io), 0);
		answer(0, BLKIF_RSP_OKAY);
		cr_assert_eq(blk_reap(&disk, true), 1);
		cr_assert_eq(io.result, 0);
	}
}
