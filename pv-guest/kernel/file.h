/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Open files: devices, pipes, sockets, and the read-only files of the initial
 * archive.
 */
#ifndef KEEL_KERNEL_FILE_H
#define KEEL_KERNEL_FILE_H

#include "kernel/linux.h"
#include "kernel/lock.h"

#define MAX_FILES	64
#define PATH_SIZE	256

struct file;

/* Buffers are user memory. Results: bytes, or a negative errno. */
struct file_ops {
	long (*read)(struct file *f, unsigned long to, size_t n);
	long (*write)(struct file *f, unsigned long from, size_t n);
	void (*close)(struct file *f);
	void (*stat)(struct file *f, struct linux_stat *st);
	uint64_t (*size)(struct file *f);	/* NULL: it has no places */
	long (*sync)(struct file *f);
};

struct file {
	int users;
	const struct file_ops *ops;
	unsigned int flags;		/* O_* */
	uint64_t position;
	union {
		const struct archive_entry *entry;
		struct pipe *pipe;
		struct socket *socket;
		unsigned int device;
	};
};

#define DISK_NUMBER	0xca00		/* major 202, as /dev/xvda */

/* A file or folder of the initial archive (newc, as cpio writes it). */
struct archive_entry {
	const char *name;
	unsigned int mode;
	const char *data;
	size_t size;
	struct archive_entry *next;
};

/* Reads the archive's table of contents; false when it is none. */
bool archive_init(const void *archive, size_t size);
const struct archive_entry *archive_find(const char *path);

/* An open file with one user. NULL, with *err set. */
struct file *file_open(const char *path, unsigned int flags, long *err);
struct file *file_create(const struct file_ops *ops, unsigned int flags);
void file_get(struct file *f);
void file_put(struct file *f);
long file_stat_path(const char *path, struct linux_stat *st);
long file_seek(struct file *f, int64_t offset, int whence);
bool file_is_archive(const struct file *f);

/* The two ends of a new pipe. 0 or -ENOMEM. */
int pipe_create(struct file **reader, struct file **writer);

#endif
