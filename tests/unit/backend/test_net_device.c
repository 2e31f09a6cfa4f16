/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The whole network backend but its main(), against a pretended Xen and a
 * socket pair in the tap device's place: packets arrive byte for byte, each
 * slot is answered once and in its place, and a frontend that keeps no rule
 * loses its device and nothing else.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "common/log.h"
#include "fake_xen.h"
#include "net/net_device.h"

enum {
	TX_GREF = 0, RX_GREF = 1,
	TX_DATA = 100, RX_DATA = 1000,
	RING_ENTS = 256,
};

static struct net_device dev;
static struct backend be;
static int wire;			/* our end of the "tap" */
static struct netif_tx_front_ring tx;
static struct netif_rx_front_ring rx;
static struct netif_rx_request posted[RING_ENTS];

static const struct backend_ops ops = {
	.program = "test", .attach = net_rings_attach,
	.work = net_rings_work, .detach = net_rings_detach,
};

static void make_rings(void)
{
	struct netif_tx_sring *ts = (void *)fake_page(TX_GREF);
	struct netif_rx_sring *rs = (void *)fake_page(RX_GREF);

	memset(ts, 0, FAKE_PAGE);
	memset(rs, 0, FAKE_PAGE);
	SHARED_RING_INIT(ts);
	FRONT_RING_INIT(&tx, ts, FAKE_PAGE);
	SHARED_RING_INIT(rs);
	FRONT_RING_INIT(&rx, rs, FAKE_PAGE);
	fake_grant(TX_GREF, FAKE_WRITABLE);
	fake_grant(RX_GREF, FAKE_WRITABLE);
}

static void start(bool sg)
{
	static xengntshr_handle *gntshr;
	int fds[2];

	memset(&dev, 0, sizeof(dev));
	fake_reset();
	fake_backend(&be, &ops, &dev);
	log_start("test", "vif", "/dev/null");
	dev.be = &be;
	cr_assert_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0,
				fds), 0);
	cr_assert_eq(net_tx_open(&dev), 0);
	dev.tap.fd = fds[0];
	wire = fds[1];
	/* In turns by address and by reference: nothing else may differ. */
	gntshr = gntshr ? NULL : fake_gntshr();
	cr_assert_eq(own_pages_open(&dev.tx_pages, gntshr, FAKE_SELF,
				    NET_TX_PAGES), 0);
	cr_assert_eq(own_pages_open(&dev.rx_pages, gntshr, FAKE_SELF,
				    NET_RX_PAGES), 0);
	dev.tap_ready = true;
	dev.tap_source.fd = dev.tap.fd;
	dev.tap_source.arg = &dev;
	cr_assert_eq(loop_add(&be.loop, &dev.tap_source), 0);
	make_rings();
	fake_front("tx-ring-ref", "0");
	fake_front("rx-ring-ref", "1");
	fake_front("event-channel-tx", "8");
	fake_front("event-channel-rx", "9");
	fake_front("request-rx-copy", "1");
	fake_front("feature-sg", sg ? "1" : "0");
	fake_front("feature-gso-tcpv4", "1");
	fake_front("feature-ipv6-csum-offload", "1");
	cr_assert_eq(net_rings_attach(&be), 0, "%s", be.failure);
	be.attached = true;
	net_rings_attached(&be);
	cr_assert_eq(dev.tx.nr_ents, RING_ENTS);
	cr_assert_eq(dev.rx.nr_ents, RING_ENTS);
}

static void stop(void)
{
	net_rings_detach(&be);
	cr_assert_eq(fake_mapped(), 0);
	cr_assert_eq(fake_bound(), 0);
	net_tx_close(&dev);
	own_pages_close(&dev.tx_pages);
	own_pages_close(&dev.rx_pages);
	cr_assert_eq(fake_shared(), 0);
	net_tap_close(&dev.tap);
	close(wire);
	fake_backend_end(&be);
}

