/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The file or block device behind a disk: see blk_image.h.
 *
 * Two backends writing one image destroy it, so files are locked (flock) and
 * block devices opened exclusively. Locks end with the process.
 */
#include "blk/blk_image.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "blk/blk_request.h"

static int read_size(int fd, bool block_device, uint64_t *sectors)
{
	struct stat st;
	uint64_t bytes;

	if (block_device) {
		if (ioctl(fd, BLKGETSIZE64, &bytes) < 0) {
			return -errno;
		}
	} else {
		if (fstat(fd, &st) < 0) {
			return -errno;
		}
		bytes = (uint64_t)st.st_size;
	}
	*sectors = bytes / BLK_SECTOR;
	return 0;
}

/* Punching beyond the end changes nothing, but says if it can be done. */
static bool file_can_discard(int fd, uint64_t sectors)
{
	off_t end = (off_t)(sectors * BLK_SECTOR + BLK_PAGE);

	return fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, end,
			 BLK_PAGE) == 0;
}

static bool device_can_discard(dev_t dev)
{
	char path[80];
	unsigned long long max = 0;
	FILE *f;

	snprintf(path, sizeof(path),
		 "/sys/dev/block/%u:%u/queue/discard_max_bytes", major(dev),
		 minor(dev));
	f = fopen(path, "re");
	if (!f) {
		return false;
	}
	if (fscanf(f, "%llu", &max) != 1) {
		max = 0;
	}
	fclose(f);
	return max != 0;
}

static int lock(const struct blk_image *img, bool shared)
{
	int how = (img->readonly ? LOCK_SH : LOCK_EX) | LOCK_NB;

	if (shared || img->block_device) {
		return 0;
	}
	if (flock(img->fd, how) < 0) {
		return errno == EWOULDBLOCK ? -EBUSY : -errno;
	}
	return 0;
}

static int open_flags(const char *path, bool readonly, bool direct,
		      bool shared, int *flags, bool *block_device)
{
	struct stat st;

	if (stat(path, &st) < 0) {
		return -errno;
	}
	if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode)) {
		return -ENOTBLK;
	}
	*block_device = S_ISBLK(st.st_mode);
	*flags = O_CLOEXEC | (readonly ? O_RDONLY : O_RDWR);
	if (direct) {
		*flags |= O_DIRECT;
	}
	if (*block_device && !readonly && !shared) {
		*flags |= O_EXCL;
	}
	return 0;
}

int blk_image_open(struct blk_image *img, const char *path, bool readonly,
		   bool direct, bool shared)
{
	struct stat st;
	int flags, rc;

	memset(img, 0, sizeof(*img));
	img->fd = -1;
	img->readonly = readonly;
	rc = open_flags(path, readonly, direct, shared, &flags,
			&img->block_device);
	if (rc != 0) {
		return rc;
	}
	img->fd = open(path, flags);
	if (img->fd < 0) {
		return -errno;
	}
	if (fstat(img->fd, &st) < 0) {
		rc = -errno;
		goto out_close;
	}
	rc = lock(img, shared);
	if (rc == 0) {
		rc = read_size(img->fd, img->block_device, &img->sectors);
	}
	if (rc != 0) {
		goto out_close;
	}
	img->discard_granularity = BLK_PAGE;
	if (!readonly) {
		img->discard = img->block_device ?
			device_can_discard(st.st_rdev) :
			file_can_discard(img->fd, img->sectors);
	}
	return 0;

out_close:
	blk_image_close(img);
	return rc;
}

void blk_image_close(struct blk_image *img)
{
	if (img->fd >= 0) {
		close(img->fd);
	}
	img->fd = -1;
}

int blk_image_resize(struct blk_image *img)
{
	uint64_t sectors = 0;
	int rc = read_size(img->fd, img->block_device, &sectors);

	if (rc != 0 || sectors == img->sectors) {
		return rc;
	}
	img->sectors = sectors;
	return 1;
}
