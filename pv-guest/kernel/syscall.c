/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The system calls: memory, processes, signals, time; and the table of all.
 */
#include "kernel/page.h"
#include "kernel/process.h"
#include "kernel/syscall.h"

#define NS_PER_SEC	1000000000UL

static long nothing(struct regs *r)
{
	(void)r;
	return 0;
}

/* ---- memory ---- */

static long sys_mmap(struct regs *r)
{
	struct space *s = process_current()->space;
	unsigned long at = r->r10 & MAP_FIXED ? r->rdi : 0;
	const char *data = NULL;
	size_t size = 0;

	if ((r->r10 & MAP_FIXED) && !at) {
		return -EINVAL;
	}
	if (!(r->r10 & MAP_ANONYMOUS)) {
		struct file *f = fd_get(r->r8);
		bool fits = f && file_is_archive(f) &&
			    !(r->r9 & ~PAGE_MASK) && r->r9 < f->entry->size &&
			    (r->r10 & MAP_PRIVATE);

		if (f && fits) {
			data = f->entry->data + r->r9;
			size = f->entry->size - r->r9;
		}
		if (f) {
			file_put(f);
		}
		if (!fits) {
			return f ? -EINVAL : -EBADF;
		}
	}
	return space_map(s, at, r->rsi, r->rdx & 7, r->r10 & MAP_SHARED, data,
			 size < r->rsi ? size : r->rsi);
}

static long sys_munmap(struct regs *r)
{
	return space_unmap(process_current()->space, r->rdi, r->rsi);
}

static long sys_mprotect(struct regs *r)
{
	return space_protect(process_current()->space, r->rdi, r->rsi,
			     r->rdx & 7);
}

static long sys_brk(struct regs *r)
{
	return space_brk(process_current()->space, r->rdi);
}

/* ---- processes ---- */

static long sys_clone(struct regs *r)
{
	struct clone_args args = {
		.flags = r->rdi, .stack = r->rsi, .parent_tid = r->rdx,
		.child_tid = r->r10, .tls = r->r8,
	};

	return process_clone(&args);
}

static long sys_fork(struct regs *r)
{
	struct clone_args args = { 0 };

	(void)r;
	return process_clone(&args);
}

static long sys_vfork(struct regs *r)
{
	struct clone_args args = { .flags = CLONE_VM | CLONE_VFORK };

	(void)r;
	return process_clone(&args);
}

static long sys_execve(struct regs *r)
{
	char path[PATH_SIZE];
	long err = copy_in_string(path, r->rdi, sizeof(path));

	if (err >= 0) {
		err = r->rsi ? process_exec(path, r->rsi, r->rdx) : -EFAULT;
	}
	return err;
}

static long sys_exit(struct regs *r)
{
	process_exit_thread(r->rdi);
}

static long sys_exit_group(struct regs *r)
{
	process_exit((r->rdi & 0xff) << 8);
}

static long sys_wait4(struct regs *r)
{
	return process_wait(r->rdi, r->rsi, r->rdx);
}

static long sys_getpid(struct regs *r)
{
	(void)r;
	return process_current()->pid;
}

static long sys_getppid(struct regs *r)
{
	struct process *parent = process_current()->parent;

	(void)r;
	return parent ? parent->pid : 0;
}

static long sys_gettid(struct regs *r)
{
	(void)r;
	return thread_current()->tid;
}

static long sys_sched_yield(struct regs *r)
{
	(void)r;
	thread_yield();
	return 0;
}

static long sys_arch_prctl(struct regs *r)
{
	struct thread *t = thread_current();

	switch (r->rdi) {
	case ARCH_SET_FS:
		if (r->rsi >= USER_END) {
			return -EPERM;
		}
		t->user.fs = r->rsi;
		cpu_load(&t->user);
		return 0;
	case ARCH_GET_FS:
		return copy_out(r->rsi, &t->user.fs, 8) ? 0 : -EFAULT;
	default:
		return -EINVAL;
	}
}

static long sys_set_tid_address(struct regs *r)
{
	struct thread *t = thread_current();

	t->clear_tid = r->rdi;
	return t->tid;
}

