/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The last step of giving up rights: from here on the process can use what
 * it has open, and open nothing more.
 */
#ifndef BACKEND_COMMON_SECCOMP_H
#define BACKEND_COMMON_SECCOMP_H

/*
 * Limits all threads to the system calls that serving a device needs; others
 * fail with EPERM. Needs no_new_privs. 0 or -errno.
 */
int seccomp_confine(void);

#endif
