/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Locks, pid files and logs.  A lock is a file under flock(): it ends with
 * its holder, however that died, so nobody is ever stopped by a stale one.
 */
#include "lib/rundir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/msg.h"

int rundir_prepare(void)
{
	static const char *const dirs[] = { "/run", RUNDIR, "/var", "/var/log",
					    LOGDIR };
	unsigned int i;

	for (i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		if (mkdir(dirs[i], 0755) && errno != EEXIST) {
			return msg_error("cannot create %s: %s; run as root",
					 dirs[i], strerror(errno));
		}
	}
	return 0;
}

static void lock_path(const char *kind, uint32_t domid,
		      char path[RUN_PATH_MAX])
{
	snprintf(path, RUN_PATH_MAX, RUNDIR "/%s-%u.lock", kind, domid);
}

int rundir_lock(const char *kind, uint32_t domid, pid_t *holder)
{
	char path[RUN_PATH_MAX], text[16];
	struct stat opened, named;
	int fd, len;

	*holder = 0;
	lock_path(kind, domid, path);
retry:
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0) {
		return msg_error("cannot create %s: %s", path,
				 strerror(errno));
	}
	if (flock(fd, LOCK_EX | LOCK_NB)) {
		*holder = rundir_read_pid(path);
		close(fd);
		return -1;
	}
	/* The last holder may have removed the file we just locked. */
	if (fstat(fd, &opened) || stat(path, &named) ||
	    opened.st_ino != named.st_ino) {
		close(fd);
		goto retry;
	}
	len = snprintf(text, sizeof(text), "%d\n", getpid());
	if (ftruncate(fd, 0) || write(fd, text, len) != len) {
		msg_warn("cannot write %s: %s", path, strerror(errno));
	}
	return fd;
}

void rundir_unlock(const char *kind, uint32_t domid, int fd)
{
	char path[RUN_PATH_MAX];

	if (fd < 0) {
		return;
	}
	lock_path(kind, domid, path);
	unlink(path);
	close(fd);
}

void rundir_forget(const char *kind, uint32_t domid)
{
	char path[RUN_PATH_MAX];
	pid_t holder;

	if (!rundir_is_locked(kind, domid, &holder)) {
		lock_path(kind, domid, path);
		unlink(path);
	}
}

bool rundir_is_locked(const char *kind, uint32_t domid, pid_t *holder)
{
	char path[RUN_PATH_MAX];
	bool locked;
	int fd;

	*holder = 0;
	lock_path(kind, domid, path);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		return false;
	}
	locked = flock(fd, LOCK_SH | LOCK_NB) && errno == EWOULDBLOCK;
	if (locked) {
		*holder = rundir_read_pid(path);
	}
	close(fd);
	return locked;
}

void rundir_pidfile(uint32_t domid, const char *class, unsigned int devid,
		    char path[RUN_PATH_MAX])
{
	snprintf(path, RUN_PATH_MAX, RUNDIR "/%u-%s-%u.pid", domid, class,
		 devid);
}

void rundir_logfile(const char *name, char path[RUN_PATH_MAX])
{
	snprintf(path, RUN_PATH_MAX, LOGDIR "/%s.log", name);
}

pid_t rundir_read_pid(const char *path)
{
	FILE *f = fopen(path, "re");
	int pid = 0;

	if (!f) {
		return 0;
	}
	if (fscanf(f, "%d", &pid) != 1 || pid < 2) {
		pid = 0;
	}
	fclose(f);
	return pid;
}

void rundir_each_pidfile(uint32_t domid, void (*fn)(const char *path))
{
	DIR *dir = opendir(RUNDIR);
	char prefix[16], path[sizeof(RUNDIR) + 1 + 256];
	struct dirent *e;

	if (!dir) {
		return;
	}
	snprintf(prefix, sizeof(prefix), "%u-v", domid);
	while ((e = readdir(dir))) {
		const char *dot = strrchr(e->d_name, '.');

		if (!strncmp(e->d_name, prefix, strlen(prefix)) && dot &&
		    !strcmp(dot, ".pid")) {
			snprintf(path, sizeof(path), RUNDIR "/%s", e->d_name);
			fn(path);
		}
	}
	closedir(dir);
}
