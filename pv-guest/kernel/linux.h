/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The numbers of Linux's system-call interface that keel has too, so that the
 * same static program runs on both: call numbers, errors, flags, structures.
 */
#ifndef KEEL_KERNEL_LINUX_H
#define KEEL_KERNEL_LINUX_H

#include <stdint.h>

enum {
	SYS_read = 0, SYS_write = 1, SYS_open = 2, SYS_close = 3, SYS_stat = 4,
	SYS_fstat = 5, SYS_lstat = 6, SYS_lseek = 8, SYS_mmap = 9,
	SYS_mprotect = 10, SYS_munmap = 11, SYS_brk = 12,
	SYS_rt_sigaction = 13, SYS_rt_sigprocmask = 14, SYS_rt_sigreturn = 15,
	SYS_ioctl = 16, SYS_pread64 = 17, SYS_pwrite64 = 18, SYS_readv = 19,
	SYS_writev = 20, SYS_access = 21,
	SYS_pipe = 22, SYS_sched_yield = 24, SYS_madvise = 28, SYS_dup = 32,
	SYS_dup2 = 33, SYS_pause = 34, SYS_nanosleep = 35, SYS_getpid = 39,
	SYS_socket = 41, SYS_sendto = 44, SYS_recvfrom = 45, SYS_bind = 49,
	SYS_getsockname = 51, SYS_setsockopt = 54, SYS_clone = 56, SYS_fork = 57,
	SYS_vfork = 58, SYS_execve = 59, SYS_exit = 60, SYS_wait4 = 61, SYS_kill = 62, SYS_uname = 63,
	SYS_fcntl = 72, SYS_fsync = 74, SYS_fdatasync = 75, SYS_getcwd = 79, SYS_chdir = 80, SYS_mkdir = 83,
	SYS_sysinfo = 99,
	SYS_readlink = 89, SYS_getuid = 102, SYS_getgid = 104,
	SYS_geteuid = 107, SYS_getegid = 108, SYS_setpgid = 109,
	SYS_getppid = 110, SYS_rt_sigsuspend = 130, SYS_arch_prctl = 158,
	SYS_mount = 165, SYS_reboot = 169, SYS_gettid = 186, SYS_tkill = 200,
	SYS_futex = 202, SYS_set_tid_address = 218, SYS_clock_gettime = 228,
	SYS_clock_nanosleep = 230, SYS_exit_group = 231, SYS_tgkill = 234,
	SYS_openat = 257, SYS_newfstatat = 262, SYS_readlinkat = 267,
	SYS_set_robust_list = 273, SYS_dup3 = 292, SYS_pipe2 = 293,
	SYS_prlimit64 = 302, SYS_getrandom = 318, NR_SYSCALLS = 335,
};

enum {
	EPERM = 1, ENOENT = 2, ESRCH = 3, EINTR = 4, EIO = 5, ENXIO = 6,
	E2BIG = 7, ENOEXEC = 8, EBADF = 9, ECHILD = 10, EAGAIN = 11,
	ENOMEM = 12, EACCES = 13, EFAULT = 14, EBUSY = 16, EEXIST = 17,
	ENOTDIR = 20, EISDIR = 21, EINVAL = 22, EMFILE = 24, ENOTTY = 25,
	ENOSPC = 28, ESPIPE = 29, EROFS = 30, EPIPE = 32, ERANGE = 34,
	ENAMETOOLONG = 36, ENOSYS = 38, ENOTSOCK = 88, EDESTADDRREQ = 89,
	EMSGSIZE = 90, ENOPROTOOPT = 92, EPROTONOSUPPORT = 93,
	ESOCKTNOSUPPORT = 94, EAFNOSUPPORT = 97, EADDRINUSE = 98,
	EADDRNOTAVAIL = 99, ENETUNREACH = 101, ENOBUFS = 105,
	ETIMEDOUT = 110, EHOSTUNREACH = 113,
	/* Never seen by a program: do the call again after the signal. */
	ERESTART = 512,
};

