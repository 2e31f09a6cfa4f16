/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * One disk of xl.cfg's disk= list, after xl-disk-configuration(5), and the
 * number by which a guest knows it, after xen-vbd-interface(7).
 */
#ifndef TOOLSTACK_CONFIG_DISK_H
#define TOOLSTACK_CONFIG_DISK_H

#include <stdbool.h>

struct disk {
	char *path;		/* absolute path of the image or block device */
	char vdev[16];		/* the name the guest may use: "xvda1" */
	unsigned int devid;	/* xenstore's number for it */
	bool readonly;
	bool cdrom;
	bool discard;
	bool trusted;
};

/*
 * Parse one disk specification.  On failure returns -1, having printed what
 * was wrong with @spec.  disk_free() releases what a success allocated.
 */
int disk_parse(const char *spec, struct disk *disk);
void disk_free(struct disk *disk);

/*
 * The virtual block device number of a name such as "xvda", "sdb3", "hdc",
 * "d1p2" or a plain number.  -1 where the name has none.
 */
int vdev_to_devid(const char *name);

#endif
