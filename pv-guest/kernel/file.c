/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/* Open files, the archive that programs come from, and a few devices. */
#include "kernel/file.h"
#include "kernel/device.h"
#include "kernel/page.h"
#include "kernel/space.h"
#include "kernel/thread.h"

#define NEWC_HEADER	110
#define CONSOLE_POLL_NS	10000000UL

static struct archive_entry *entries;

/* ---- the archive ---- */

static unsigned long hex(const char *p)
{
	unsigned long n = 0;

	for (int i = 0; i < 8; i++, p++) {
		n = n * 16 + (*p >= 'a' ? *p - 'a' + 10 :
			      *p >= 'A' ? *p - 'A' + 10 : *p - '0');
	}
	return n;
}

static size_t align4(size_t n)
{
	return (n + 3) & ~3UL;
}

/* "./a/b", "/a/b" and "a/b" are one name. */
static const char *plain_name(const char *path)
{
	while (*path == '/' || (path[0] == '.' && path[1] == '/')) {
		path++;
	}
	return path[0] == '.' && !path[1] ? path + 1 : path;
}

bool archive_init(const void *archive, size_t size)
{
	const char *at = archive, *end = at + size;

	while (end - at > NEWC_HEADER && !memcmp(at, "070701", 6)) {
		size_t name_size = hex(at + 94), n = hex(at + 54);
		size_t data = align4(NEWC_HEADER + name_size);
		struct archive_entry *e = object_alloc(sizeof(*e));

		if (!e || (size_t)(end - at) < data ||
		    (size_t)(end - at) - data < n) {
			return false;
		}
		*e = (struct archive_entry) {
			.name = plain_name(at + NEWC_HEADER),
			.mode = hex(at + 14), .data = at + data, .size = n,
			.next = entries,
		};
		if (!strcmp(e->name, "TRAILER!!!")) {
			return true;
		}
		entries = e;
		at += align4(data + n);
	}
	return false;
}

const struct archive_entry *archive_find(const char *path)
{
	struct archive_entry *e = entries;

	path = plain_name(path);
	while (e && strcmp(e->name, path)) {
		e = e->next;
	}
	return e;
}

static long archive_read(struct file *f, unsigned long to, size_t n)
{
	const struct archive_entry *e = f->entry;

	if ((e->mode & S_IFMT) == S_IFDIR) {
		return -EISDIR;
	}
	if (f->position >= e->size) {
		return 0;
	}
	n = n < e->size - f->position ? n : e->size - f->position;
	if (!copy_out(to, e->data + f->position, n)) {
		return -EFAULT;
	}
	f->position += n;
	return n;
}

static long read_only(struct file *f, unsigned long from, size_t n)
{
	(void)f;
	(void)from;
	(void)n;
	return -EBADF;
}

static void entry_stat(const struct archive_entry *e, struct linux_stat *st)
{
	st->mode = e->mode;
	st->size = e->size;
	st->ino = (uintptr_t)e;
	st->blocks = (e->size + 511) / 512;
}

static void archive_stat(struct file *f, struct linux_stat *st)
{
	entry_stat(f->entry, st);
}

static uint64_t archive_size(struct file *f)
{
	return f->entry->size;
}

static const struct file_ops archive_ops = {
	.read = archive_read, .write = read_only, .stat = archive_stat,
	.size = archive_size,
};

/* ---- devices ---- */

static long null_read(struct file *f, unsigned long to, size_t n)
{
	(void)f;
	(void)to;
	(void)n;
	return 0;
}

static long sink_write(struct file *f, unsigned long from, size_t n)
{
	(void)f;
	(void)from;
	return n;
}

static long zero_read(struct file *f, unsigned long to, size_t n)
{
	static const char zeros[512];

	(void)f;
	for (size_t done = 0; done < n; done += sizeof(zeros)) {
		size_t step = n - done < sizeof(zeros) ? n - done :
			      sizeof(zeros);

		if (!copy_out(to + done, zeros, step)) {
			return -EFAULT;
		}
	}
	return n;
}

static long console_file_read(struct file *f, unsigned long to, size_t n)
{
	static struct lock console_lock;
	static struct waitq waiting;
	char text[64];
	size_t got;

	(void)f;
	n = n < sizeof(text) ? n : sizeof(text);
	while (!(got = console_read(text, n))) {
		if (signal_waits()) {
			return -ERESTART;
		}
		lock(&console_lock);
		waitq_sleep(&waiting, &console_lock,
			    clock_ns() + CONSOLE_POLL_NS);
		unlock(&console_lock);
	}
	for (size_t i = 0; i < got; i++) {
		text[i] = text[i] == '\r' ? '\n' : text[i];
	}
	console_print(text, got);
	return copy_out(to, text, got) ? (long)got : -EFAULT;
}

