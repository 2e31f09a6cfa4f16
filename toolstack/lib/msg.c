/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * One-line messages and where they go.  No message spans lines: a newline in
 * the text (from a library or a file name) becomes a space.
 */
#include "lib/msg.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include "lib/clock.h"

#define LINE_MAX_LEN 1024

static int verbose;

static void stderr_sink(enum msg_level level, const char *line)
{
	static const char *const prefix[] = {
		[MSG_INFO] = "pvctl: ",
		[MSG_WARNING] = "pvctl: warning: ",
		[MSG_ERROR] = "pvctl: error: ",
	};

	fprintf(stderr, "%s%s\n", prefix[level], line);
}

static msg_sink_fn current_sink = stderr_sink;

void msg_set_sink(msg_sink_fn sink)
{
	current_sink = sink ? sink : stderr_sink;
}

void msg_log_sink(enum msg_level level, const char *line)
{
	static const char *const prefix[] = {
		[MSG_INFO] = "",
		[MSG_WARNING] = "warning: ",
		[MSG_ERROR] = "error: ",
	};
	char when[32];
	time_t now = time(NULL);
	struct tm tm;

	localtime_r(&now, &tm);
	strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S", &tm);
	fprintf(stderr, "%s %s%s\n", when, prefix[level], line);
	fflush(stderr);
}

void msg_set_verbose(int on)
{
	verbose = on;
}

static void emit(enum msg_level level, const char *fmt, va_list ap)
{
	char line[LINE_MAX_LEN];
	char *p;

	vsnprintf(line, sizeof(line), fmt, ap);
	for (p = line; *p; p++) {
		if (*p == '\n' || *p == '\r') {
			*p = ' ';
		}
	}
	current_sink(level, line);
}

void msg_info(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	emit(MSG_INFO, fmt, ap);
	va_end(ap);
}

void msg_debug(const char *fmt, ...)
{
	static unsigned long first;
	char text[LINE_MAX_LEN - 32];
	va_list ap;

	if (!verbose) {
		return;
	}
	first = first ? first : clock_ms();
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	msg_info("[%5lu ms] %s", clock_ms() - first, text);
}

void msg_warn(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	emit(MSG_WARNING, fmt, ap);
	va_end(ap);
}

int msg_error(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	emit(MSG_ERROR, fmt, ap);
	va_end(ap);
	return -1;
}
