/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * What a program may rely on: fork and copy-on-write, exec, waiting, signals,
 * pipes, futexes and threads, memory mapping, faults, the FPU, time. A static
 * program that runs on Linux, which tells that the checks are right, and on
 * keel. With the word only=NAME in its environment it runs that part alone.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>

#include "check.h"

#define PAGE	4096

static char *self;

/* Places that are not ours, in a form that the compiler does not know. */
static void *volatile nowhere = (void *)8;
static void *volatile kernel_place = (void *)0xffff880000100000;

static void *map(size_t size, int prot, int flags)
{
	return mmap(NULL, size, prot, flags | MAP_ANONYMOUS, -1, 0);
}

/* Runs fn in a child; its wait status. */
static int in_child(int (*fn)(void *arg), void *arg)
{
	int status = -1;
	pid_t pid = fork();

	if (!pid) {
		_exit(fn(arg));
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid) {
		return -1;
	}
	return status;
}

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000UL + t.tv_nsec;
}

/* ---- fork ---- */

#define COW_PAGES	600	/* more than one lowest table's worth */

static int check_and_spoil(void *arg)
{
	volatile uint32_t *p = arg;
	int bad = 0;

	for (uint32_t i = 0; i < COW_PAGES; i++) {
		bad += p[i * PAGE / 4] != i;
		p[i * PAGE / 4] = ~i;
	}
	for (uint32_t i = 0; i < COW_PAGES; i++) {
		bad += p[i * PAGE / 4] != ~i;
	}
	return bad != 0;
}

static int child_and_grandchild(void *arg)
{
	return in_child(check_and_spoil, arg) ? 1 : check_and_spoil(arg);
}

