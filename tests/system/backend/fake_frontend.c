/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * fake-frontend vbd|vif BACKEND-PATH FRONTEND-PATH: a frontend that lies.
 *
 * It runs in domain 0 and grants domain 0's own pages (/dev/xen/gntalloc), so
 * a real backend serves it over real rings on a real hypervisor. First it
 * keeps the rules, to be believed; then it breaks them one by one, and checks
 * that each costs what it must: a request, or the device, never the process.
 * Prints a line per check; exits 1 if one failed.
 */
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xenevtchn.h>
#include <xengnttab.h>
#include <xenstore.h>
#include <xen/io/blkif.h>
#include <xen/io/netif.h>
#include <xen/io/xenbus.h>

enum { PAGES = 8, PAGE = 4096, WAIT_MS = 10000, NO_GRANT = 0x7fffffff };

static const char *back, *front;
static struct xs_handle *xs;
static xenevtchn_handle *evtchn;
static uint32_t grefs[PAGES];
static uint8_t *pages;
static int port = -1;
static bool failed;

static void check(bool good, const char *what)
{
	printf("%s: %s\n", good ? "ok" : "FAILED", what);
	fflush(stdout);
	failed |= !good;
}

static void put(const char *key, unsigned int value)
{
	char path[256], text[16];
	int n = snprintf(text, sizeof(text), "%u", value);

	snprintf(path, sizeof(path), "%s/%s", front, key);
	xs_write(xs, XBT_NULL, path, text, (unsigned int)n);
}

static int back_state(void)
{
	char path[256];
	unsigned int len;
	char *text;
	int state;

	snprintf(path, sizeof(path), "%s/state", back);
	text = xs_read(xs, XBT_NULL, path, &len);
	state = text ? atoi(text) : XenbusStateUnknown;
	free(text);
	return state;
}

static bool back_becomes(int state)
{
	int ms;

	for (ms = 0; ms < WAIT_MS; ms += 10) {
		if (back_state() == state) {
			return true;
		}
		usleep(10000);
	}
	return false;
}

/* Sleeps until an event comes, or for a little while. */
static void wait_event(void)
{
	struct pollfd p = { .fd = xenevtchn_fd(evtchn), .events = POLLIN };

	if (poll(&p, 1, 10) == 1) {
		xenevtchn_unmask(evtchn,
				 (evtchn_port_t)xenevtchn_pending(evtchn));
	}
}

static void notify(void)
{
	xenevtchn_notify(evtchn, (evtchn_port_t)port);
}

static void fresh_port(void)
{
	if (port >= 0) {
		xenevtchn_unbind(evtchn, (evtchn_port_t)port);
	}
	port = xenevtchn_bind_unbound_port(evtchn, 0);
	put("event-channel", (unsigned int)port);
}

/* Closes from our side and waits until the backend follows. */
static void close_device(void)
{
	put("state", XenbusStateClosing);
	usleep(20000);
	put("state", XenbusStateClosed);
	check(back_becomes(XenbusStateClosed), "backend closes with us");
}

/* --- disk */

static struct blkif_front_ring blk;

static bool blk_connect(void)
{
	struct blkif_sring *sring = (void *)pages;

	memset(pages, 0, PAGE);
	SHARED_RING_INIT(sring);
	FRONT_RING_INIT(&blk, sring, PAGE);
	put("state", XenbusStateInitialising);
	if (!back_becomes(XenbusStateInitWait)) {
		return false;
	}
	fresh_port();
	put("ring-ref", grefs[0]);
	put("feature-persistent", 1);
	put("state", XenbusStateInitialised);
	if (!back_becomes(XenbusStateConnected)) {
		return false;
	}
	put("state", XenbusStateConnected);
	return true;
}

static struct blkif_request blk_request(uint8_t op, uint32_t gref,
					uint64_t sector)
{
	struct blkif_request r;

	memset(&r, 0, sizeof(r));
	r.operation = op;
	r.nr_segments = 1;
	r.sector_number = sector;
	r.seg[0].gref = gref;
	r.seg[0].last_sect = 7;
	return r;
}

