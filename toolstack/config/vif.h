/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * One network interface of xl.cfg's vif= list, after
 * xl-network-configuration(5).
 */
#ifndef TOOLSTACK_CONFIG_VIF_H
#define TOOLSTACK_CONFIG_VIF_H

#include <stdbool.h>
#include <stdint.h>

struct vif {
	int devid;		/* -1: its place in the list */
	uint8_t mac[6];
	char *bridge;		/* never NULL */
	char *ifname;		/* NULL: vif<domid>.<devid> */
	int mtu;		/* 0: the bridge's */
	bool trusted;
};

/*
 * Parse one specification; an empty one is a NIC with every default.  A MAC
 * not given is drawn at random from Xen's range.  On failure returns -1,
 * having printed what was wrong.  vif_free() what succeeded.
 */
int vif_parse(const char *spec, struct vif *vif);
void vif_free(struct vif *vif);

/* Fill @buf with random bytes; never waits for entropy. */
void random_bytes(void *buf, unsigned int len);

#endif
