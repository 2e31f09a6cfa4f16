/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/* Signals: handlers, masks, interrupted calls, faults. */
#define _GNU_SOURCE
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "selftest.h"

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

void test_signals(void)
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
