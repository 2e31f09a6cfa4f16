/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/* Memory: mappings and their rights, the heap, a mapped file. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "selftest.h"

static int touch(void *arg)
{
	*(volatile char *)arg = 1;
	return 0;
}

static int look(void *arg)
{
	return *(volatile char *)arg ? 1 : 0;
}

static int crashes(int (*fn)(void *arg), void *arg)
{
	int status = in_child(fn, arg);

	return WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV;
}

void test_memory(void)
{
	char *p = map(8 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE), *q;
	char *heap = sbrk(0);
	int fd, bad = 0;

	memset(p, 5, 8 * PAGE);
	CHECK(!munmap(p + 2 * PAGE, 2 * PAGE));
	CHECK(crashes(look, p + 2 * PAGE));
	CHECK(crashes(look, p + 4 * PAGE - 1));
	CHECK(p[2 * PAGE - 1] == 5 && p[4 * PAGE] == 5);
	CHECK(!mprotect(p, PAGE, PROT_READ));
	CHECK(crashes(touch, p) && p[0] == 5);
	CHECK(!mprotect(p, PAGE, PROT_NONE));
	CHECK(crashes(look, p));
	CHECK(!mprotect(p, PAGE, PROT_READ | PROT_WRITE));
	CHECK(p[0] == 5);
	p[0] = 6;
	CHECK(mprotect(p, 4 * PAGE, PROT_READ) == -1 && errno == ENOMEM);
	q = mmap(p + 4 * PAGE, PAGE, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	CHECK(q == p + 4 * PAGE && q[0] == 0 && q[PAGE] == 5);
	CHECK(mmap(p + 1, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS |
		   MAP_FIXED, -1, 0) == MAP_FAILED && errno == EINVAL);
	CHECK(munmap(p, 8 * PAGE) == 0);
	CHECK(crashes(look, p));

	CHECK(sbrk(3 * PAGE) == heap);
	for (int i = 0; i < 3 * PAGE; i++) {
		bad += heap[i] != 0;
	}
	memset(heap, 1, 3 * PAGE);
	CHECK(bad == 0);
	CHECK(brk(heap) == 0);
	CHECK(sbrk(3 * PAGE) == heap);
	CHECK(heap[2 * PAGE] == 0);
	brk(heap);

	/* A file mapped privately: this program. */
	fd = open(self, O_RDONLY);
	CHECK(fd >= 0);
	p = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	CHECK(p != MAP_FAILED && !memcmp(p, "\177ELF", 4));
	p[0] = 1;
	CHECK(pread(fd, p + PAGE, 4, 1) == 4 && !memcmp(p + PAGE, "ELF", 3));
	CHECK(lseek(fd, 0, SEEK_SET) == 0 && read(fd, p + PAGE, 4) == 4 &&
	      !memcmp(p + PAGE, "\177ELF", 4));
	munmap(p, 2 * PAGE);
	close(fd);
}