/* The answer's status to one request; 99 if there is none. */
static int blk_ask(struct blkif_request r)
{
	RING_IDX at = blk.req_prod_pvt++;
	int ms;

	r.id = at;
	*RING_GET_REQUEST(&blk, at) = r;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	blk.sring->rsp_event = blk.rsp_cons + 1;
	blk.sring->req_prod = blk.req_prod_pvt;
	notify();
	for (ms = 0; ms < WAIT_MS; ms += 10) {
		if (*(volatile RING_IDX *)&blk.sring->rsp_prod !=
		    blk.rsp_cons) {
			return RING_GET_RESPONSE(&blk, blk.rsp_cons++)->status;
		}
		wait_event();
	}
	return 99;
}

static struct blkif_request blk_indirect(uint32_t gref)
{
	struct blkif_request_indirect ind = {
		.operation = BLKIF_OP_INDIRECT, .indirect_op = BLKIF_OP_READ,
		.nr_segments = 200, .indirect_grefs = { gref },
	};
	struct blkif_request r;

	memset(&r, 0, sizeof(r));
	memcpy(&r, &ind, sizeof(ind));
	return r;
}

static void blk_bad_requests(void)
{
	struct blkif_request r;
	static const struct {
		uint8_t op;
		uint64_t sector;
		const char *what;
	} bad[] = {
		{ BLKIF_OP_READ, UINT64_MAX, "a sector beyond all" },
		{ BLKIF_OP_WRITE, 1ull << 55, "a sector that wraps as bytes" },
	};
	unsigned int i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		r = blk_request(bad[i].op, grefs[1], bad[i].sector);
		check(blk_ask(r) == BLKIF_RSP_ERROR, bad[i].what);
	}
	r = blk_request(BLKIF_OP_READ, NO_GRANT, 8);
	check(blk_ask(r) == BLKIF_RSP_ERROR, "reading to a grant of none");
	r = blk_request(BLKIF_OP_WRITE, NO_GRANT, 8);
	check(blk_ask(r) == BLKIF_RSP_ERROR, "writing from a grant of none");
	r = blk_request(BLKIF_OP_READ, grefs[1], 8);
	r.seg[0].last_sect = 9;
	check(blk_ask(r) == BLKIF_RSP_ERROR, "a segment beyond its page");
	r = blk_request(BLKIF_OP_READ, grefs[1], 8);
	r.nr_segments = 255;
	check(blk_ask(r) == BLKIF_RSP_ERROR, "255 segments");
	r = blk_request(77, grefs[1], 8);
	check(blk_ask(r) == BLKIF_RSP_EOPNOTSUPP, "operation 77");
	check(blk_ask(blk_indirect(NO_GRANT)) == BLKIF_RSP_ERROR,
	      "indirect segments in a grant of none");
	memset(pages + 3 * PAGE, 0xff, PAGE);
	check(blk_ask(blk_indirect(grefs[3])) == BLKIF_RSP_ERROR,
	      "indirect segments of ones only");
	check(back_state() == XenbusStateConnected, "still connected");
}

static void test_vbd(void)
{
	int i;

	check(blk_connect(), "connects");
	memset(pages + PAGE, 0x5a, PAGE);
	check(blk_ask(blk_request(BLKIF_OP_WRITE, grefs[1], 8)) == 0,
	      "writes");
	check(blk_ask(blk_request(BLKIF_OP_READ, grefs[2], 8)) == 0 &&
	      memcmp(pages + PAGE, pages + 2 * PAGE, PAGE) == 0,
	      "reads the same");
	blk_bad_requests();
	for (i = 0; i < 100000; i++) {
		notify();
	}
	check(blk_ask(blk_request(BLKIF_OP_READ, grefs[2], 8)) == 0,
	      "serves after 100000 events for nothing");
	blk.sring->req_prod += 1000;
	notify();
	check(back_becomes(XenbusStateClosed), "an index that lies closes");
	close_device();
	check(blk_connect(), "connects again");
	check(blk_ask(blk_request(BLKIF_OP_READ, grefs[2], 8)) == 0,
	      "serves again");
	close_device();
	put("state", XenbusStateInitialising);
	back_becomes(XenbusStateInitWait);
	put("ring-ref", NO_GRANT);
	put("state", XenbusStateInitialised);
	check(back_becomes(XenbusStateClosed), "a ring of none is refused");
	close_device();
}

