/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Virtual block device numbers, after xen-vbd-interface(7): the number both
 * names the device's xenstore directory and tells the guest which name and
 * partition is meant.
 *
 *	xvd, few partitions   202 << 8 | disk << 4 | partition
 *	sd                      8 << 8 | disk << 4 | partition
 *	hd, disks 0 and 1       3 << 8 | disk << 6 | partition
 *	hd, disks 2 and 3      22 << 8 | (disk - 2) << 6 | partition
 *	everything larger     1 << 28 | disk << 8 | partition
 */
#include "config/disk.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define MAX_DISK ((1 << 20) - 1)

/* "a" is 0, "z" 25, "aa" 26, as Linux counts them.  NULL if not letters. */
static const char *parse_letters(const char *p, int *disk)
{
	int n = 0;

	if (!islower((unsigned char)*p)) {
		return NULL;
	}
	while (islower((unsigned char)*p)) {
		n = n * 26 + (*p - 'a' + 1);
		if (n > MAX_DISK) {
			return NULL;
		}
		p++;
	}
	*disk = n - 1;
	return p;
}

/* A partition number, or the end of the name for the whole disk. */
static int parse_partition(const char *p, int *partition)
{
	char *end;
	long n;

	*partition = 0;
	if (!*p) {
		return 0;
	}
	if (!isdigit((unsigned char)*p) || *p == '0') {
		return -1;
	}
	n = strtol(p, &end, 10);
	if (*end || n > 255) {
		return -1;
	}
	*partition = n;
	return 0;
}

static int extended(int disk, int partition)
{
	return 1 << 28 | disk << 8 | partition;
}

static int parse_dXpY(const char *name)
{
	char *end;
	long disk, partition = 0;

	disk = strtol(name + 1, &end, 10);
	if (disk < 0 || disk > MAX_DISK) {
		return -1;
	}
	if (*end == 'p' && isdigit((unsigned char)end[1])) {
		partition = strtol(end + 1, &end, 10);
	}
	if (*end || partition < 0 || partition > 255) {
		return -1;
	}
	if (disk < 16 && partition < 16) {
		return 202 << 8 | disk << 4 | partition;
	}
	return extended(disk, partition);
}

static int devid_of_number(const char *name)
{
	char *end;
	long n = strtol(name, &end, 0);

	return *end || n < 0 || n >= 1L << 29 ? -1 : (int)n;
}

int vdev_to_devid(const char *name)
{
	int disk, partition;
	const char *p;

	if (isdigit((unsigned char)name[0])) {
		return devid_of_number(name);
	}
	if (name[0] == 'd' && isdigit((unsigned char)name[1])) {
		return parse_dXpY(name);
	}
	if (!strncmp(name, "xvd", 3)) {
		p = parse_letters(name + 3, &disk);
	} else if (!strncmp(name, "sd", 2) || !strncmp(name, "hd", 2)) {
		p = parse_letters(name + 2, &disk);
	} else {
		return -1;
	}
	if (!p || parse_partition(p, &partition)) {
		return -1;
	}
	switch (name[0]) {
	case 'x':
		if (disk < 16 && partition < 16) {
			return 202 << 8 | disk << 4 | partition;
		}
		return extended(disk, partition);
	case 's':
		return disk < 16 && partition < 16 ?
		       8 << 8 | disk << 4 | partition : -1;
	default:
		if (disk > 3 || partition > 63) {
			return -1;
		}
		return (disk < 2 ? 3 : 22) << 8 | (disk & 1) << 6 | partition;
	}
}