static void test_fork(void)
{
	volatile uint32_t *p = map(COW_PAGES * PAGE, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE);
	volatile uint32_t *shared = map(4 * PAGE, PROT_READ | PROT_WRITE,
					MAP_SHARED);
	int bad = 0;
	pid_t pid;

	for (uint32_t i = 0; i < COW_PAGES; i++) {
		p[i * PAGE / 4] = i;
	}
	CHECK(in_child(check_and_spoil, (void *)p) == 0);
	CHECK(in_child(child_and_grandchild, (void *)p) == 0);
	for (uint32_t i = 0; i < COW_PAGES; i++) {
		bad += p[i * PAGE / 4] != i;
	}
	CHECK(bad == 0);

	/* The parent's writes are its own, too. */
	pid = fork();
	if (!pid) {
		while (!shared[0]) {
			sched_yield();
		}
		_exit(p[0] != 0 || shared[PAGE / 4] != 7);
	}
	p[0] = 77;
	shared[PAGE / 4] = 7;
	__atomic_store_n(&shared[0], 1, __ATOMIC_RELEASE);
	waitpid(pid, &bad, 0);
	CHECK(bad == 0);
	CHECK(p[0] == 77);

	/* A shared page that nobody had touched before the fork. */
	pid = fork();
	if (!pid) {
		shared[3 * PAGE / 4] = 0xabcd;
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	CHECK(shared[3 * PAGE / 4] == 0xabcd);
	munmap((void *)p, COW_PAGES * PAGE);
	munmap((void *)shared, 4 * PAGE);
}

/* ---- exec ---- */

static int exec_self(void *arg)
{
	char *argv[] = { self, "as-child", "one", "", "three", NULL };
	char *envp[] = { "A=b", "LONG=xyz", NULL };

	(void)arg;
	execve(self, argv, envp);
	return 99;
}

static int stuck[2], turns;

/* The program that exec_self becomes. */
static int as_child(int argc, char **argv)
{
	return !(argc == 5 && !strcmp(argv[2], "one") && !*argv[3] &&
		 !strcmp(argv[4], "three") && getenv("A") &&
		 !strcmp(getenv("A"), "b") && !strcmp(getenv("LONG"), "xyz") &&
		 fcntl(40, F_GETFD) == -1 && fcntl(41, F_GETFD) == 0);
}

static void *spin_for_ever(void *arg)
{
	for (;;) {
		__atomic_add_fetch((int *)arg, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

static void *sleep_for_ever(void *arg)
{
	char c;

	(void)arg;
	read(stuck[0], &c, 1);
	pause();
	return NULL;
}

static void *exec_alone(void *arg)
{
	char *argv[] = { self, "as-only-thread", NULL };

	(void)arg;
	execv(self, argv);
	_exit(9);
}

/* Any thread's exec ends all others, whatever they do. */
static int exec_among_threads(void *arg)
{
	pthread_t t;

	for (int i = 0; i < 2; i++) {
		pthread_create(&t, NULL, spin_for_ever, arg);
		pthread_create(&t, NULL, sleep_for_ever, NULL);
	}
	usleep(2000);
	pthread_create(&t, NULL, exec_alone, NULL);
	pthread_join(t, NULL);
	return 8;
}

static int exec_missing(void *arg)
{
	char *argv[] = { "none", NULL };

	(void)arg;
	return execv("/there/is/none", argv) == -1 && errno == ENOENT ? 0 : 1;
}

static int exec_bad_pointer(void *arg)
{
	(void)arg;
	return syscall(SYS_execve, self, 8UL, 0UL) == -1 && errno == EFAULT ?
	       0 : 1;
}

static void test_exec(void)
{
	char *argv[] = { self, "nothing", NULL };
	pid_t pid;
	int status, fd = open("/dev/null", O_RDWR);

	CHECK(fd >= 0);
	CHECK(dup3(fd, 40, O_CLOEXEC) == 40);
	CHECK(dup2(fd, 41) == 41);
	CHECK(in_child(exec_self, NULL) == 0);
	CHECK(in_child(exec_missing, NULL) == 0);
	CHECK(!pipe(stuck));
	for (int i = 0; i < 5; i++) {
		CHECK(in_child(exec_among_threads, &turns) == 0);
	}
	close(stuck[0]);
	close(stuck[1]);
	CHECK(in_child(exec_bad_pointer, NULL) == 0);
	close(fd);
	close(40);
	close(41);

	pid = vfork();
	if (!pid) {
		execv(self, argv);
		_exit(98);
	}
	CHECK(waitpid(pid, &status, 0) == pid && status == 0);
	CHECK(!posix_spawn(&pid, self, NULL, NULL, argv, environ));
	CHECK(waitpid(pid, &status, 0) == pid && status == 0);
}

/* ---- wait ---- */

static int exit_with(void *arg)
{
	return (intptr_t)arg;
}

static int die_by(void *arg)
{
	raise((intptr_t)arg);
	return 0;
}

static void test_wait(void)
{
	int status, there[2];
	pid_t pid, other;
	char c;

	status = in_child(exit_with, (void *)42);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 42);
	status = in_child(die_by, (void *)SIGTERM);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
	status = in_child(die_by, (void *)SIGKILL);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	CHECK(waitpid(-1, &status, 0) == -1 && errno == ECHILD);
	CHECK(kill(getpid(), 0) == 0);

	CHECK(!pipe(there));
	pid = fork();
	if (!pid) {
		_exit(read(there[0], &c, 1) == 1 ? c : 1);
	}
	CHECK(waitpid(pid, &status, WNOHANG) == 0);
	CHECK(waitpid(pid + 100000, &status, WNOHANG) == -1 &&
	      errno == ECHILD);
	other = fork();
	if (!other) {
		_exit(3);
	}
	CHECK(waitpid(-1, &status, 0) == other && WEXITSTATUS(status) == 3);
	c = 9;
	CHECK(write(there[1], &c, 1) == 1);
	CHECK(waitpid(pid, &status, 0) == pid && WEXITSTATUS(status) == 9);
	CHECK(kill(pid, 0) == -1 && errno == ESRCH);

	/* A child whose parent has gone gets another one. */
	pid = fork();
	if (!pid) {
		pid_t parent = getpid();

		if (!fork()) {
			while (getppid() == parent) {
				sched_yield();
			}
			c = getppid() != parent;
			(void)!write(there[1], &c, 1);
			_exit(0);
		}
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	CHECK(read(there[0], &c, 1) == 1 && c == 1);
	if (getpid() == 1) {
		CHECK(waitpid(-1, &status, 0) > 0 && status == 0);
	}
	close(there[0]);
	close(there[1]);
}

/* ---- signals ---- */

static volatile sig_atomic_t got, depth, deepest;
static void *volatile got_address;
static sigjmp_buf jump;

static void count(int sig)
{
	double x = got;

	/* The interrupted code's registers must not notice. */
	asm volatile("movsd %0, %%xmm0; movsd %0, %%xmm7" :: "m" (x)
		     : "xmm0", "xmm7");
	got = got + 1;
	depth = depth + 1;
	if (depth > deepest) {
		deepest = depth;
	}
	if (sig == SIGUSR2 && got < 3) {
		raise(SIGUSR2);
	}
	depth = depth - 1;
}

static void with_address(int sig, siginfo_t *info, void *context)
{
	(void)context;
	got = sig;
	got_address = info->si_addr;
	siglongjmp(jump, 1);
}

static void handle(int sig, void (*fn)(int), int flags)
{
	struct sigaction sa = { .sa_handler = fn, .sa_flags = flags };

	sigaction(sig, &sa, NULL);
}

static void signals_blocked(void)
{
	sigset_t set, old;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	CHECK(!sigprocmask(SIG_BLOCK, &set, &old));
	got = 0;
	raise(SIGUSR1);
	raise(SIGUSR1);
	CHECK(got == 0);
	CHECK(!sigprocmask(SIG_SETMASK, &old, NULL));
	CHECK(got == 1);
	/* One that comes while we wait with another mask. */
	sigprocmask(SIG_BLOCK, &set, &old);
	got = 0;
	raise(SIGUSR1);
	CHECK(got == 0);
	CHECK(sigsuspend(&old) == -1 && errno == EINTR);
	CHECK(got == 1);
	raise(SIGUSR1);
	CHECK(got == 1);		/* the mask is back */
	sigprocmask(SIG_SETMASK, &old, NULL);
	CHECK(got == 2);
}

static void signals_interrupt(void)
{
	struct timespec second = { 1, 0 }, left;
	int fds[2], status;
	pid_t parent = getpid(), pid;
	char c;

	CHECK(!pipe(fds));
	for (int restart = 0; restart < 2; restart++) {
		handle(SIGUSR1, count, restart ? SA_RESTART : 0);
		got = 0;
		pid = fork();
		if (!pid) {
			struct timespec t = { 0, 30000000 };

			nanosleep(&t, NULL);
			kill(parent, SIGUSR1);
			nanosleep(&t, NULL);
			_exit(write(fds[1], "x", 1) != 1);
		}
		if (restart) {
			CHECK(read(fds[0], &c, 1) == 1);
		} else {
			CHECK(read(fds[0], &c, 1) == -1 && errno == EINTR);
			CHECK(read(fds[0], &c, 1) == 1);
		}
		CHECK(got == 1);
		waitpid(pid, &status, 0);
		CHECK(status == 0);
	}
	pid = fork();
	if (!pid) {
		struct timespec t = { 0, 30000000 };

		nanosleep(&t, NULL);
		kill(parent, SIGUSR1);
		_exit(0);
	}
	CHECK(nanosleep(&second, &left) == -1 && errno == EINTR);
	CHECK(left.tv_sec == 0 && left.tv_nsec > 0);
	while (waitpid(pid, &status, 0) == -1 && errno == EINTR) {
	}
	close(fds[0]);
	close(fds[1]);
}

static void test_signals(void)
{
	struct sigaction sa = { .sa_sigaction = with_address,
				.sa_flags = SA_SIGINFO | SA_NODEFER }, old;
	double kept = 1.5;
	char *page = map(PAGE, PROT_READ, MAP_PRIVATE);

	handle(SIGUSR1, count, 0);
	handle(SIGUSR2, count, SA_NODEFER);
	got = 0;
	asm volatile("movsd %0, %%xmm7" :: "m" (kept) : "xmm7");
	syscall(SYS_kill, getpid(), SIGUSR1);
	asm volatile("movsd %%xmm7, %0" : "=m" (kept));
	CHECK(kept == 1.5);
	CHECK(got == 1);
	deepest = 0;
	got = 0;
	raise(SIGUSR2);
	CHECK(deepest == 3);
	handle(SIGUSR2, count, 0);
	deepest = 0;
	got = 0;
	raise(SIGUSR2);			/* now one after the other */
	CHECK(deepest == 1 && got == 3);
	signals_blocked();
	signals_interrupt();

	handle(SIGUSR1, count, SA_RESETHAND);
	raise(SIGUSR1);
	sigaction(SIGUSR1, NULL, &old);
	CHECK(old.sa_handler == SIG_DFL);
	handle(SIGUSR1, SIG_IGN, 0);
	CHECK(!raise(SIGUSR1));

	sigaction(SIGSEGV, &sa, NULL);
	sigaction(SIGFPE, &sa, NULL);
	sigaction(SIGILL, &sa, NULL);
	got = 0;
	if (!sigsetjmp(jump, 0)) {
		*(volatile char *)(page + 123) = 1;
	}
	CHECK(got == SIGSEGV && got_address == page + 123);
	if (!sigsetjmp(jump, 0)) {
		*(volatile char *)0xffff880000100000 = 1;
	}
	CHECK(got == SIGSEGV);
	got = 0;
	if (!sigsetjmp(jump, 0)) {
		*(volatile char *)0x8000000000000000 = 1;
	}
	CHECK(got == SIGSEGV);
	if (!sigsetjmp(jump, 0)) {
		asm volatile("xor %%ecx, %%ecx; div %%ecx" ::: "eax", "ecx",
			     "edx");
	}
	CHECK(got == SIGFPE);
	if (!sigsetjmp(jump, 0)) {
		asm volatile("ud2");
	}
	CHECK(got == SIGILL);
	if (!sigsetjmp(jump, 0)) {
		asm volatile("cli");
	}
	CHECK(got == SIGSEGV);
	got = 0;
	if (!sigsetjmp(jump, 0)) {
		((void (*)(void))page)();	/* no right to execute */
	}
	CHECK(got == SIGSEGV);
	handle(SIGSEGV, SIG_DFL, 0);
	handle(SIGFPE, SIG_DFL, 0);
	handle(SIGILL, SIG_DFL, 0);
	munmap(page, PAGE);
}

/* ---- pipes ---- */

#define PIPE_BYTES	(300 * 1000)

static void test_pipes(void)
{
	static unsigned char buf[10000];
	int fds[2], status, n, bad = 0, total = 0;
	struct iovec v[2] = { { "ab", 2 }, { "cde", 3 } };
	pid_t pid;

	CHECK(!pipe(fds));
	pid = fork();
	if (!pid) {
		close(fds[0]);
		for (int at = 0; at < PIPE_BYTES; at += n) {
			n = 1 + at * 7 % 9000;
			n = n < PIPE_BYTES - at ? n : PIPE_BYTES - at;
			for (int i = 0; i < n; i++) {
				buf[i] = (at + i) * 31 >> 3;
			}
			if (write(fds[1], buf, n) != n) {
				_exit(1);
			}
		}
		_exit(0);
	}
	close(fds[1]);
	while ((n = read(fds[0], buf, 1 + total % 7777)) > 0) {
		for (int i = 0; i < n; i++, total++) {
			bad += buf[i] != (unsigned char)(total * 31 >> 3);
		}
	}
	CHECK(n == 0 && total == PIPE_BYTES && bad == 0);
	waitpid(pid, &status, 0);
	CHECK(status == 0);
	close(fds[0]);

	CHECK(!pipe2(fds, O_NONBLOCK));
	CHECK(read(fds[0], buf, 1) == -1 && errno == EAGAIN);
	while ((n = write(fds[1], buf, 4096)) == 4096) {
	}
	CHECK(n == -1 && errno == EAGAIN);
	CHECK(write(fds[0], buf, 1) == -1 && errno == EBADF);
	close(fds[0]);
	handle(SIGPIPE, count, 0);
	got = 0;
	CHECK(write(fds[1], buf, 1) == -1 && errno == EPIPE);
	CHECK(got == 1);
	handle(SIGPIPE, SIG_DFL, 0);
	close(fds[1]);

	CHECK(!pipe(fds));
	CHECK(writev(fds[1], v, 2) == 5);
	CHECK(read(fds[0], buf, 100) == 5 && !memcmp(buf, "abcde", 5));
	CHECK(read(fds[0], NULL, 0) == 0);
	CHECK(write(fds[1], nowhere, 10) == -1 && errno == EFAULT);
	CHECK(write(fds[1], kernel_place, 10) == -1 &&
	      errno == EFAULT);
	CHECK(write(fds[1], "z", 1) == 1);
	CHECK(read(fds[0], nowhere, 1) == -1 && errno == EFAULT);
	close(fds[0]);
	close(fds[1]);
}

/* ---- futexes and threads ---- */

static long futex(uint32_t *word, int op, uint32_t value,
		  const struct timespec *timeout)
{
	return syscall(SYS_futex, word, op, value, timeout, NULL, 0);
}

#define HANDOFFS	300
#define THREADS		4
#define ADDS		2000

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static __thread int own;
static volatile long sum, arrived;

static void *add(void *arg)
{
	own = (intptr_t)arg;
	for (int i = 0; i < ADDS; i++) {
		pthread_mutex_lock(&mutex);
		sum = sum + 1;
		pthread_mutex_unlock(&mutex);
	}
	pthread_mutex_lock(&mutex);
	if (++arrived == THREADS) {
		pthread_cond_broadcast(&cond);
	}
	while (arrived < THREADS) {
		pthread_cond_wait(&cond, &mutex);
	}
	pthread_mutex_unlock(&mutex);
	return (void *)(intptr_t)(own * 3);
}

/* Maps, touches and unmaps beside the others: translations must go. */
static void *churn(void *arg)
{
	long bad = 0;

	for (int i = 0; i < 60; i++) {
		volatile uint64_t *p = map(8 * PAGE, PROT_READ | PROT_WRITE,
					   MAP_PRIVATE);

		for (int k = 0; k < 8; k++) {
			bad += p[k * 512] != 0;
			p[k * 512] = (uintptr_t)arg;
		}
		for (int k = 0; k < 8; k++) {
			bad += p[k * 512] != (uintptr_t)arg;
		}
		munmap((void *)p, 8 * PAGE);
	}
	return (void *)bad;
}

static void threads(void)
{
	pthread_t t[THREADS];
	void *result;
	int ok = 1;

	for (intptr_t i = 0; i < THREADS; i++) {
		CHECK(!pthread_create(&t[i], NULL, add, (void *)i));
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(t[i], &result);
		ok &= (intptr_t)result == i * 3;
	}
	CHECK(ok);
	CHECK(sum == THREADS * ADDS);
	CHECK(own == 0);
	for (intptr_t i = 0; i < THREADS; i++) {
		CHECK(!pthread_create(&t[i], NULL, churn, (void *)(i + 1)));
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(t[i], &result);
		CHECK(!result);
	}
}

static void *spin(void *arg)
{
	for (;;) {
		asm volatile("pause");
	}
	return arg;
}

/* The process ends while other threads of it run. */
static int exit_with_threads(void *arg)
{
	pthread_t t;

	(void)arg;
	pthread_create(&t, NULL, spin, NULL);
	pthread_create(&t, NULL, spin, NULL);
	sched_yield();
	return 5;
}

static void test_futex(void)
{
	uint32_t *word = map(PAGE, PROT_READ | PROT_WRITE, MAP_SHARED);
	struct timespec t = { 0, 20000000 };
	uint64_t began;
	int status;
	pid_t pid;

	CHECK(futex(word, FUTEX_WAIT, 1, NULL) == -1 && errno == EAGAIN);
	began = now();
	CHECK(futex(word, FUTEX_WAIT, 0, &t) == -1 && errno == ETIMEDOUT);
	CHECK(now() - began >= 20000000);
	CHECK(futex(word, FUTEX_WAKE, 1, NULL) == 0);
	CHECK(futex(nowhere, FUTEX_WAIT, 0, NULL) == -1 &&
	      errno == EFAULT);
	pid = fork();
	for (uint32_t i = 0; i < HANDOFFS; i++) {
		uint32_t mine = 2 * i + !pid, v;

		/* Turns: even numbers are the parent's. */
		while ((v = __atomic_load_n(word, __ATOMIC_ACQUIRE)) != mine) {
			futex(word, FUTEX_WAIT, v, NULL);
		}
		__atomic_store_n(word, mine + 1, __ATOMIC_RELEASE);
		futex(word, FUTEX_WAKE, 1, NULL);
	}
	if (!pid) {
		_exit(0);
	}
	waitpid(pid, &status, 0);
	CHECK(status == 0 && *word == 2 * HANDOFFS);
	munmap(word, PAGE);
	threads();
	status = in_child(exit_with_threads, NULL);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 5);
}

/* ---- memory ---- */

static int touch(void *arg)
{
	*(volatile char *)arg = 1;
	return 0;
}

static int look(void *arg)
{
	return *(volatile char *)arg ? 1 : 0;
}

static int crashes(int (*fn)(void *arg), void *arg)
{
	int status = in_child(fn, arg);

	return WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV;
}

static void test_memory(void)
{
	char *p = map(8 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE), *q;
	char *heap = sbrk(0);
	int fd, bad = 0;

	memset(p, 5, 8 * PAGE);
	CHECK(!munmap(p + 2 * PAGE, 2 * PAGE));
	CHECK(crashes(look, p + 2 * PAGE));
	CHECK(crashes(look, p + 4 * PAGE - 1));
	CHECK(p[2 * PAGE - 1] == 5 && p[4 * PAGE] == 5);
	CHECK(!mprotect(p, PAGE, PROT_READ));
	CHECK(crashes(touch, p) && p[0] == 5);
	CHECK(!mprotect(p, PAGE, PROT_NONE));
	CHECK(crashes(look, p));
	CHECK(!mprotect(p, PAGE, PROT_READ | PROT_WRITE));
	CHECK(p[0] == 5);
	p[0] = 6;
	CHECK(mprotect(p, 4 * PAGE, PROT_READ) == -1 && errno == ENOMEM);
	q = mmap(p + 4 * PAGE, PAGE, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	CHECK(q == p + 4 * PAGE && q[0] == 0 && q[PAGE] == 5);
	CHECK(mmap(p + 1, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS |
		   MAP_FIXED, -1, 0) == MAP_FAILED && errno == EINVAL);
	CHECK(munmap(p, 8 * PAGE) == 0);
	CHECK(crashes(look, p));

	CHECK(sbrk(3 * PAGE) == heap);
	for (int i = 0; i < 3 * PAGE; i++) {
		bad += heap[i] != 0;
	}
	memset(heap, 1, 3 * PAGE);
	CHECK(bad == 0);
	CHECK(brk(heap) == 0);
	CHECK(sbrk(3 * PAGE) == heap);
	CHECK(heap[2 * PAGE] == 0);
	brk(heap);

	/* A file mapped privately: this program. */
	fd = open(self, O_RDONLY);
	CHECK(fd >= 0);
	p = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	CHECK(p != MAP_FAILED && !memcmp(p, "\177ELF", 4));
	p[0] = 1;
	CHECK(pread(fd, p + PAGE, 4, 1) == 4 && !memcmp(p + PAGE, "ELF", 3));
	CHECK(lseek(fd, 0, SEEK_SET) == 0 && read(fd, p + PAGE, 4) == 4 &&
	      !memcmp(p + PAGE, "\177ELF", 4));
	munmap(p, 2 * PAGE);
	close(fd);
}

/* ---- the rest ---- */

static int compute(void *arg)
{
	double x = 1 + (intptr_t)arg, y = x;
	uint64_t end = now() + 60000000;
	int bad = 0;

	while (now() < end) {
		double a = x, b = y;

		for (int i = 0; i < 1000; i++) {
			a = a * 1.0000001 + 0.5;
			b = b * 1.0000001 + 0.5;
		}
		bad += a != b;
	}
	return bad != 0;
}

static void test_cpu(void)
{
	uint64_t t = now(), last = t;
	struct timespec nap = { 0, 5000000 };
	pid_t pid[6];
	int status, back = 0;

	/* More that compute than there are CPUs. */
	for (intptr_t i = 0; i < 6; i++) {
		pid[i] = fork();
		if (!pid[i]) {
			_exit(compute((void *)i));
		}
	}
	for (int i = 0; i < 6; i++) {
		CHECK(waitpid(pid[i], &status, 0) == pid[i] && status == 0);
	}
	CHECK(!nanosleep(&nap, NULL));
	CHECK(now() - t >= 5000000);
	for (int i = 0; i < 1000; i++) {
		t = now();
		back += t < last;
		last = t;
	}
	CHECK(back == 0);
	/* One that never calls the kernel cannot keep the CPU. */
	pid[0] = fork();
	if (!pid[0]) {
		spin(NULL);
	}
	CHECK(!nanosleep(&nap, NULL));
	CHECK(!kill(pid[0], SIGKILL));
	CHECK(waitpid(pid[0], &status, 0) == pid[0] &&
	      WTERMSIG(status) == SIGKILL);
}

static void test_files(void)
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

static const struct {
	const char *name;
	void (*fn)(void);
} tests[] = {
	{ "fork", test_fork }, { "exec", test_exec }, { "wait", test_wait },
	{ "signals", test_signals }, { "pipes", test_pipes },
	{ "futex", test_futex }, { "memory", test_memory },
	{ "cpu", test_cpu }, { "files", test_files },
};

int main(int argc, char **argv)
{
	const char *only = getenv("only");

	self = argv[0];
	if (argc > 1 && !strcmp(argv[1], "as-child")) {
		return as_child(argc, argv);
	}
	if (argc > 1 && !strcmp(argv[1], "as-only-thread")) {
		return getpid() != (pid_t)syscall(SYS_gettid);
	}
	if (argc > 1) {
		return 0;
	}
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		unsigned int before = failures;
		uint64_t t = now();

		if (only && strcmp(only, tests[i].name)) {
			continue;
		}
		tests[i].fn();
		printf("%s %s %lu ms\n", failures == before ? "ok  " : "FAIL",
		       tests[i].name, (now() - t) / 1000000);
		fflush(stdout);
	}
	return verdict();
}
