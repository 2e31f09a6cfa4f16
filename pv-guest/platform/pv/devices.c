/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/* Devices' interrupts are events on the ports that their frontends have. */
#include "block.h"
#include "net.h"
#include "platform/pv/pv.h"

static struct blk *disk;
static struct net *card;

static void on_device(evtchn_port_t port, void *arg)
{
	(void)port;
	(void)arg;
	kernel_device();
}

void blk_listen(struct blk *b)
{
	disk = b;
	event_set_handler(b->dev.port, on_device, NULL);
}

void net_listen(struct net *n)
{
	card = n;
	event_set_handler(n->dev.port, on_device, NULL);
}

static void reopen_disk(void)
{
	static struct blk old;

	old = *disk;
	page_free(old.shared);
	if (blk_open(disk, 0)) {
		panic("the disk is not there after a resume");
	}
	for (unsigned int i = 0; i < BLK_RING; i++) {
		if (old.io[i]) {
			blk_submit(disk, old.io[i]);
		}
	}
	blk_listen(disk);
}

/* Frames that were under way are lost, as they may be on any network. */
static void reopen_net(void)
{
	for (unsigned int i = 0; i < NET_RING; i++) {
		if (card->tx_page[i]) {
			page_free(card->tx_page[i]);
		}
		if (i < NET_RX) {
			page_free(card->rx_page[i]);
		}
	}
	page_free(card->tx);
	page_free(card->rx);
	if (net_open(card, 0)) {
		panic("the network is not there after a resume");
	}
	net_listen(card);
}

void pv_devices_reopen(void)
{
	if (disk) {
		reopen_disk();
	}
	if (card) {
		reopen_net();
	}
}
