/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * System calls: a function for each, which takes its arguments from the
 * registers (rdi, rsi, rdx, r10, r8, r9) and returns what goes to rax. Those
 * about files are in syscall_file.c, those about sockets in socket.c.
 */
#ifndef KEEL_KERNEL_SYSCALL_H
#define KEEL_KERNEL_SYSCALL_H

#include "lib/regs.h"

typedef long (*syscall_t)(struct regs *r);

long sys_read(struct regs *r);
long sys_write(struct regs *r);
long sys_readv(struct regs *r);
long sys_writev(struct regs *r);
long sys_open(struct regs *r);
long sys_openat(struct regs *r);
long sys_close(struct regs *r);
long sys_fstat(struct regs *r);
long sys_stat(struct regs *r);
long sys_newfstatat(struct regs *r);
long sys_access(struct regs *r);
long sys_lseek(struct regs *r);
long sys_pread64(struct regs *r);
long sys_pwrite64(struct regs *r);
long sys_fsync(struct regs *r);
long sys_ioctl(struct regs *r);
long sys_pipe(struct regs *r);
long sys_pipe2(struct regs *r);
long sys_dup(struct regs *r);
long sys_dup2(struct regs *r);
long sys_dup3(struct regs *r);
long sys_fcntl(struct regs *r);
long sys_getcwd(struct regs *r);

/* In socket.c. */
long sys_socket(struct regs *r);
long sys_bind(struct regs *r);
long sys_getsockname(struct regs *r);
long sys_setsockopt(struct regs *r);
long sys_sendto(struct regs *r);
long sys_recvfrom(struct regs *r);

/* For what needs a file system that could be changed. */
long sys_no_such_file(struct regs *r);
long sys_read_only(struct regs *r);

#endif