static long sys_uname(struct regs *r)
{
	static const struct linux_utsname name = {
		"keel", "keel", "6.1.0-keel", "1", "x86_64", "(none)",
	};

	return copy_out(r->rdi, &name, sizeof(name)) ? 0 : -EFAULT;
}

static long sys_sysinfo(struct regs *r)
{
	struct linux_sysinfo info = {
		.uptime = clock_ns() / NS_PER_SEC,
		.total = page_total() * PAGE_SIZE,
		.free = page_free_count() * PAGE_SIZE,
		.unit = 1,
	};

	return copy_out(r->rdi, &info, sizeof(info)) ? 0 : -EFAULT;
}

static long sys_reboot(struct regs *r)
{
	if (r->rdx == REBOOT_RESTART) {
		power_reset();
	}
	if (r->rdx == REBOOT_POWER_OFF) {
		power_off();
	}
	return r->rdx ? -EINVAL : 0;
}

static long sys_getrandom(struct regs *r)
{
	static uint64_t state;
	size_t done = 0;

	/* Not for secrets: xorshift over the clock. */
	while (done < r->rsi) {
		size_t n = r->rsi - done < 8 ? r->rsi - done : 8;
		uint64_t x = state + clock_ns();

		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		state = x;
		if (!copy_out(r->rdi + done, &x, n)) {
			return -EFAULT;
		}
		done += n;
	}
	return done;
}

/* ---- signals ---- */

static long sys_rt_sigaction(struct regs *r)
{
	struct process *p = process_current();
	struct linux_sigaction new, old;

	if (r->rdi < 1 || r->rdi > NR_SIGNALS || r->r10 != 8 ||
	    (r->rsi && (r->rdi == SIGKILL || r->rdi == SIGSTOP))) {
		return -EINVAL;
	}
	if (r->rsi && !copy_in(&new, r->rsi, sizeof(new))) {
		return -EFAULT;
	}
	lock(&p->lock);
	old = p->action[r->rdi - 1];
	if (r->rsi) {
		p->action[r->rdi - 1] = new;
	}
	unlock(&p->lock);
	return r->rdx && !copy_out(r->rdx, &old, sizeof(old)) ? -EFAULT : 0;
}

static uint64_t blockable(uint64_t mask)
{
	return mask & ~(1UL << (SIGKILL - 1) | 1UL << (SIGSTOP - 1));
}

static long sys_rt_sigprocmask(struct regs *r)
{
	struct thread *t = thread_current();
	uint64_t old = t->blocked, mask;

	if (r->rsi) {
		if (!copy_in(&mask, r->rsi, sizeof(mask))) {
			return -EFAULT;
		}
		if (r->rdi > SIG_SETMASK) {
			return -EINVAL;
		}
		t->blocked = blockable(r->rdi == SIG_BLOCK ? old | mask :
				       r->rdi == SIG_UNBLOCK ? old & ~mask :
				       mask);
	}
	return r->rdx && !copy_out(r->rdx, &old, sizeof(old)) ? -EFAULT : 0;
}

/* Sleeps, with only a signal or the deadline to end it. */
static void sleep_until(uint64_t deadline)
{
	static struct lock sleep_lock;
	struct waitq nobody = { NULL };

	lock(&sleep_lock);
	while (!signal_waits() && waitq_sleep(&nobody, &sleep_lock, deadline)) {
	}
	unlock(&sleep_lock);
}

static long sys_pause(struct regs *r)
{
	(void)r;
	sleep_until(FOREVER);
	return -EINTR;
}

static long sys_rt_sigsuspend(struct regs *r)
{
	struct thread *t = thread_current();
	uint64_t mask;

	if (!copy_in(&mask, r->rdi, sizeof(mask))) {
		return -EFAULT;
	}
	t->saved_blocked = t->blocked;
	t->restore_blocked = true;
	t->blocked = blockable(mask);
	sleep_until(FOREVER);
	return -EINTR;
}