/* Cuts @size bytes at @data into slots as a frontend may. */
static unsigned int send_packet(const uint8_t *data, uint32_t size,
				uint16_t id, uint32_t *gref)
{
	unsigned int n = 0;
	uint32_t done = 0;

	while (done < size) {
		uint32_t offset = rand() % 2 ? (uint32_t)rand() % 500 : 0;
		uint32_t part = FAKE_PAGE - offset;
		struct netif_tx_request *r =
			RING_GET_REQUEST(&tx, tx.req_prod_pvt);

		if (part > size - done) {
			part = size - done;
		}
		fake_grant(TX_DATA + *gref, FAKE_READONLY);
		memcpy(fake_page(TX_DATA + *gref) + offset, data + done, part);
		*r = (struct netif_tx_request){
			.gref = TX_DATA + *gref, .offset = (uint16_t)offset,
			.id = id,
			.size = (uint16_t)(done == 0 ? size : part),
			.flags = done + part < size ? NETTXF_more_data : 0,
		};
		done += part;
		*gref = (*gref + 1) % 800;
		tx.req_prod_pvt++;
		n++;
	}
	return n;
}

static void push_tx(void)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	tx.sring->req_prod = tx.req_prod_pvt;
}

static ssize_t from_wire(struct virtio_net_hdr *h, uint8_t *data)
{
	struct iovec iov[2] = {
		{ h, sizeof(*h) }, { data, NET_BUFFER },
	};
	ssize_t n = readv(wire, iov, 2);

	return n < 0 ? -1 : n - (ssize_t)sizeof(*h);
}

static void to_wire(const struct virtio_net_hdr *h, const uint8_t *data,
		    size_t size)
{
	struct iovec iov[2] = {
		{ (void *)(uintptr_t)h, sizeof(*h) },
		{ (void *)(uintptr_t)data, size },
	};

	cr_assert_eq(writev(wire, iov, 2), (ssize_t)(size + sizeof(*h)));
	dev.tap_ready = true;
}

/* Packets of ARP type, which no offload looks into. */
static void random_packet(uint8_t *data, uint32_t size)
{
	uint32_t i;

	for (i = 0; i < size; i++) {
		data[i] = (uint8_t)rand();
	}
	data[12] = 0x08;
	data[13] = 0x06;
}

Test(net_device, guest_sends)
{
	static uint8_t sent[4][NET_BUFFER], got[NET_BUFFER];
	unsigned int round;
	uint32_t gref = 0;

	srand(20260120);
	start(true);
	for (round = 0; round < 1000; round++) {
		unsigned int i, n = 1 + (unsigned int)rand() % 4, slots = 0;
		uint32_t sizes[4];

		for (i = 0; i < n; i++) {
			sizes[i] = 14 + (uint32_t)rand() %
				   (rand() % 4 ? 1500 : 60000);
			random_packet(sent[i], sizes[i]);
			slots += send_packet(sent[i], sizes[i],
					     (uint16_t)(round + i), &gref);
		}
		push_tx();
		net_rings_work(&be);
		cr_assert_not(backend_failed(&be), "%s", be.failure);
		for (i = 0; i < n; i++) {
			struct virtio_net_hdr h;
			ssize_t size = from_wire(&h, got);

			cr_assert_eq(size, sizes[i], "round %u", round);
			cr_assert_eq(memcmp(got, sent[i], sizes[i]), 0);
			cr_assert_eq(h.flags, 0);
		}
		cr_assert_eq(tx.sring->rsp_prod - tx.rsp_cons, slots);
		for (; tx.rsp_cons != tx.sring->rsp_prod; tx.rsp_cons++) {
			cr_assert_eq(RING_GET_RESPONSE(&tx, tx.rsp_cons)
				     ->status, NETIF_RSP_OKAY);
		}
	}
	stop();
}

/*
 * Headers cut anywhere are found all the same: what goes out is, but for how
 * it lay in the guest, the packet that was sent in one part.
 */
