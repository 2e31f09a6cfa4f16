/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Files that outlive a single pvctl call: the lock that says a domain has a
 * watcher, the pid files of its backends, and its log.
 *
 *	/run/paravane/domain-N.lock      held by the watcher; its pid inside
 *	/run/paravane/N-vbd-D.pid        one per backend process
 *	/run/paravane/console-N.lock     held while a console is attached
 *	/var/log/paravane/NAME.log       watcher and backends of that domain
 */
#ifndef TOOLSTACK_LIB_RUNDIR_H
#define TOOLSTACK_LIB_RUNDIR_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define RUNDIR "/run/paravane"
#define LOGDIR "/var/log/paravane"
#define RUN_PATH_MAX 256

/* Create both directories where missing; -1 after an error. */
int rundir_prepare(void);

/*
 * Take the lock called @kind of @domid.  Returns the descriptor that holds
 * it, -1 with *@holder set to the owner's pid if someone has it already, or
 * -1 with *@holder 0 on failure.
 */
int rundir_lock(const char *kind, uint32_t domid, pid_t *holder);

/* Give the lock back and remove its file. */
void rundir_unlock(const char *kind, uint32_t domid, int fd);

/* Remove that lock's file, left by a holder that was killed. */
void rundir_forget(const char *kind, uint32_t domid);

/* True while another process holds that lock. */
bool rundir_is_locked(const char *kind, uint32_t domid, pid_t *holder);

void rundir_pidfile(uint32_t domid, const char *class, unsigned int devid,
		    char path[RUN_PATH_MAX]);
void rundir_logfile(const char *name, char path[RUN_PATH_MAX]);

/* The pid in @path, or 0. */
pid_t rundir_read_pid(const char *path);

/*
 * Call @fn for each backend pid file of @domid; used where no watcher is
 * left to know them.
 */
void rundir_each_pidfile(uint32_t domid, void (*fn)(const char *path));

#endif
