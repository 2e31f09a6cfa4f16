/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * pv-blkback: one virtual disk of one domain, kept in a file or a block
 * device of domain 0. Here: the command line, and what the disk says about
 * itself in xenstore (names and meanings: xen/io/blkif.h).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "blk/blk_device.h"
#include "common/log.h"
#include "common/store.h"
#include "common/uring.h"

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "unknown"
#endif

static const char usage[] =
"Usage: pv-blkback --frontend-domid N --devid D --backend-path PATH --file FILE\n"
"                  [OPTION]...\n"
"Serve FILE, a raw image or block device, as a disk of a Xen PV domain.\n"
"\n"
"  --file FILE           where the bytes are\n"
"  --readonly            refuse writes\n"
"  --direct              bypass domain 0's page cache\n"
BACKEND_HELP
"  --help, --version\n"
"\n"
"It ends by itself when the device or the domain is gone. SIGHUP makes it\n"
"look at the size of FILE again; SIGTERM closes the device.\n";

/* The loop calls work() after every wait: being woken is all it takes. */
static void on_uring(void *arg)
{
	(void)arg;
}

static int start_uring(struct blk_device *d)
{
	static const uint8_t ops[] = {
		IORING_OP_READV, IORING_OP_WRITEV, IORING_OP_FSYNC,
		IORING_OP_FALLOCATE,
	};
	int rc = uring_open(&d->uring, BLK_SQ_ENTRIES, BLK_CQ_ENTRIES, ops,
			    sizeof(ops));

	if (rc != 0) {
		return rc;
	}
	d->have_uring = true;
	d->uring_source = (struct loop_source){
		.fd = d->uring.ring_fd, .events = EPOLLIN, .ready = on_uring,
	};
	rc = loop_add(&d->be->loop, &d->uring_source);
	if (rc != 0) {
		log_error("cannot wait for io_uring: %s", strerror(-rc));
	}
	return rc;
}

/* The toolstack's word on the disk: the node "mode" is r, w or w!. */
static void read_mode(struct blk_device *d, bool *shared)
{
	char *mode = store_read(d->be->xs, d->be->path, "mode");

	*shared = false;
	if (mode) {
		d->readonly |= mode[0] == 'r';
		*shared = strcmp(mode, "w!") == 0;
		free(mode);
	}
}

static int blk_start(struct backend *be)
{
	struct blk_device *d = be->device;
	bool shared;
	int rc;

	read_mode(d, &shared);
	rc = blk_image_open(&d->image, d->file, d->readonly, d->direct,
			    shared);
	if (rc != 0) {
		log_error("cannot open %s: %s", d->file, rc == -EBUSY ?
			  "it is mounted, or another disk" : strerror(-rc));
		return rc;
	}
	rc = blk_pages_init(&d->pages, be->gnttab, be->domid);
	if (rc != 0) {
		log_error("no memory");
		return rc;
	}
	rc = start_uring(d);
	if (rc != 0) {
		return rc;
	}
	d->limits.sectors = d->image.sectors;
	d->limits.readonly = d->readonly;
	d->limits.discard = d->image.discard &&
		store_read_bool(be->xs, be->path, "discard-enable", true);
	log_info("%s: %llu sectors%s%s", d->file,
		 (unsigned long long)d->limits.sectors,
		 d->readonly ? ", read-only" : "",
		 d->limits.discard ? ", discard" : "");
	return 0;
}

static unsigned int disk_info(struct backend *be, struct blk_device *d)
{
	char *type = store_read(be->xs, be->path, "device-type");
	unsigned int info = d->readonly ? VDISK_READONLY : 0;

	if (type && strcmp(type, "cdrom") == 0) {
		info |= VDISK_CDROM;
	}
	if (store_read_bool(be->xs, be->path, "removable", false)) {
		info |= VDISK_REMOVABLE;
	}
	free(type);
	return info;
}

