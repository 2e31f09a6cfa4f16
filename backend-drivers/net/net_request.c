/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Chains of transmit slots, gathered and checked: see net_request.h.
 */
#include "net/net_request.h"

#include <errno.h>
#include <string.h>

void net_chain_begin(struct net_chain *c)
{
	c->nr_parts = 0;
	c->nr_extras = 0;
	c->nr_slots = 0;
	c->has_gso = false;
	c->unknown_extra = false;
	c->more_parts = false;
	c->want = NET_WANT_FIRST;
	c->size = 0;
	c->gso = NET_GSO_NONE;
	c->gso_size = 0;
	c->csum_blank = false;
}

static void add_part(struct net_chain *c, const struct netif_tx_request *req)
{
	if (c->nr_parts < NET_MAX_PARTS) {
		c->parts[c->nr_parts] = (struct net_part){
			.gref = req->gref, .offset = req->offset,
			.size = req->size, .id = req->id,
		};
	}
	c->nr_parts++;
	c->more_parts = req->flags & NETTXF_more_data;
}

static void add_extra(struct net_chain *c,
		      const struct netif_extra_info *extra)
{
	c->nr_extras++;
	if (extra->type == XEN_NETIF_EXTRA_TYPE_GSO && !c->has_gso) {
		c->has_gso = true;
		c->gso_info = *extra;
	} else {
		/* Nothing else was offered; nor two of one kind. */
		c->unknown_extra = true;
	}
}

int net_chain_add(struct net_chain *c, const void *slot)
{
	struct netif_tx_request req;
	struct netif_extra_info extra;
	bool is_extra = c->want == NET_WANT_EXTRA;
	bool extras_follow = false;

	if (c->nr_slots == NET_MAX_CHAIN) {
		return -EPROTO;
	}
	memcpy(&req, slot, sizeof(req));
	memcpy(&extra, slot, sizeof(extra));
	c->ids[c->nr_slots] = is_extra ? 0 : req.id;
	c->is_extra[c->nr_slots] = is_extra;
	c->nr_slots++;
	if (is_extra) {
		add_extra(c, &extra);
		extras_follow = extra.flags & XEN_NETIF_EXTRA_FLAG_MORE;
	} else {
		if (c->want == NET_WANT_FIRST) {
			c->first = req;
			extras_follow = req.flags & NETTXF_extra_info;
		}
		add_part(c, &req);
	}
	if (extras_follow) {
		c->want = NET_WANT_EXTRA;
	} else if (c->more_parts) {
		c->want = NET_WANT_PART;
	} else {
		c->want = NET_COMPLETE;
	}
	return c->want == NET_COMPLETE;
}

static int check_gso(struct net_chain *c)
{
	if (c->gso_info.u.gso.size == 0) {
		return -EINVAL;
	}
	switch (c->gso_info.u.gso.type) {
	case XEN_NETIF_GSO_TYPE_TCPV4:
		c->gso = NET_GSO_TCPV4;
		break;
	case XEN_NETIF_GSO_TYPE_TCPV6:
		c->gso = NET_GSO_TCPV6;
		break;
	default:
		return -EINVAL;
	}
	c->gso_size = c->gso_info.u.gso.size;
	return 0;
}

int net_chain_check(struct net_chain *c)
{
	uint32_t later = 0;
	unsigned int i;

	if (c->nr_parts == 0 || c->nr_parts > NET_MAX_PARTS ||
	    c->unknown_extra || c->first.size < NET_ETH_HEADER) {
		return -EINVAL;
	}
	for (i = 1; i < c->nr_parts; i++) {
		later += c->parts[i].size;
	}
	/* The first slot's own part is what the others leave. */
	if (later >= c->first.size) {
		return -EINVAL;
	}
	c->parts[0].size = (uint16_t)(c->first.size - later);
	for (i = 0; i < c->nr_parts; i++) {
		if (c->parts[i].offset >= NET_PAGE ||
		    c->parts[i].size > NET_PAGE - c->parts[i].offset) {
			return -EINVAL;
		}
	}
	c->size = c->first.size;
	c->csum_blank = c->first.flags & NETTXF_csum_blank;
	return c->has_gso ? check_gso(c) : 0;
}

unsigned int net_rx_slots(uint32_t size, bool gso)
{
	unsigned int n = (size + NET_PAGE - 1) / NET_PAGE;

	return n + (gso ? 1 : 0);
}