Test(net_device, guest_sends_cut_headers)
{
	static uint8_t sent[3000], whole[NET_BUFFER], got[NET_BUFFER];
	struct virtio_net_hdr h_whole, h;
	uint32_t cut, i;

	start(true);
	random_packet(sent, sizeof(sent));
	memcpy(sent + 12, "\x08\x00\x45\x00\x0b\xaa", 6);
	memset(sent + 20, 0, 2);
	sent[23] = 6;
	sent[46] = 0x50;
	for (cut = sizeof(sent); cut != 0; cut = cut > 100 ? 100 : cut - 1) {
		for (i = 0; i < 2; i++) {
			uint32_t size = i == 0 ? cut : sizeof(sent) - cut;
			struct netif_tx_request *r;

			if (size == 0) {
				continue;
			}
			r = RING_GET_REQUEST(&tx, tx.req_prod_pvt++);
			fake_grant(TX_DATA + i, FAKE_READONLY);
			memcpy(fake_page(TX_DATA + i) + FAKE_PAGE - size,
			       sent + i * cut, size);
			*r = (struct netif_tx_request){
				.gref = TX_DATA + i,
				.offset = (uint16_t)(FAKE_PAGE - size),
				.size = i == 0 ? sizeof(sent) : (uint16_t)size,
				.flags = NETTXF_csum_blank |
					 (size != sizeof(sent) && i == 0 ?
					  NETTXF_more_data : 0),
			};
		}
		push_tx();
		net_rings_work(&be);
		cr_assert_eq(from_wire(&h, got), sizeof(sent));
		cr_assert_eq(h.flags, VIRTIO_NET_HDR_F_NEEDS_CSUM);
		if (cut == sizeof(sent)) {
			h_whole = h;
			memcpy(whole, got, sizeof(sent));
		}
		cr_assert_eq(memcmp(&h, &h_whole, sizeof(h)), 0);
		cr_assert_eq(memcmp(got, whole, sizeof(sent)), 0);
	}
	cr_assert_eq(dev.count.tx_packets, 101);
	stop();
}

/* Puts @n buffers into the ring. */
static void post(unsigned int n)
{
	while (n-- != 0) {
		RING_IDX i = rx.req_prod_pvt;
		struct netif_rx_request *r = RING_GET_REQUEST(&rx, i);

		r->id = (uint16_t)(i % RING_ENTS);
		r->gref = RX_DATA + i % 700;
		fake_grant(r->gref, FAKE_WRITABLE);
		posted[i % RING_ENTS] = *r;
		rx.req_prod_pvt++;
	}
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	rx.sring->req_prod = rx.req_prod_pvt;
}

/* Takes one packet out of the ring; returns its size. */
static uint32_t receive(uint8_t *data, struct netif_extra_info *gso)
{
	uint32_t size = 0;
	bool more = true, extra = false;

	gso->type = 0;
	while (more) {
		struct netif_rx_response rsp;
		RING_IDX i = rx.rsp_cons++;

		cr_assert_neq(i, rx.sring->rsp_prod, "a cut packet");
		rsp = *RING_GET_RESPONSE(&rx, i);
		if (extra) {
			memcpy(gso, &rsp, sizeof(*gso));
			extra = false;
			continue;
		}
		cr_assert_eq(rsp.id, i % RING_ENTS, "in its own slot");
		cr_assert_gt(rsp.status, 0);
		memcpy(data + size, fake_page(posted[rsp.id].gref) +
		       rsp.offset, (size_t)rsp.status);
		size += (uint32_t)rsp.status;
		more = rsp.flags & NETRXF_more_data;
		extra = rsp.flags & NETRXF_extra_info;
		if (!more && extra) {
			memcpy(gso, RING_GET_RESPONSE(&rx, rx.rsp_cons),
			       sizeof(*gso));
			rx.rsp_cons++;
		}
	}
	return size;
}

