/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * What makes a program a daemon that holds no more rights than it needs.
 */
#ifndef BACKEND_COMMON_PROCESS_H
#define BACKEND_COMMON_PROCESS_H

/*
 * Forks. In the child returns a descriptor for process_ready(); the parent
 * stays in here until the child is ready (then it exits 0) or has ended
 * (then it exits 1). Negative: -errno, nothing was forked.
 */
int process_fork(void);

/* Lets the parent go and points the standard streams at /dev/null. */
void process_ready(int ready_fd);

/* Writes our process id to @path. 0 or -errno. */
int process_pidfile(const char *path);

/*
 * Gives up what root can do, for good: no new privileges by exec, working
 * directory /, no core dumps or ptrace by others of the same user, groups
 * and user ids those of @user (a name or a number; "root" keeps them), and
 * with them all capabilities. Open descriptors stay usable. 0 or -errno.
 */
int process_drop(const char *user);

#endif
