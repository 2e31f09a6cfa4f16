/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Transmit chains: gathering slots and checking packets.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "net/net_request.h"

static struct net_chain c;

static struct netif_tx_request part(uint16_t flags, uint16_t offset,
				    uint16_t size)
{
	return (struct netif_tx_request){
		.gref = 9, .offset = offset, .flags = flags, .id = 3,
		.size = size,
	};
}

static int add(struct netif_tx_request r)
{
	return net_chain_add(&c, &r);
}

static int add_gso(uint8_t type, uint16_t size, uint8_t flags)
{
	struct netif_tx_request slot;
	struct netif_extra_info e;

	memset(&slot, 0, sizeof(slot));
	memset(&e, 0, sizeof(e));
	e.type = XEN_NETIF_EXTRA_TYPE_GSO;
	e.flags = flags;
	e.u.gso.size = size;
	e.u.gso.type = type;
	memcpy(&slot, &e, sizeof(e));
	return net_chain_add(&c, &slot);
}

Test(chain, one_slot)
{
	net_chain_begin(&c);
	cr_assert_eq(add(part(NETTXF_csum_blank, 100, 60)), 1);
	cr_assert_eq(net_chain_check(&c), 0);
	cr_assert_eq(c.size, 60);
	cr_assert_eq(c.nr_parts, 1);
	cr_assert(c.csum_blank);
	cr_assert_eq(c.gso, NET_GSO_NONE);
	cr_assert_eq(c.ids[0], 3);
}

Test(chain, first_size_is_the_whole)
{
	net_chain_begin(&c);
	cr_assert_eq(add(part(NETTXF_more_data, 96, 9000)), 0);
	cr_assert_eq(add(part(NETTXF_more_data, 0, 4096)), 0);
	cr_assert_eq(add(part(0, 10, 2000)), 1);
	cr_assert_eq(net_chain_check(&c), 0);
	cr_assert_eq(c.size, 9000);
	cr_assert_eq(c.parts[0].size, 9000 - 4096 - 2000);
	cr_assert_eq(c.nr_slots, 3);
}

Test(chain, gso)
{
	net_chain_begin(&c);
	cr_assert_eq(add(part(NETTXF_more_data | NETTXF_extra_info, 0,
			      6000)), 0);
	cr_assert_eq(add_gso(XEN_NETIF_GSO_TYPE_TCPV6, 1440, 0), 0);
	cr_assert_eq(add(part(0, 0, 4000)), 1);
	cr_assert_eq(net_chain_check(&c), 0);
	cr_assert_eq(c.gso, NET_GSO_TCPV6);
	cr_assert_eq(c.gso_size, 1440);
	cr_assert_eq(c.nr_slots, 3);
	cr_assert(c.is_extra[1]);
	cr_assert_not(c.is_extra[2]);
	cr_assert_eq(c.nr_parts, 2);
}

Test(chain, gso_in_one_slot_ends_with_its_extra)
{
	net_chain_begin(&c);
	cr_assert_eq(add(part(NETTXF_extra_info, 0, 3000)), 0);
	cr_assert_eq(add_gso(XEN_NETIF_GSO_TYPE_TCPV4, 1448, 0), 1);
	cr_assert_eq(net_chain_check(&c), 0);
}

Test(chain, extras_refused)
{
	net_chain_begin(&c);
	add(part(NETTXF_extra_info, 0, 3000));
	cr_assert_eq(add_gso(XEN_NETIF_GSO_TYPE_TCPV4, 0, 0), 1);
	cr_assert_eq(net_chain_check(&c), -EINVAL, "no segment size");
	net_chain_begin(&c);
	add(part(NETTXF_extra_info, 0, 3000));
	add_gso(77, 1448, 0);
	cr_assert_eq(net_chain_check(&c), -EINVAL, "unknown protocol");
	net_chain_begin(&c);
	add(part(NETTXF_extra_info, 0, 3000));
	cr_assert_eq(add_gso(XEN_NETIF_GSO_TYPE_TCPV4, 1448,
			     XEN_NETIF_EXTRA_FLAG_MORE), 0);
	cr_assert_eq(add_gso(XEN_NETIF_GSO_TYPE_TCPV4, 1448, 0), 1);
	cr_assert_eq(net_chain_check(&c), -EINVAL, "two of a kind");
}

