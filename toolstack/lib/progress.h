/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * One line on a terminal that counts the seconds of a wait, from its second
 * one on, and goes away with it.  Where stderr is no terminal: nothing.
 */
#ifndef TOOLSTACK_LIB_PROGRESS_H
#define TOOLSTACK_LIB_PROGRESS_H

#include <stdbool.h>

struct progress {
	char what[128];
	unsigned long start;	/* clock_ms() */
	unsigned long shown;	/* seconds that the line says */
	bool terminal;
};

void progress_begin(struct progress *p, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* To be called while waiting, a few times a second; seconds so far. */
unsigned long progress_tick(struct progress *p);

/* Before any other line is printed. */
void progress_end(struct progress *p);

#endif