enum {
	SIGINT = 2, SIGILL = 4, SIGTRAP = 5, SIGBUS = 7, SIGFPE = 8,
	SIGKILL = 9, SIGUSR1 = 10, SIGSEGV = 11, SIGPIPE = 13, SIGCHLD = 17,
	SIGCONT = 18, SIGSTOP = 19, SIGURG = 23, SIGWINCH = 28, SIGPWR = 30,
};
#define NR_SIGNALS	64
#define SIG_DFL		0UL
#define SIG_IGN		1UL
#define SA_SIGINFO	0x4UL
#define SA_RESTORER	0x4000000UL
#define SA_RESTART	0x10000000UL
#define SA_NODEFER	0x40000000UL
#define SA_RESETHAND	0x80000000UL
#define SIG_BLOCK	0
#define SIG_UNBLOCK	1
#define SIG_SETMASK	2

#define PROT_READ	1
#define PROT_WRITE	2
#define PROT_EXEC	4
#define MAP_SHARED	0x01
#define MAP_PRIVATE	0x02
#define MAP_FIXED	0x10
#define MAP_ANONYMOUS	0x20

#define O_ACCMODE	3
#define O_RDONLY	0
#define O_WRONLY	1
#define O_RDWR		2
#define O_CREAT		0100
#define O_TRUNC		01000
#define O_NONBLOCK	04000
#define O_CLOEXEC	02000000
#define AT_EMPTY_PATH	0x1000
#define F_DUPFD		0
#define F_GETFD		1
#define F_SETFD		2
#define F_GETFL		3
#define F_SETFL		4
#define F_DUPFD_CLOEXEC	1030
#define S_IFIFO		0010000
#define S_IFCHR		0020000
#define S_IFDIR		0040000
#define S_IFBLK		0060000
#define S_IFREG		0100000
#define S_IFMT		0170000
#define S_IFSOCK	0140000
#define AF_INET		2
#define SOCK_DGRAM	2
#define MSG_DONTWAIT	0x40
#define SOL_SOCKET	1
#define SO_RCVTIMEO	20
#define INADDR_LOOPBACK	0x0100007f	/* 127.0.0.1, in network order */

#define CLONE_VM		0x00000100
#define CLONE_VFORK		0x00004000
#define CLONE_THREAD		0x00010000
#define CLONE_SETTLS		0x00080000
#define CLONE_PARENT_SETTID	0x00100000
#define CLONE_CHILD_CLEARTID	0x00200000
#define CLONE_CHILD_SETTID	0x01000000
#define WNOHANG			1
#define ARCH_SET_FS		0x1002
#define ARCH_GET_FS		0x1003
#define FUTEX_WAIT		0
#define FUTEX_WAKE		1
#define FUTEX_WAIT_BITSET	9
#define FUTEX_COMMAND		0x7f
#define CLOCK_REALTIME		0
#define TIMER_ABSTIME		1
#define REBOOT_RESTART		0x01234567
#define REBOOT_POWER_OFF	0x4321fedc

struct linux_timespec {
	int64_t sec, nsec;
};

struct linux_timeval {
	int64_t sec, usec;
};

struct linux_sockaddr {
	uint16_t family, port;		/* this and the next: network order */
	uint32_t address;
	uint8_t zeros[8];
};

struct linux_iovec {
	uint64_t base, len;
};

struct linux_stat {
	uint64_t dev, ino, nlink;
	uint32_t mode, uid, gid, pad;
	uint64_t rdev;
	int64_t size, blksize, blocks;
	uint64_t times[6];
	int64_t unused[3];
};

struct linux_sigaction {
	uint64_t handler, flags, restorer, mask;
};

struct linux_siginfo {
	int32_t signo, error, code, pad;
	union {
		uint64_t address;
		struct {
			int32_t pid, uid, status;
		};
		uint8_t size[112];
	};
};

/* What a handler finds above its return address, and rt_sigreturn takes. */
struct linux_sigframe {
	uint64_t restorer;
	uint64_t uc_flags, uc_link;
	uint64_t stack_sp, stack_flags, stack_size;
	uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
	uint64_t rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip, rflags;
	uint16_t cs, gs, fs, ss;
	uint64_t err, trapno, oldmask, cr2, fpstate, reserved[8];
	uint64_t mask;
	struct linux_siginfo info;
};

struct linux_sysinfo {
	int64_t uptime;
	uint64_t loads[3], total, free, unused[4];
	uint16_t processes;
	uint64_t unused_high[2];
	uint32_t unit, pad;
};

struct linux_utsname {
	char sysname[65], nodename[65], release[65], version[65], machine[65];
	char domainname[65];
};

#endif
