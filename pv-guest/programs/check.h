/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * For programs that run as any program on Linux and as process 1 on keel:
 * conditions that must hold, a verdict, and the end.
 */
#ifndef KEEL_PROGRAMS_CHECK_H
#define KEEL_PROGRAMS_CHECK_H

#include <stdio.h>
#include <stdlib.h>
#include <sys/reboot.h>
#include <unistd.h>

/* Weak: one pair for all files of a program. */
__attribute__((weak)) unsigned int checks, failures;

#define CHECK(condition)						\
	check((condition), #condition, __FILE__, __LINE__)

static inline void check(int ok, const char *what, const char *file, int line)
{
	checks++;
	if (!ok) {
		failures++;
		printf("FAIL %s:%d: %s\n", file, line, what);
		fflush(stdout);
	}
}

/* The verdict; as process 1 the machine's end too. */
static inline int verdict(void)
{
	printf("%u checks, %u failures\nVERDICT %s\n", checks, failures,
	       failures ? "failure" : "success");
	fflush(stdout);
	if (getpid() == 1) {
		reboot(RB_POWER_OFF);
	}
	return failures != 0;
}

#endif
