/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The file or block device that holds the disk's bytes.
 */
#ifndef BACKEND_BLK_IMAGE_H
#define BACKEND_BLK_IMAGE_H

#include <stdbool.h>
#include <stdint.h>

struct blk_image {
	int fd;
	bool block_device;
	bool readonly;
	bool discard;			/* holes can be punched */
	uint32_t discard_granularity;	/* bytes */
	uint64_t sectors;		/* of 512 bytes */
};

/*
 * Opens @path. A file that another backend holds for writing, or that this
 * one would write while others read it, is refused (-EBUSY) unless @shared.
 */
int blk_image_open(struct blk_image *img, const char *path, bool readonly,
		   bool direct, bool shared);
void blk_image_close(struct blk_image *img);

/* Looks at the size again: 1 if it changed, 0 if not, or -errno. */
int blk_image_resize(struct blk_image *img);

#endif