static long console_file_write(struct file *f, unsigned long from, size_t n)
{
	char text[256];
	size_t done = 0;

	(void)f;
	while (done < n) {
		size_t step = n - done < sizeof(text) ? n - done :
			      sizeof(text);

		if (!copy_in(text, from + done, step)) {
			return -EFAULT;
		}
		console_print(text, step);
		done += step;
	}
	return n;
}

static void number_stat(unsigned int number, struct linux_stat *st)
{
	st->mode = S_IFCHR | 0666;
	st->rdev = st->ino = number;
}

static void device_stat(struct file *f, struct linux_stat *st)
{
	number_stat(f->device, st);
}

static const struct file_ops null_ops = {
	.read = null_read, .write = sink_write, .stat = device_stat,
};
static const struct file_ops zero_ops = {
	.read = zero_read, .write = sink_write, .stat = device_stat,
};
static const struct file_ops console_ops = {
	.read = console_file_read, .write = console_file_write,
	.stat = device_stat,
};

static const struct device {
	const char *name;
	unsigned int number;
	const struct file_ops *ops;
} devices[] = {
	{ "dev/null", 0x103, &null_ops }, { "dev/zero", 0x105, &zero_ops },
	{ "dev/console", 0x501, &console_ops },
	{ "dev/tty", 0x500, &console_ops }, { "dev/disk", DISK_NUMBER, &disk_ops },
};

static const struct device *device_find(const char *path)
{
	path = plain_name(path);
	for (size_t i = 0; i < ARRAY_SIZE(devices); i++) {
		if (!strcmp(devices[i].name, path)) {
			return &devices[i];
		}
	}
	return NULL;
}

bool file_is_archive(const struct file *f)
{
	return f->ops == &archive_ops;
}

/* ---- files ---- */

struct file *file_create(const struct file_ops *ops, unsigned int flags)
{
	struct file *f = object_alloc(sizeof(*f));

	if (f) {
		f->users = 1;
		f->ops = ops;
		f->flags = flags;
	}
	return f;
}

struct file *file_open(const char *path, unsigned int flags, long *err)
{
	const struct device *d = device_find(path);
	const struct archive_entry *e = d ? NULL : archive_find(path);
	struct file *f;

	*err = -ENOENT;
	if (!d && !e) {
		*err = flags & O_CREAT ? -EROFS : -ENOENT;
		return NULL;
	}
	if (e && (flags & O_ACCMODE) != O_RDONLY) {
		*err = -EROFS;
		return NULL;
	}
	*err = d && d->ops == &disk_ops ? disk_may_open(flags) : 0;
	if (*err) {
		return NULL;
	}
	f = file_create(d ? d->ops : &archive_ops, flags);
	if (!f) {
		*err = -ENOMEM;
	} else if (d) {
		f->device = d->number;
	} else {
		f->entry = e;
	}
	return f;
}

long file_stat_path(const char *path, struct linux_stat *st)
{
	const struct device *d = device_find(path);
	const struct archive_entry *e = d ? NULL : archive_find(path);

	if (d) {
		d->ops->stat(&(struct file) { .device = d->number }, st);
	} else if (e) {
		entry_stat(e, st);
	} else if (!*plain_name(path)) {
		st->mode = S_IFDIR | 0755;
	} else {
		return -ENOENT;
	}
	return 0;
}

long file_seek(struct file *f, int64_t offset, int whence)
{
	int64_t from = whence == 1 ? (int64_t)f->position : 0;

	if (!f->ops->size) {
		return -ESPIPE;
	}
	if (whence == 2) {
		from = f->ops->size(f);
	}
	if (whence < 0 || whence > 2 || from + offset < 0) {
		return -EINVAL;
	}
	f->position = from + offset;
	return f->position;
}

void file_get(struct file *f)
{
	__atomic_add_fetch(&f->users, 1, __ATOMIC_RELAXED);
}

void file_put(struct file *f)
{
	if (!__atomic_sub_fetch(&f->users, 1, __ATOMIC_ACQ_REL)) {
		if (f->ops->close) {
			f->ops->close(f);
		}
		object_free(f, sizeof(*f));
	}
}