static int put(struct backend *be, const char *key, unsigned long long value)
{
	return store_write(be->xs, be->path, key, "%llu", value);
}

static int blk_publish(struct backend *be)
{
	struct blk_device *d = be->device;
	int rc;

	rc = put(be, "sectors", d->limits.sectors);
	if (rc == 0) {
		rc = put(be, "sector-size", BLK_SECTOR);
	}
	if (rc == 0) {
		rc = put(be, "info", disk_info(be, d));
	}
	if (rc == 0) {
		rc = put(be, "feature-flush-cache", !d->readonly);
	}
	if (rc == 0) {
		rc = put(be, "feature-persistent", 1);
	}
	if (rc == 0) {
		rc = put(be, "feature-max-indirect-segments",
			 BLK_MAX_SEGMENTS);
	}
	if (rc == 0) {
		rc = put(be, "max-ring-page-order", BLK_RING_ORDER);
	}
	if (rc == 0) {
		rc = put(be, "feature-discard", d->limits.discard);
	}
	if (rc == 0 && d->limits.discard) {
		rc = put(be, "discard-granularity",
			 d->image.discard_granularity);
	}
	if (rc == 0 && d->limits.discard) {
		rc = put(be, "discard-alignment", 0);
	}
	if (rc == 0) {
		rc = store_write(be->xs, be->path, "hotplug-status",
				 "connected");
	}
	return rc;
}

/* A frontend reads the size again when Connected is written once more. */
static void blk_reload(struct backend *be)
{
	struct blk_device *d = be->device;

	if (blk_image_resize(&d->image) != 1) {
		return;
	}
	d->limits.sectors = d->image.sectors;
	log_info("%s now has %llu sectors", d->file,
		 (unsigned long long)d->limits.sectors);
	put(be, "sectors", d->limits.sectors);
	if (be->attached && be->state == XenbusStateConnected) {
		put(be, "state", XenbusStateConnected);
	}
}

static void blk_stop(struct backend *be)
{
	struct blk_device *d = be->device;

	if (d->have_uring) {
		io_uring_queue_exit(&d->uring);
	}
	blk_pages_free(&d->pages);
	blk_image_close(&d->image);
}

static const struct backend_ops blk_ops = {
	.program = "pv-blkback",
	.start = blk_start,
	.publish = blk_publish,
	.attach = blk_ring_attach,
	.work = blk_ring_work,
	.detach = blk_ring_detach,
	.reload = blk_reload,
	.stop = blk_stop,
};

static const struct option options[] = {
	BACKEND_OPTIONS,
	{ "file", required_argument, NULL, 'f' },
	{ "readonly", no_argument, NULL, 'r' },
	{ "direct", no_argument, NULL, 'i' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'v' },
	{ NULL, 0, NULL, 0 },
};

/* Negative: go on. Otherwise the exit status. */
static int parse(int argc, char **argv, struct backend *be,
		 struct blk_device *d)
{
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 'f':
			d->file = optarg;
			break;
		case 'r':
			d->readonly = true;
			break;
		case 'i':
			d->direct = true;
			break;
		case 'h':
			fputs(usage, stdout);
			return 0;
		case 'v':
			puts("pv-blkback (Paravane) " PACKAGE_VERSION);
			return 0;
		default:
			if (!backend_option(be, c, optarg)) {
				fputs("Try 'pv-blkback --help'.\n", stderr);
				return 2;
			}
		}
	}
	if (optind != argc || !d->file || !backend_options_complete(be)) {
		fputs(usage, stderr);
		return 2;
	}
	return -1;
}

int main(int argc, char **argv)
{
	static struct blk_device device;
	static struct backend be;
	int rc;

	be.ops = &blk_ops;
	be.device = &device;
	device.be = &be;
	device.port = -1;
	device.image.fd = -1;
	rc = parse(argc, argv, &be, &device);
	if (rc >= 0) {
		return rc;
	}
	return backend_run(&be);
}
