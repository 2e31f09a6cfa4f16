/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Block I/O with O_DIRECT through an io_uring, whose interface is in the
 * kernel's <linux/io_uring.h>. The disk is the first of /dev/xvda, /dev/vda,
 * /dev/sda; without one (natively, in domain 0) a loop device on a file in
 * memory: everywhere the blocks themselves are memory of the machine.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/io_uring.h>
#include <linux/loop.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "disk.h"
#include "run.h"

#define QUEUE	32
#define DISK	(32UL << 20)	/* of the disk this much is used */

static int disk_fd = -1, ring_fd = -1;
static char *buffers;		/* QUEUE of 64 KiB each */

static struct {
	unsigned int *tail, *mask, *array;
	struct io_uring_sqe *entries;
} sq;
static struct {
	unsigned int *head, *tail, *mask;
	struct io_uring_cqe *entries;
} cq;

static int ring_make(void)
{
	struct io_uring_params p = { 0 };
	char *at;

	ring_fd = syscall(SYS_io_uring_setup, QUEUE, &p);
	if (ring_fd < 0) {
		return 0;
	}
	at = mmap(NULL, p.sq_off.array + p.sq_entries * 4 + p.cq_off.cqes +
		  p.cq_entries * sizeof(struct io_uring_cqe),
		  PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring_fd,
		  IORING_OFF_SQ_RING);
	sq.entries = mmap(NULL, p.sq_entries * sizeof(struct io_uring_sqe),
			  PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE,
			  ring_fd, IORING_OFF_SQES);
	if (at == MAP_FAILED || sq.entries == MAP_FAILED) {
		die("io_uring");
	}
	sq.tail = (void *)(at + p.sq_off.tail);
	sq.mask = (void *)(at + p.sq_off.ring_mask);
	sq.array = (void *)(at + p.sq_off.array);
	cq.head = (void *)(at + p.cq_off.head);
	cq.tail = (void *)(at + p.cq_off.tail);
	cq.mask = (void *)(at + p.cq_off.ring_mask);
	cq.entries = (void *)(at + p.cq_off.cqes);
	return 1;
}

/* A loop device on a new file in memory. */
static int loop_make(void)
{
	int file = open("/tmp/disk.img", O_RDWR | O_CREAT, 0600);
	int control = open("/dev/loop-control", O_RDWR), loop;
	char *block = calloc(1, 1 << 20);

	if (control < 0 || ioctl(control, LOOP_CTL_GET_FREE) != 0) {
		return -1;
	}
	loop = open("/dev/loop0", O_RDWR);
	if (file < 0 || loop < 0) {
		return -1;
	}
	/* Written, not only sized: a hole would be read without its pages. */
	for (unsigned long at = 0; at < DISK; at += 1 << 20) {
		if (write(file, block, 1 << 20) != 1 << 20) {
			die("/tmp/disk.img");
		}
	}
	free(block);
	if (ioctl(loop, LOOP_SET_FD, file)) {
		return -1;
	}
	close(loop);
	return open("/dev/loop0", O_RDWR | O_DIRECT);
}

int disk_usable(void)
{
	static const char *const names[] = { "/dev/xvda", "/dev/vda",
					     "/dev/sda" };

	if (disk_fd >= 0) {
		return 1;
	}
	/* A driver may still be looking for its disk. */
	for (int tries = 0; tries < 20 && disk_fd < 0; tries++) {
		for (int i = 0; i < 3 && disk_fd < 0; i++) {
			disk_fd = open(names[i], O_RDWR | O_DIRECT);
		}
		if (disk_fd < 0 && getenv("disk")) {
			usleep(100000);
		} else {
			break;
		}
	}
	if (disk_fd < 0) {
		disk_fd = loop_make();
	}
	buffers = mmap(NULL, QUEUE << 16, PROT_READ | PROT_WRITE, MAP_PRIVATE |
		       MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	return disk_fd >= 0 && buffers != MAP_FAILED && ring_make();
}

static void submit(unsigned int slot, int op, unsigned long offset,
		   unsigned int size)
{
	unsigned int tail = *sq.tail, at = tail & *sq.mask;

	sq.entries[at] = (struct io_uring_sqe) {
		.opcode = op, .fd = disk_fd, .off = offset, .len = size,
		.addr = (unsigned long)buffers + ((unsigned long)slot << 16),
		.user_data = slot,
	};
	sq.array[at] = at;
	__atomic_store_n(sq.tail, tail + 1, __ATOMIC_RELEASE);
}

/* A place in the order of a simple generator, the same each time. */
static unsigned long next_random(void)
{
	static unsigned long state = 1;

	state = state * 6364136223846793005UL + 1442695040888963407UL;
	return state >> 33;
}

/* n requests, at most `depth` of them on their way. */
static void transfer(int n, int op, unsigned int depth, unsigned int size,
		     int random)
{
	unsigned int begun = 0, done = 0, new = 0, slot, head;
	unsigned int free_slots[QUEUE], nr_free = 0;

	while (nr_free < depth) {
		free_slots[nr_free] = nr_free;
		nr_free++;
	}
	while (done < (unsigned int)n) {
		while (nr_free && begun < (unsigned int)n) {
			unsigned long at = random ? next_random() : begun;

			submit(free_slots[--nr_free], op,
			       at % (DISK / size) * size, size);
			begun++;
			new++;
		}
		if (syscall(SYS_io_uring_enter, ring_fd, new, 1,
			    IORING_ENTER_GETEVENTS, NULL, 0) < 0) {
			die("io_uring_enter");
		}
		new = 0;
		head = *cq.head;
		while (head != __atomic_load_n(cq.tail, __ATOMIC_ACQUIRE)) {
			if (cq.entries[head & *cq.mask].res != (int)size) {
				die("disk");
			}
			slot = cq.entries[head & *cq.mask].user_data;
			free_slots[nr_free++] = slot;
			head++;
			done++;
		}
		__atomic_store_n(cq.head, head, __ATOMIC_RELEASE);
	}
}

void disk_seq_read_qd1(int n)
{
	transfer(n, IORING_OP_READ, 1, 65536, 0);
}

void disk_seq_read_qd32(int n)
{
	transfer(n, IORING_OP_READ, QUEUE, 65536, 0);
}

void disk_seq_write_qd1(int n)
{
	transfer(n, IORING_OP_WRITE, 1, 65536, 0);
}

void disk_rand_read_qd1(int n)
{
	transfer(n, IORING_OP_READ, 1, 4096, 1);
}

void disk_rand_read_qd32(int n)
{
	transfer(n, IORING_OP_READ, QUEUE, 4096, 1);
}

void disk_rand_write_qd32(int n)
{
	transfer(n, IORING_OP_WRITE, QUEUE, 4096, 1);
}
