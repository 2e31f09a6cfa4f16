/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/* Files and devices, and what is not there. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "selftest.h"

void test_files(void)
{
	char buf[64];
	struct stat st;
	int fd = open("/dev/zero", O_RDONLY), copy;

	memset(buf, 1, sizeof(buf));
	CHECK(read(fd, buf, sizeof(buf)) == sizeof(buf) && !buf[63]);
	copy = dup(fd);
	CHECK(copy > fd && !close(fd));
	CHECK(read(copy, buf, 1) == 1);
	CHECK(!fstat(copy, &st) && S_ISCHR(st.st_mode));
	CHECK(!close(copy) && close(copy) == -1 && errno == EBADF);
	CHECK(read(copy, buf, 1) == -1 && errno == EBADF);
	fd = open("/dev/null", O_RDWR);
	CHECK(read(fd, buf, 1) == 0 && write(fd, buf, 7) == 7);
	close(fd);
	CHECK(open("/not/there", O_RDONLY) == -1 && errno == ENOENT);
	CHECK(stat(self, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 1000);
	CHECK(syscall(12345) == -1 && errno == ENOSYS);
	CHECK(open(nowhere, O_RDONLY) == -1 && errno == EFAULT);
}