Test(net_device, guest_receives)
{
	static uint8_t sent[8][NET_BUFFER], got[NET_BUFFER];
	struct virtio_net_hdr h = { .flags = 0 };
	struct netif_extra_info gso;
	unsigned int round;

	srand(20260121);
	start(true);
	for (round = 0; round < 1000; round++) {
		unsigned int i, n = 1 + (unsigned int)rand() % 4, tries;
		uint32_t sizes[8];

		for (i = 0; i < n; i++) {
			sizes[i] = 14 + (uint32_t)rand() %
				   (rand() % 4 ? 1500 : 40000);
			random_packet(sent[i], sizes[i]);
			to_wire(&h, sent[i], sizes[i]);
		}
		/* Buffers come in small portions: packets must wait. */
		for (i = 0, tries = 0; i < n; tries++) {
			cr_assert_lt(tries, 200);
			if (RING_ENTS - (rx.req_prod_pvt - rx.rsp_cons) > 8) {
				post(1 + (unsigned int)rand() % 8);
			}
			net_rings_work(&be);
			cr_assert_not(backend_failed(&be));
			while (rx.rsp_cons != rx.sring->rsp_prod) {
				cr_assert_lt(i, n);
				cr_assert_eq(receive(got, &gso), sizes[i]);
				cr_assert_eq(memcmp(got, sent[i], sizes[i]),
					     0);
				i++;
			}
		}
	}
	stop();
}

/* A large segment arrives whole, with the word on how to cut it. */
Test(net_device, guest_receives_gso)
{
	static uint8_t sent[NET_BUFFER], got[NET_BUFFER];
	struct virtio_net_hdr h = {
		.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
		.gso_type = VIRTIO_NET_HDR_GSO_TCPV4, .gso_size = 1448,
		.hdr_len = 54, .csum_start = 34, .csum_offset = 16,
	};
	struct netif_extra_info gso;
	unsigned int n;
	static const uint32_t sizes[] = { 1500, 4096, 4097, 30000, 65535 };

	start(true);
	for (n = 0; n < sizeof(sizes) / sizeof(sizes[0]); n++) {
		memset(sent, 0x33, sizes[n]);
		sent[12] = 0x08;
		sent[13] = 0x00;
		sent[14] = 0x45;
		sent[20] = 0;
		sent[21] = 0;
		sent[23] = 6;
		sent[46] = 0x50;
		to_wire(&h, sent, sizes[n]);
		post(20);
		net_rings_work(&be);
		cr_assert_not(backend_failed(&be));
		cr_assert_eq(RING_GET_RESPONSE(&rx, rx.rsp_cons)->flags &
			     (NETRXF_csum_blank | NETRXF_extra_info),
			     NETRXF_csum_blank | NETRXF_extra_info);
		cr_assert_eq(receive(got, &gso), sizes[n]);
		cr_assert_eq(memcmp(got, sent, sizes[n]), 0);
		cr_assert_eq(gso.type, XEN_NETIF_EXTRA_TYPE_GSO);
		cr_assert_eq(gso.u.gso.size, 1448);
		cr_assert_eq(gso.u.gso.type, XEN_NETIF_GSO_TYPE_TCPV4);
	}
	stop();
}

Test(net_device, no_scatter_gather)
{
	static uint8_t sent[NET_BUFFER], got[NET_BUFFER];
	struct virtio_net_hdr h = { .flags = 0 };
	struct netif_extra_info gso;

	start(false);
	post(100);
	random_packet(sent, 9000);
	to_wire(&h, sent, 9000);
	to_wire(&h, sent, 1514);
	net_rings_work(&be);
	cr_assert_eq(receive(got, &gso), 1514, "the large one is lost");
	cr_assert_eq(rx.rsp_cons, rx.sring->rsp_prod);
	cr_assert_eq(dev.count.rx_dropped, 1);
	stop();
}