/* --- network */

static struct netif_tx_front_ring tx;

static bool net_connect(void)
{
	struct netif_tx_sring *ts = (void *)pages;
	struct netif_rx_sring *rs = (void *)(pages + PAGE);

	memset(pages, 0, 2 * PAGE);
	SHARED_RING_INIT(ts);
	SHARED_RING_INIT(rs);
	FRONT_RING_INIT(&tx, ts, PAGE);
	put("state", XenbusStateInitialising);
	if (!back_becomes(XenbusStateInitWait)) {
		return false;
	}
	fresh_port();
	put("tx-ring-ref", grefs[0]);
	put("rx-ring-ref", grefs[1]);
	put("request-rx-copy", 1);
	put("feature-sg", 1);
	put("state", XenbusStateConnected);
	return back_becomes(XenbusStateConnected);
}

static void net_push(void)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	tx.sring->rsp_event = tx.rsp_cons + 1;
	tx.sring->req_prod = tx.req_prod_pvt;
	notify();
}

static int net_send(uint32_t gref, uint16_t offset, uint16_t size,
		    uint16_t flags)
{
	int ms;

	*RING_GET_REQUEST(&tx, tx.req_prod_pvt) = (struct netif_tx_request){
		.gref = gref, .offset = offset, .size = size, .flags = flags,
	};
	tx.req_prod_pvt++;
	net_push();
	for (ms = 0; ms < WAIT_MS; ms += 10) {
		if (*(volatile RING_IDX *)&tx.sring->rsp_prod != tx.rsp_cons) {
			return RING_GET_RESPONSE(&tx, tx.rsp_cons++)->status;
		}
		wait_event();
	}
	return 99;
}

static void test_vif(void)
{
	check(net_connect(), "connects");
	memset(pages + 2 * PAGE, 0xff, PAGE);
	check(net_send(grefs[2], 0, 60, 0) == NETIF_RSP_OKAY, "sends");
	check(net_send(NO_GRANT, 0, 60, 0) == NETIF_RSP_ERROR,
	      "a grant of none");
	check(net_send(grefs[2], 4000, 100, 0) == NETIF_RSP_ERROR,
	      "a part that crosses its page");
	check(net_send(grefs[2], 0, 13, 0) == NETIF_RSP_ERROR,
	      "less than an Ethernet header");
	check(net_send(grefs[2], 0, 60, NETTXF_csum_blank) == NETIF_RSP_ERROR,
	      "a blank checksum in no protocol");
	check(net_send(grefs[2], 0, 60, 0) == NETIF_RSP_OKAY, "sends still");
	*RING_GET_REQUEST(&tx, tx.req_prod_pvt) = (struct netif_tx_request){
		.gref = grefs[2], .size = 60, .flags = NETTXF_more_data,
	};
	tx.req_prod_pvt++;
	net_push();
	check(back_becomes(XenbusStateClosed), "a cut chain closes");
	close_device();
	check(net_connect(), "connects again");
	check(net_send(grefs[2], 0, 60, 0) == NETIF_RSP_OKAY, "sends again");
	tx.sring->req_prod -= 1;
	notify();
	check(back_becomes(XenbusStateClosed), "an index gone back closes");
	close_device();
}

int main(int argc, char **argv)
{
	xengntshr_handle *gntshr;

	if (argc != 4) {
		fputs("usage: fake-frontend vbd|vif BACKEND FRONTEND\n",
		      stderr);
		return 2;
	}
	back = argv[2];
	front = argv[3];
	xs = xs_open(0);
	evtchn = xenevtchn_open(NULL, 0);
	gntshr = xengntshr_open(NULL, 0);
	if (!xs || !evtchn || !gntshr) {
		perror("fake-frontend: no Xen here");
		return 2;
	}
	pages = xengntshr_share_pages(gntshr, 0, PAGES, grefs, 1);
	if (!pages) {
		perror("fake-frontend: cannot grant");
		return 2;
	}
	if (strcmp(argv[1], "vbd") == 0) {
		test_vbd();
	} else {
		test_vif();
	}
	return failed;
}
