/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The system calls that a backend may make: see seccomp.h.
 *
 * The list is what the main loop, the Xen libraries, malloc and exit need.
 * There is no call on it that takes a path, makes a socket, starts a program
 * or reaches another process. What io_uring may do is limited where the ring
 * is made (uring.c), since this filter does not see it.
 */
#include "common/seccomp.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static const unsigned int allowed[] = {
	/* The main loop. */
	SYS_epoll_wait, SYS_epoll_pwait, SYS_epoll_ctl, SYS_io_uring_enter,
	SYS_read, SYS_write, SYS_readv, SYS_writev, SYS_close,
	SYS_clock_gettime, SYS_gettimeofday,
	/* /dev/xen/gntdev, evtchn, tap, sizes of block devices and files. */
	SYS_ioctl, SYS_mmap, SYS_munmap, SYS_fstat,
	/* xenstore's socket and its reader thread. */
	SYS_poll, SYS_futex, SYS_rt_sigaction, SYS_rt_sigprocmask,
	SYS_rt_sigreturn, SYS_restart_syscall, SYS_nanosleep,
	SYS_clock_nanosleep, SYS_sched_yield,
	/* malloc. */
	SYS_brk, SYS_mprotect, SYS_madvise, SYS_mremap, SYS_getrandom,
	/* syslog on a socket that is already connected. */
	SYS_sendto, SYS_getpid, SYS_gettid,
	SYS_exit, SYS_exit_group,
};

enum {
	NR_ALLOWED = sizeof(allowed) / sizeof(allowed[0]),
	NR_HEAD = 4, NR_TAIL = 2,
};

_Static_assert(NR_ALLOWED < 250, "jumps are bytes");

static struct sock_filter load(size_t offset)
{
	return (struct sock_filter)
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (unsigned int)offset);
}

static struct sock_filter give(unsigned int result)
{
	return (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, result);
}

static struct sock_filter if_equal(unsigned int value, unsigned int yes,
				   unsigned int no)
{
	return (struct sock_filter)
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, (uint8_t)yes,
			 (uint8_t)no);
}

int seccomp_confine(void)
{
	struct sock_filter code[NR_HEAD + NR_ALLOWED + NR_TAIL];
	struct sock_fprog program = {
		.len = NR_HEAD + NR_ALLOWED + NR_TAIL, .filter = code,
	};
	unsigned int i;

	/* Numbers mean something only for one architecture. */
	code[0] = load(offsetof(struct seccomp_data, arch));
	code[1] = if_equal(AUDIT_ARCH_X86_64, 1, 0);
	code[2] = give(SECCOMP_RET_KILL_PROCESS);
	code[3] = load(offsetof(struct seccomp_data, nr));
	for (i = 0; i < NR_ALLOWED; i++) {
		/* Over the rest of the list and the refusal. */
		code[NR_HEAD + i] = if_equal(allowed[i], NR_ALLOWED - i, 0);
	}
	code[NR_HEAD + NR_ALLOWED] = give(SECCOMP_RET_ERRNO | EPERM);
	code[NR_HEAD + NR_ALLOWED + 1] = give(SECCOMP_RET_ALLOW);
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
		    SECCOMP_FILTER_FLAG_TSYNC, &program) != 0) {
		return errno ? -errno : -ESRCH;
	}
	return 0;
}
