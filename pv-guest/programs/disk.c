/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Checks a disk, or a file: what the calls promise and refuse; then several
 * threads fill it with pages that know their place, in requests of all sizes,
 * and read them back. What was there is lost. Settings: disk=PATH (/dev/disk),
 * mib=N (how much of it), seed=N, workers=N (4),
 * nodisk=1: it must say that there is none.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include "check.h"

#define PAGE		4096UL
#define MOST		24		/* pages in a request */
#define MAX_WORKERS	16

static int disk;
static long seed, workers;
static uint64_t pages;

static long setting(const char *name, long otherwise)
{
	const char *text = getenv(name);

	return text ? atol(text) : otherwise;
}

static uint64_t next_random(uint64_t x)
{
	x ^= x << 13;
	x ^= x >> 7;
	return x ^ x << 17;
}

static void fill(uint64_t *words, uint64_t page)
{
	uint64_t x = (page + 1) * 0x9e3779b97f4a7c15 + seed;

	words[0] = page;
	for (unsigned int i = 1; i < PAGE / 8; i++) {
		words[i] = x = next_random(x);
	}
}

static void *page_aligned(void)
{
	void *p = NULL;

	return posix_memalign(&p, PAGE, MOST * PAGE) ? NULL : p;
}

/* Every `workers`-th stretch is this worker's: the pages that went wrong. */
static void *work(void *arg)
{
	uint64_t number = (uintptr_t)arg % MAX_WORKERS, first = 0, turn = 0;
	uint64_t x = 0x9e3779b97f4a7c15 + seed, bad = 0;
	int write = (uintptr_t)arg >= MAX_WORKERS;
	char *data = page_aligned(), expected[PAGE];

	for (; first < pages; turn++) {
		uint64_t n = 1 + (x = next_random(x)) % MOST;
		ssize_t done;

		n = n < pages - first ? n : pages - first;
		for (uint64_t i = 0; write && i < n; i++) {
			fill((uint64_t *)(data + i * PAGE), first + i);
		}
		if ((long)(turn % workers) == (long)number) {
			done = write ? pwrite(disk, data, n * PAGE, first * PAGE)
				     : pread(disk, data, n * PAGE, first * PAGE);
			bad += done != (ssize_t)(n * PAGE);
			for (uint64_t i = 0; !write && i < n; i++) {
				fill((uint64_t *)expected, first + i);
				bad += memcmp(data + i * PAGE, expected,
					      PAGE) != 0;
			}
		}
		first += n;
	}
	free(data);
	return (void *)bad;
}

static void all_work(int write)
{
	pthread_t thread[MAX_WORKERS];
	void *bad;

	for (long i = 0; i < workers; i++) {
		CHECK(!pthread_create(&thread[i], NULL, work, (void *)
				      (uintptr_t)(i + write * MAX_WORKERS)));
	}
	for (long i = 0; i < workers; i++) {
		pthread_join(thread[i], &bad);
		CHECK(!bad);
	}
}

static void check_calls(const char *path, int64_t size)
{
	char *data = page_aligned();
	void *volatile nowhere = NULL;
	struct stat st;
	int other = open(path, O_RDONLY | O_DIRECT);

	CHECK(!fstat(disk, &st) && (S_ISBLK(st.st_mode) || S_ISREG(st.st_mode)));
	CHECK(lseek(disk, PAGE, SEEK_SET) == (off_t)PAGE);
	memset(data, 7, 2 * PAGE);
	CHECK(write(disk, data, PAGE) == (ssize_t)PAGE);
	CHECK(lseek(disk, 0, SEEK_CUR) == (off_t)(2 * PAGE));
	CHECK(pread(other, data + PAGE, PAGE, PAGE) == (ssize_t)PAGE);
	CHECK(!memcmp(data, data + PAGE, PAGE));
	CHECK(lseek(disk, -1, SEEK_SET) == -1 && errno == EINVAL);
	/* A file system may do without. */
	CHECK(S_ISREG(st.st_mode) ||
	      (pread(disk, data, 100, 0) == -1 && errno == EINVAL));
	CHECK(S_ISREG(st.st_mode) ||
	      (pwrite(disk, data, PAGE, 100) == -1 && errno == EINVAL));
	CHECK(pread(disk, data, PAGE, -PAGE) == -1 && errno == EINVAL);
	CHECK(pread(disk, nowhere, PAGE, 0) == -1 && errno == EFAULT);
	CHECK(pread(disk, data, 2 * PAGE, size - PAGE) == (ssize_t)PAGE);
	CHECK(pread(disk, data, PAGE, size) == 0);
	CHECK(!S_ISBLK(st.st_mode) ||
	      (pwrite(disk, data, PAGE, size) == -1 && errno == ENOSPC));
	CHECK(write(other, data, PAGE) == -1 && errno == EBADF);
	CHECK(!close(other));
	free(data);
}

int main(void)
{
	const char *path = getenv("disk") ? getenv("disk") : "/dev/disk";
	int64_t size, mib = setting("mib", 0);

	seed = setting("seed", 1);
	workers = setting("workers", 4);
	workers = workers < MAX_WORKERS ? workers : MAX_WORKERS;
	disk = open(path, O_RDWR | O_DIRECT);
	if (disk < 0) {
		printf("%s: %s\n", path, strerror(errno));
		CHECK(getenv("nodisk") && errno == ENXIO);
		return verdict();
	}
	size = lseek(disk, 0, SEEK_END) / PAGE * PAGE;
	CHECK(size > 2 * (int64_t)PAGE);
	check_calls(path, size);
	pages = size / PAGE;
	pages = mib && pages > (uint64_t)mib << 8 ? (uint64_t)mib << 8 : pages;
	all_work(1);
	CHECK(!fsync(disk));
	all_work(0);
	printf("%lu MiB written and verified\n", pages >> 8);
	return verdict();
}
