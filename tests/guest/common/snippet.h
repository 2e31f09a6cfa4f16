/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Code given as assembly text, to be run in kernel or user mode, and a watch
 * that takes down how it comes back.
 */
#ifndef TESTS_GUEST_SNIPPET_H
#define TESTS_GUEST_SNIPPET_H

#include "common/test.h"

typedef unsigned long (*snippet_fn)(unsigned long arg);

/* A function (arg in rdi, result in rax) of which only the text is given. */
#define SNIPPET(name, text)						\
	unsigned long name(unsigned long arg);				\
	asm(".pushsection .text\n.balign 16\n"				\
	    #name ":\n" text "\n	ret\n.popsection")

/* The first exception that a snippet took; vector -1 when there was none. */
struct sighting {
	int vector;
	struct regs regs;
	uint64_t cr2;
	bool events_masked;	/* while in the handler */
	const struct regs *where;
};

/*
 * Runs a snippet; the first exception (not event, not system call) in it ends
 * it. The result is valid until the next run.
 */
const struct sighting *kernel_watch(snippet_fn fn, unsigned long arg);
const struct sighting *kernel_watch2(snippet_fn fn, unsigned long arg,
				     unsigned long arg2);	/* in rsi */
const struct sighting *user_watch(snippet_fn fn, unsigned long arg);
const struct sighting *user_watch_regs(const struct regs *regs);

/* What kernel_watch's snippet or the last user run returned in rax. */
unsigned long snippet_result(void);

#endif