static long sys_kill(struct regs *r)
{
	struct process *p = process_current();
	int pid = r->rdi;
	long err = 0;

	if (r->rsi > NR_SIGNALS) {
		return -EINVAL;
	}
	lock(&tree_lock);
	if (pid != p->pid) {
		p = process_find(pid);
	}
	if (!p) {
		err = -ESRCH;
	} else if (r->rsi && !p->zombie) {
		signal_send_locked(p, r->rsi);
	}
	unlock(&tree_lock);
	return err;
}

static long kill_thread(int tid, unsigned int signal)
{
	struct thread *t;

	if (signal > NR_SIGNALS) {
		return -EINVAL;
	}
	lock(&tree_lock);
	t = process_current()->threads;
	while (t && t->tid != tid) {
		t = t->sibling;
	}
	if (t && signal) {
		signal_send_thread(t, signal);
	}
	unlock(&tree_lock);
	return t ? 0 : -ESRCH;
}

static long sys_tkill(struct regs *r)
{
	return kill_thread(r->rdi, r->rsi);
}

static long sys_tgkill(struct regs *r)
{
	return kill_thread(r->rsi, r->rdx);
}

/* ---- time ---- */

static bool copy_in_time(uint64_t *ns, unsigned long from)
{
	struct linux_timespec ts;

	if (!copy_in(&ts, from, sizeof(ts)) || ts.sec < 0 ||
	    (uint64_t)ts.nsec >= NS_PER_SEC) {
		return false;
	}
	*ns = ts.sec < 1L << 33 ? ts.sec * NS_PER_SEC + ts.nsec : 1UL << 63;
	return true;
}

static void wall_time(struct linux_timespec *ts)
{
	uint64_t sec;
	uint32_t nsec;

	clock_wall(&sec, &nsec);
	ts->sec = sec;
	ts->nsec = nsec;
}

static long sys_clock_gettime(struct regs *r)
{
	struct linux_timespec ts;
	uint64_t now;

	if (r->rdi == CLOCK_REALTIME || r->rdi == 5) {
		wall_time(&ts);
	} else {
		now = clock_ns();
		ts.sec = now / NS_PER_SEC;
		ts.nsec = now % NS_PER_SEC;
	}
	return copy_out(r->rsi, &ts, sizeof(ts)) ? 0 : -EFAULT;
}

static long nap(uint64_t deadline, unsigned long left_at)
{
	struct linux_timespec left;
	uint64_t now;

	sleep_until(deadline);
	now = clock_ns();
	if (now >= deadline) {
		return 0;
	}
	left.sec = (deadline - now) / NS_PER_SEC;
	left.nsec = (deadline - now) % NS_PER_SEC;
	if (left_at) {
		copy_out(left_at, &left, sizeof(left));
	}
	return -EINTR;
}

static long sys_nanosleep(struct regs *r)
{
	uint64_t ns;

	return copy_in_time(&ns, r->rdi) ? nap(clock_ns() + ns, r->rsi)
					 : -EINVAL;
}

static long sys_clock_nanosleep(struct regs *r)
{
	struct linux_timespec wall;
	uint64_t ns, now = clock_ns();

	if (!copy_in_time(&ns, r->rdx)) {
		return -EINVAL;
	}
	if (!(r->rsi & TIMER_ABSTIME)) {
		return nap(now + ns, r->r10);
	}
	if (r->rdi == CLOCK_REALTIME) {
		wall_time(&wall);
		ns -= wall.sec * NS_PER_SEC + wall.nsec - now;
	}
	return nap(ns, 0);
}

static long sys_futex(struct regs *r)
{
	unsigned int command = r->rsi & FUTEX_COMMAND;
	uint64_t deadline = FOREVER;

	switch (command) {
	case FUTEX_WAIT:
	case FUTEX_WAIT_BITSET:
		if (r->r10 && !copy_in_time(&deadline, r->r10)) {
			return -EINVAL;
		}
		if (r->r10 && command == FUTEX_WAIT) {
			deadline += clock_ns();
		}
		return futex_wait(r->rdi, r->rdx, deadline);
	case FUTEX_WAKE:
		return futex_wake(r->rdi, r->rdx);
	default:
		return -ENOSYS;
	}
}

