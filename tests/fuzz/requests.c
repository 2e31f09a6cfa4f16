/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * libFuzzer target: everything a guest writes that the backends decode with
 * pure code. The first byte chooses which; whatever is let through must keep
 * the promises of blk_request.h, net_request.h and net_offload.h.
 */
#include "fuzz.h"

#include "blk/blk_request.h"
#include "common/number.h"
#include "net/net_offload.h"
#include "net/net_request.h"

void fuzz_seeds(void (*add)(const void *data, size_t size))
{
	uint8_t bytes[200];

	for (unsigned int i = 0; i < 8; i++) {
		memset(bytes, i / 4 ? 0 : 0x11, sizeof(bytes));
		bytes[0] = i;
		add(bytes, sizeof(bytes));
	}
}

static void on_block(const uint8_t *data, size_t size)
{
	static struct blk_request out;
	static struct blkif_request_segment segs[BLK_MAX_SEGMENTS];
	struct blk_limits lim = { .sectors = 1 << 20, .discard = true };
	struct blkif_request raw;
	uint64_t sum = 0;
	unsigned int i;

	memset(&raw, 0, sizeof(raw));
	memcpy(&raw, data, size < sizeof(raw) ? size : sizeof(raw));
	lim.readonly = raw.id & 1;
	if (blk_decode(&raw, &lim, &out) != 0) {
		return;
	}
	if (out.indirect) {
		promise(out.nr_segments <= BLK_MAX_SEGMENTS);
		memset(segs, 0, sizeof(segs));
		if (size > sizeof(raw)) {
			size -= sizeof(raw);
			memcpy(segs, data + sizeof(raw),
			       size < sizeof(segs) ? size : sizeof(segs));
		}
		if (blk_decode_segments(segs, &lim, &out) != 0) {
			return;
		}
	}
	for (i = 0; i < out.nr_segments; i++) {
		promise(out.segments[i].length != 0);
		promise(out.segments[i].offset + out.segments[i].length <=
			BLK_PAGE);
		sum += out.segments[i].length;
	}
	promise(out.nr_segments == 0 || sum == out.bytes);
	promise(out.sector + out.bytes / BLK_SECTOR <= lim.sectors);
	promise(!lim.readonly || out.kind == BLK_READ || out.bytes == 0);
}

static void on_chain(const uint8_t *data, size_t size)
{
	static struct net_chain c;
	uint32_t sum = 0;
	unsigned int i;
	int rc = 0;

	net_chain_begin(&c);
	while (rc == 0 && size >= 12) {
		rc = net_chain_add(&c, data);
		data += 12;
		size -= 12;
	}
	if (rc != 1 || net_chain_check(&c) != 0) {
		return;
	}
	promise(c.nr_parts <= NET_MAX_PARTS);
	for (i = 0; i < c.nr_parts; i++) {
		promise(c.parts[i].offset < NET_PAGE);
		promise(c.parts[i].offset + c.parts[i].size <= NET_PAGE);
		sum += c.parts[i].size;
	}
	promise(sum == c.size && sum <= NET_MAX_PACKET);
}

/* Packets live in allocations of their exact size: ASan sees one byte over. */
static void on_offload(const uint8_t *data, size_t size)
{
	struct net_chain c;
	struct net_accepts accepts;
	struct net_rx_info info;
	struct virtio_net_hdr h;
	uint8_t *packet;
	uint8_t flags;

	if (size < 1 + sizeof(h) + NET_ETH_HEADER) {
		return;
	}
	flags = *data++;
	memcpy(&h, data, sizeof(h));
	data += sizeof(h);
	size -= 1 + sizeof(h);
	packet = malloc(size);
	if (!packet) {
		return;
	}
	memcpy(packet, data, size);
	accepts = (struct net_accepts){
		flags & 1, flags & 2, flags & 4, flags & 8,
	};
	net_offload_rx(&h, packet, (uint32_t)size, &accepts, &info);
	net_chain_begin(&c);
	c.size = (uint32_t)size;
	c.csum_blank = flags & 16;
	c.gso = (enum net_gso)((flags >> 5) % 3);
	c.gso_size = h.gso_size;
	if (net_offload_tx(&c, packet, (uint32_t)size, &h) == 0 &&
	    h.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) {
		promise((size_t)h.csum_start + h.csum_offset + 2 <= size);
		promise(h.hdr_len <= size);
	}
	free(packet);
}

static void on_number(const uint8_t *data, size_t size)
{
	char text[64];
	uint64_t n;

	if (size >= sizeof(text)) {
		size = sizeof(text) - 1;
	}
	memcpy(text, data, size);
	text[size] = '\0';
	if (number_parse(text, UINT32_MAX, &n) == 0) {
		promise(n <= UINT32_MAX && n == strtoull(text, NULL, 10));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0) {
		return 0;
	}
	switch (data[0] % 4) {
	case 0:
		on_block(data + 1, size - 1);
		break;
	case 1:
		on_chain(data + 1, size - 1);
		break;
	case 2:
		on_offload(data + 1, size - 1);
		break;
	default:
		on_number(data + 1, size - 1);
		break;
	}
	return 0;
}
