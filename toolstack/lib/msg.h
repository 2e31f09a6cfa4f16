/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * What pvctl says to people.
 *
 * Every failure is one line: what was wrong, then what to do about it.  The
 * line goes to stderr, or, in a watcher that has lost its terminal, to that
 * domain's log.  Tests put their own sink here and read the lines back.
 */
#ifndef TOOLSTACK_LIB_MSG_H
#define TOOLSTACK_LIB_MSG_H

enum msg_level {
	MSG_INFO,
	MSG_WARNING,
	MSG_ERROR,
};

typedef void (*msg_sink_fn)(enum msg_level level, const char *line);

/* Send later messages to @sink; NULL means stderr again. */
void msg_set_sink(msg_sink_fn sink);

/* A line with the time in front, for the watcher's log on stderr. */
void msg_log_sink(enum msg_level level, const char *line);

/* Extra detail, with the time since the start, for those who said -v. */
void msg_set_verbose(int on);
void msg_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

void msg_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void msg_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Returns -1, so that a caller can say "return msg_error(...)". */
int msg_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