/* ---- the table ---- */

static const syscall_t calls[NR_SYSCALLS] = {
	[SYS_read] = sys_read, [SYS_write] = sys_write, [SYS_open] = sys_open,
	[SYS_close] = sys_close, [SYS_stat] = sys_stat,
	[SYS_fstat] = sys_fstat, [SYS_lstat] = sys_stat,
	[SYS_lseek] = sys_lseek, [SYS_pread64] = sys_pread64,
	[SYS_pwrite64] = sys_pwrite64, [SYS_fsync] = sys_fsync,
	[SYS_fdatasync] = sys_fsync, [SYS_socket] = sys_socket,
	[SYS_bind] = sys_bind, [SYS_getsockname] = sys_getsockname,
	[SYS_setsockopt] = sys_setsockopt, [SYS_sendto] = sys_sendto,
	[SYS_recvfrom] = sys_recvfrom, [SYS_mmap] = sys_mmap,
	[SYS_mprotect] = sys_mprotect, [SYS_munmap] = sys_munmap,
	[SYS_brk] = sys_brk, [SYS_rt_sigaction] = sys_rt_sigaction,
	[SYS_rt_sigprocmask] = sys_rt_sigprocmask,
	[SYS_rt_sigreturn] = signal_return, [SYS_ioctl] = sys_ioctl,
	[SYS_readv] = sys_readv, [SYS_writev] = sys_writev,
	[SYS_access] = sys_access, [SYS_pipe] = sys_pipe,
	[SYS_sched_yield] = sys_sched_yield, [SYS_madvise] = nothing,
	[SYS_dup] = sys_dup, [SYS_dup2] = sys_dup2, [SYS_pause] = sys_pause,
	[SYS_nanosleep] = sys_nanosleep, [SYS_getpid] = sys_getpid,
	[SYS_clone] = sys_clone, [SYS_fork] = sys_fork,
	[SYS_vfork] = sys_vfork, [SYS_execve] = sys_execve,
	[SYS_exit] = sys_exit, [SYS_wait4] = sys_wait4, [SYS_kill] = sys_kill,
	[SYS_uname] = sys_uname, [SYS_fcntl] = sys_fcntl,
	[SYS_getcwd] = sys_getcwd, [SYS_chdir] = nothing,
	[SYS_mkdir] = sys_read_only, [SYS_readlink] = sys_no_such_file,
	[SYS_getuid] = nothing, [SYS_getgid] = nothing,
	[SYS_geteuid] = nothing, [SYS_getegid] = nothing,
	[SYS_sysinfo] = sys_sysinfo, [SYS_setpgid] = nothing, [SYS_getppid] = sys_getppid,
	[SYS_rt_sigsuspend] = sys_rt_sigsuspend,
	[SYS_arch_prctl] = sys_arch_prctl, [SYS_mount] = sys_read_only,
	[SYS_reboot] = sys_reboot, [SYS_gettid] = sys_gettid,
	[SYS_tkill] = sys_tkill, [SYS_futex] = sys_futex,
	[SYS_set_tid_address] = sys_set_tid_address,
	[SYS_clock_gettime] = sys_clock_gettime,
	[SYS_clock_nanosleep] = sys_clock_nanosleep,
	[SYS_exit_group] = sys_exit_group, [SYS_tgkill] = sys_tgkill,
	[SYS_openat] = sys_openat, [SYS_newfstatat] = sys_newfstatat,
	[SYS_readlinkat] = sys_no_such_file, [SYS_set_robust_list] = nothing,
	[SYS_dup3] = sys_dup3, [SYS_pipe2] = sys_pipe2,
	[SYS_getrandom] = sys_getrandom,
};

void kernel_syscall(struct regs *regs)
{
	unsigned long nr = regs->rax;

	regs->error = nr;
	regs->rax = nr < NR_SYSCALLS && calls[nr] ? calls[nr](regs) : -ENOSYS;
}
