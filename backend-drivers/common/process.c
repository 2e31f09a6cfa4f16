/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Becoming a daemon, and giving up rights: see process.h.
 */
#include "common/process.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/types.h>
#include <unistd.h>

#include "common/number.h"

enum { NOBODY = 65534 };

int process_fork(void)
{
	int fds[2];
	char byte;
	pid_t pid;
	ssize_t n;

	if (pipe2(fds, O_CLOEXEC) < 0) {
		return -errno;
	}
	pid = fork();
	if (pid < 0) {
		int err = errno;

		close(fds[0]);
		close(fds[1]);
		return -err;
	}
	if (pid == 0) {
		close(fds[0]);
		setsid();
		return fds[1];
	}
	close(fds[1]);
	do {
		n = read(fds[0], &byte, 1);
	} while (n < 0 && errno == EINTR);
	_exit(n == 1 ? 0 : 1);
}

void process_ready(int ready_fd)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null >= 0) {
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
		if (null > STDERR_FILENO) {
			close(null);
		}
	}
	if (write(ready_fd, "", 1) < 0) {
		/* The parent was killed: nobody is waiting. */
		errno = 0;
	}
	close(ready_fd);
}

int process_pidfile(const char *path)
{
	char text[24];
	int fd, n, rc = 0;

	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0) {
		return -errno;
	}
	n = snprintf(text, sizeof(text), "%ld\n", (long)getpid());
	errno = 0;
	if (write(fd, text, n) != n) {
		rc = errno ? -errno : -EIO;
		unlink(path);
	}
	close(fd);
	return rc;
}

/* A minimal domain 0 may have no /etc/passwd: "nobody" works without. */
static int find_user(const char *user, uid_t *uid, gid_t *gid)
{
	struct passwd *pw = getpwnam(user);
	uint64_t n;

	if (pw) {
		*uid = pw->pw_uid;
		*gid = pw->pw_gid;
		return 0;
	}
	if (strcmp(user, "nobody") == 0) {
		*uid = NOBODY;
		*gid = NOBODY;
		return 0;
	}
	if (strcmp(user, "root") == 0) {
		*uid = 0;
		*gid = 0;
		return 0;
	}
	if (number_parse(user, INT_MAX, &n) == 0) {
		*uid = (uid_t)n;
		*gid = (gid_t)n;
		return 0;
	}
	return -ENOENT;
}

int process_drop(const char *user)
{
	uid_t uid;
	gid_t gid;
	int rc;

	rc = find_user(user, &uid, &gid);
	if (rc != 0) {
		return rc;
	}
	if (chdir("/") < 0) {
		return -errno;
	}
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) {
		return -errno;
	}
	if (uid != 0) {
		if (setgroups(0, NULL) < 0 || setresgid(gid, gid, gid) < 0 ||
		    setresuid(uid, uid, uid) < 0) {
			return -errno;
		}
		/* Leaving uid 0 clears the capabilities; make sure. */
		if (setresuid(0, 0, 0) == 0) {
			return -EPERM;
		}
	}
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0) {
		return -errno;
	}
	return 0;
}
