/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Address spaces: what a process may touch, as a list of regions, and the page
 * tables that are filled in as it does. User addresses end at 512 GiB, so that
 * one entry of a root holds all of a process.
 */
#ifndef KEEL_KERNEL_SPACE_H
#define KEEL_KERNEL_SPACE_H

#include "kernel/linux.h"
#include "kernel/lock.h"

#define USER_END	(1UL << 39)
#define USER_STACK_TOP	(USER_END - PAGE_SIZE)
#define USER_STACK_SIZE	(8UL << 20)

/* Pages with the same rights; contents from `data`, zeros behind it. */
struct region {
	unsigned long start, end;
	unsigned int prot;
	bool shared;
	const char *data;
	size_t data_size;
	struct region *next;
};

struct space {
	struct lock lock;
	int users;
	struct tables tables;
	struct region *regions;		/* by address */
	unsigned long brk_start, brk;
};

/* An empty one with one user, or NULL. */
struct space *space_create(void);

/* A copy whose pages are shared until one side writes. NULL: no memory. */
struct space *space_fork(struct space *parent);

void space_get(struct space *s);
void space_put(struct space *s);

/*
 * Maps `size` bytes at `address`, instead of what is there; address 0: where
 * there is room. The address, or a negative errno.
 */
long space_map(struct space *s, unsigned long address, size_t size,
	       unsigned int prot, bool shared, const char *data,
	       size_t data_size);
long space_unmap(struct space *s, unsigned long start, size_t size);
long space_protect(struct space *s, unsigned long start, size_t size,
		   unsigned int prot);

/* The end of the heap, moved if it can be. */
unsigned long space_brk(struct space *s, unsigned long end);

/*
 * A page fault at `address`, with the CPU's error code. 0: try again;
 * -EFAULT: no such access is allowed there; -ENOMEM.
 */
int space_fault(struct space *s, unsigned long address, unsigned long error);

/*
 * To and from user memory of the current address space; pages come as they
 * are touched. False where the range is not all there.
 */
bool copy_in(void *to, unsigned long from, size_t n);
bool copy_out(unsigned long to, const void *from, size_t n);

/* A string of less than `size` bytes: its length, or a negative errno. */
long copy_in_string(char *to, unsigned long from, size_t size);

#endif