Test(net_device, bad_grants)
{
	static uint8_t sent[NET_BUFFER];
	struct virtio_net_hdr h = { .flags = 0 };
	uint32_t gref = 0;

	start(true);
	random_packet(sent, 3000);
	send_packet(sent, 3000, 1, &gref);
	fake_grant(TX_DATA, FAKE_NONE);
	push_tx();
	post(4);
	fake_grant(posted[0].gref, FAKE_READONLY);
	to_wire(&h, sent, 3000);
	to_wire(&h, sent, 3000);
	net_rings_work(&be);
	cr_assert_not(backend_failed(&be), "only the packets");
	cr_assert_eq(RING_GET_RESPONSE(&tx, 0)->status, NETIF_RSP_ERROR);
	cr_assert_eq(RING_GET_RESPONSE(&rx, 0)->status, NETIF_RSP_ERROR);
	cr_assert_eq(RING_GET_RESPONSE(&rx, 1)->status, 3000);
	cr_assert_eq(from_wire(&h, sent), -1, "nothing went out");
	stop();
}

Test(net_device, chain_cut_by_the_index)
{
	struct netif_tx_request *r;

	start(true);
	r = RING_GET_REQUEST(&tx, tx.req_prod_pvt);
	*r = (struct netif_tx_request){
		.gref = TX_DATA, .size = 3000, .flags = NETTXF_more_data,
	};
	tx.req_prod_pvt++;
	push_tx();
	net_rings_work(&be);
	cr_assert(backend_failed(&be));
	stop();
}

Test(net_device, hostile_frontend)
{
	static uint8_t sent[NET_BUFFER];
	struct virtio_net_hdr h = { .flags = 0 };
	unsigned int round, batch, lies = 0, i;

	srand(20260122);
	random_packet(sent, NET_BUFFER);
	for (round = 0; round < 200; round++) {
		start(rand() % 2);
		for (i = 100; i < FAKE_PAGES; i++) {
			fake_grant(i, (enum fake_access)(rand() % 3));
		}
		for (batch = 0; batch < 50; batch++) {
			uint8_t *t = (uint8_t *)fake_page(TX_GREF) + 64;
			uint8_t *r = (uint8_t *)fake_page(RX_GREF) + 64;

			for (i = 0; i < FAKE_PAGE - 64; i++) {
				t[i] = (uint8_t)rand();
				r[i] = (uint8_t)rand();
			}
			for (i = 0; i < RING_ENTS; i++) {
				struct netif_tx_request *q =
					RING_GET_REQUEST(&tx, i);

				q->gref %= FAKE_PAGES;
				q->offset %= 4000;
				q->size %= 200;
				q->flags &= rand() % 5 ? 3 : 0xffff;
				RING_GET_REQUEST(&rx, i)->gref %= FAKE_PAGES;
			}
			tx.sring->req_prod = rand() % 40 ?
				dev.tx.rsp_prod + rand() % 100 :
				(uint32_t)rand();
			rx.sring->req_prod = rand() % 40 ?
				dev.rx.rsp_prod + rand() % 257 :
				(uint32_t)rand();
			h.flags = rand() % 4;
			h.csum_start = (uint16_t)rand() % 2000;
			h.csum_offset = (uint16_t)rand() % 100;
			to_wire(&h, sent, 10 + rand() % 60000);
			net_rings_work(&be);
			while (recv(wire, sent, sizeof(sent), 0) > 0) {
			}
			if (backend_failed(&be)) {
				lies++;
				break;
			}
		}
		stop();
	}
	cr_assert_gt(lies, 50);
}

Test(net_device, refuses_bad_offers)
{
	start(true);
	stop();
	fake_backend(&be, &ops, &dev);
	fake_front("request-rx-copy", "0");
	cr_assert_neq(net_rings_attach(&be), 0);
	fake_front("request-rx-copy", "1");
	fake_front("multi-queue-num-queues", "2");
	cr_assert_neq(net_rings_attach(&be), 0);
	fake_front("multi-queue-num-queues", "1");
	fake_front("rx-ring-ref", "5000");
	cr_assert_neq(net_rings_attach(&be), 0);
	fake_front("rx-ring-ref", "x");
	cr_assert_neq(net_rings_attach(&be), 0);
	fake_front("rx-ring-ref", "1");
	fake_front("event-channel-rx", "5000");
	cr_assert_neq(net_rings_attach(&be), 0);
	cr_assert_eq(fake_mapped(), 0);
	cr_assert_eq(fake_bound(), 0);
	fake_backend_end(&be);
}
