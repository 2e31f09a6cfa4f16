/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * What stands in xenstore for one domain: its home directory, its console,
 * and both ends of each device.  Written in one transaction before the guest
 * runs, removed in one go after it is gone, so that the store holds either
 * all of a domain or nothing.
 */
#ifndef TOOLSTACK_LIB_STORE_H
#define TOOLSTACK_LIB_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/config.h"
#include "lib/build.h"
#include "lib/tools.h"

/*
 * Backend directories in domain 0.  The type words differ from "vbd" and
 * "vif" on purpose: under those, the control domain's own kernel drivers
 * (loaded by udev as soon as such a node appears) would take the device from
 * our backend.  Frontends only follow their "backend" node and do not care.
 */
#define STORE_BLK_TYPE "pvblk"
#define STORE_NET_TYPE "pvnet"

#define STORE_PATH_MAX 128

void store_blk_backend_path(uint32_t domid, unsigned int devid,
			    char path[STORE_PATH_MAX]);
void store_net_backend_path(uint32_t domid, unsigned int devid,
			    char path[STORE_PATH_MAX]);

/* The interface name that @vif will have in domain 0. */
void store_ifname(const struct vif *vif, uint32_t domid, char *name,
		  size_t size);

/* Write everything for @built and introduce it to xenstored. */
int store_add_domain(struct tools *t, const struct domain_config *cfg,
		     const struct built_domain *built);

/* Remove all traces of @domid; absent ones are no error. */
void store_remove_domain(struct tools *t, uint32_t domid);

/* One node's value as a number, or @fallback. */
long store_read_number(struct tools *t, const char *path, long fallback);

/* printf-style write of one node outside any transaction. */
int store_write(struct tools *t, const char *path, const char *value);

#endif
