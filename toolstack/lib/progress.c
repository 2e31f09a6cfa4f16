/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * See progress.h.
 */
#include "lib/progress.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "lib/clock.h"

void progress_begin(struct progress *p, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(p->what, sizeof(p->what), fmt, ap);
	va_end(ap);
	p->start = clock_ms();
	p->shown = 0;
	p->terminal = isatty(STDERR_FILENO);
}

unsigned long progress_tick(struct progress *p)
{
	unsigned long s = (clock_ms() - p->start) / 1000;

	if (p->terminal && s != p->shown) {
		fprintf(stderr, "\r%s: %lu s ", p->what, s);
		p->shown = s;
	}
	return s;
}

void progress_end(struct progress *p)
{
	if (p->shown) {
		fputs("\r\033[K", stderr);	/* erase to the line's end */
		p->shown = 0;
	}
}