Test(chain, bad_sizes)
{
	net_chain_begin(&c);
	add(part(0, 0, 13));
	cr_assert_eq(net_chain_check(&c), -EINVAL, "no Ethernet header");
	net_chain_begin(&c);
	add(part(0, 4090, 60));
	cr_assert_eq(net_chain_check(&c), -EINVAL, "crosses the page");
	net_chain_begin(&c);
	add(part(0, 65535, 60));
	cr_assert_eq(net_chain_check(&c), -EINVAL, "starts outside it");
	net_chain_begin(&c);
	add(part(0, 0, 5000));
	cr_assert_eq(net_chain_check(&c), -EINVAL, "more than a page");
	net_chain_begin(&c);
	add(part(NETTXF_more_data, 0, 1000));
	add(part(0, 0, 1000));
	cr_assert_eq(net_chain_check(&c), -EINVAL, "nothing in the first");
	net_chain_begin(&c);
	add(part(NETTXF_more_data, 0, 1000));
	add(part(0, 0, 1001));
	cr_assert_eq(net_chain_check(&c), -EINVAL, "less than nothing");
	net_chain_begin(&c);
	add(part(NETTXF_more_data, 0, 3000));
	add(part(0, 3000, 2000));
	cr_assert_eq(net_chain_check(&c), -EINVAL, "a later part crosses");
	net_chain_begin(&c);
	add(part(NETTXF_more_data, 0, 1000));
	add(part(0, NET_PAGE, 0));
	cr_assert_eq(net_chain_check(&c), -EINVAL, "nothing, but outside");
}

Test(chain, too_many_parts)
{
	unsigned int i;

	net_chain_begin(&c);
	for (i = 0; i < NET_MAX_PARTS; i++) {
		cr_assert_eq(add(part(NETTXF_more_data, 0,
				      i ? 100 : 5000)), 0);
	}
	cr_assert_eq(add(part(0, 0, 100)), 1);
	cr_assert_eq(net_chain_check(&c), -EINVAL);
	cr_assert_eq(c.nr_slots, NET_MAX_PARTS + 1, "all are answered");
}

Test(chain, endless)
{
	unsigned int i;

	net_chain_begin(&c);
	for (i = 0; i < NET_MAX_CHAIN; i++) {
		cr_assert_eq(add(part(NETTXF_more_data, 0, 100)), 0);
	}
	cr_assert_eq(add(part(NETTXF_more_data, 0, 100)), -EPROTO);
}

Test(chain, random_slots)
{
	unsigned int round, passed = 0;

	srand(20260103);
	for (round = 0; round < 500000; round++) {
		uint32_t sum = 0;
		unsigned int i;
		int rc = 0;

		net_chain_begin(&c);
		while (rc == 0) {
			uint32_t words[3];
			struct netif_tx_request r;

			for (i = 0; i < 3; i++) {
				words[i] = (uint32_t)rand() * 3u;
			}
			memcpy(&r, words, sizeof(r));
			r.offset %= 4200;
			r.flags &= 0xf;
			r.size %= c.nr_slots ? 1500 : 20000;
			if (c.want == NET_WANT_EXTRA) {
				((uint8_t *)&r)[0] = 1 + rand() % 2;
				((uint8_t *)&r)[1] = rand() % 4 == 0;
				((uint8_t *)&r)[4] = 1 + rand() % 2;
			}
			rc = net_chain_add(&c, &r);
		}
		if (rc < 0 || net_chain_check(&c) != 0) {
			continue;
		}
		passed++;
		for (i = 0; i < c.nr_parts; i++) {
			cr_assert_leq(c.parts[i].offset + c.parts[i].size,
				      NET_PAGE);
			sum += c.parts[i].size;
		}
		cr_assert_eq(sum, c.size);
		cr_assert_leq(c.nr_parts, NET_MAX_PARTS);
	}
	cr_assert_gt(passed, 1000);
}

Test(chain, receive_slots)
{
	cr_assert_eq(net_rx_slots(60, false), 1);
	cr_assert_eq(net_rx_slots(4096, false), 1);
	cr_assert_eq(net_rx_slots(4097, false), 2);
	cr_assert_eq(net_rx_slots(65535, true), 17);
	cr_assert_leq(net_rx_slots(NET_MAX_PACKET, true), NET_MAX_PARTS);
}
