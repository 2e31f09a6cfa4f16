/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The disk as a file, /dev/disk: whole pages at whole pages, past any cache,
 * as Linux has it with O_DIRECT. Data goes through pages of the kernel's own;
 * a thread sleeps until the interrupt that finds its request answered.
 */
#include "block.h"
#include "kernel/device.h"
#include "kernel/page.h"
#include "kernel/space.h"
#include "kernel/thread.h"

struct lock device_lock;

static struct blk disk;
static bool there;
static struct waitq waiting;

void disk_init(void)
{
	int err = blk_open(&disk, 0);

	if (err) {
		printk("keel: no disk (%d)\n", err);
		return;
	}
	there = true;
	blk_listen(&disk);
	printk("keel: a disk of %lu MiB%s\n", disk.sectors * BLK_SECTOR >> 20,
	       disk.readonly ? ", read-only" : "");
}

void disk_interrupt(void)
{
	int n = there ? blk_reap(&disk, false) : 0;

	if (n < 0) {
		panic("the disk answers what was not asked");
	}
	if (n) {
		waitq_wake(&waiting, ~0U);
	}
}

static int do_request(struct blk_io *io)
{
	lock(&device_lock);
	while (blk_submit(&disk, io)) {
		waitq_sleep_through(&waiting, &device_lock);
	}
	while (READ_ONCE(io->result) == 1) {
		waitq_sleep_through(&waiting, &device_lock);
	}
	unlock(&device_lock);
	return io->result;
}

static bool pages_get(struct blk_io *io)
{
	unsigned int n = 0;

	while (n < io->pages && (io->page[n] = pages_alloc(0))) {
		n++;
	}
	if (n == io->pages) {
		return true;
	}
	while (n--) {
		page_put(io->page[n]);
	}
	return false;
}

/* Data between the request's pages and the user's. */
static bool copy_pages(const struct blk_io *io, unsigned long at)
{
	bool ok = true;

	for (unsigned int i = 0; i < io->pages && ok; i++, at += PAGE_SIZE) {
		ok = io->write ? copy_in(io->page[i], at, PAGE_SIZE)
			       : copy_out(at, io->page[i], PAGE_SIZE);
	}
	return ok;
}

static long one_request(struct blk_io *io, unsigned long at)
{
	long err = 0;

	if (!pages_get(io)) {
		return -ENOMEM;
	}
	if (io->write && !copy_pages(io, at)) {
		err = -EFAULT;
	} else {
		err = do_request(io);
	}
	if (!err && !io->write && !copy_pages(io, at)) {
		err = -EFAULT;
	}
	/* -EBUSY: the device has not let go of them. */
	for (unsigned int i = 0; i < io->pages && err != -EBUSY; i++) {
		page_put(io->page[i]);
	}
	return err == 0 || err == -EFAULT ? err : -EIO;
}

static uint64_t disk_size(struct file *f)
{
	(void)f;
	return disk.sectors * BLK_SECTOR & PAGE_MASK;
}

static long transfer(struct file *f, unsigned long at, size_t n, bool write)
{
	uint64_t size = disk_size(f);
	size_t done = 0;

	if ((f->position | n) & ~PAGE_MASK) {
		return -EINVAL;
	}
	if (f->position >= size) {
		return write && n ? -ENOSPC : 0;
	}
	n = n < size - f->position ? n : size - f->position;
	while (done < n) {
		size_t pages = (n - done) / PAGE_SIZE;
		struct blk_io io = {
			.write = write, .sector = f->position / BLK_SECTOR,
			.pages = pages < BLK_PAGES ? pages : BLK_PAGES,
		};
		long err = one_request(&io, at + done);

		if (err) {
			return done ? (long)done : err;
		}
		done += io.pages * PAGE_SIZE;
		f->position += io.pages * PAGE_SIZE;
	}
	return done;
}

static long disk_read(struct file *f, unsigned long to, size_t n)
{
	return transfer(f, to, n, false);
}

static long disk_write(struct file *f, unsigned long from, size_t n)
{
	return (f->flags & O_ACCMODE) == O_RDONLY ? -EBADF :
	       transfer(f, from, n, true);
}

/* Until all that was written is on the disk. */
static long disk_sync(struct file *f)
{
	struct blk_io io = { .write = true };

	(void)f;
	return disk.can_flush && do_request(&io) ? -EIO : 0;
}

static void disk_stat(struct file *f, struct linux_stat *st)
{
	(void)f;
	st->mode = S_IFBLK | 0600;
	st->rdev = st->ino = DISK_NUMBER;
}

const struct file_ops disk_ops = {
	.read = disk_read, .write = disk_write, .stat = disk_stat,
	.size = disk_size, .sync = disk_sync,
};

long disk_may_open(unsigned int flags)
{
	return !there ? -ENXIO :
	       disk.readonly && (flags & O_ACCMODE) != O_RDONLY ? -EACCES : 0;
}
