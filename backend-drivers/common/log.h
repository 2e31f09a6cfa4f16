/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Messages of a backend: one line each, to stderr, a log file or syslog.
 *
 * Levels say whose fault it is: error ours or the machine's, warning the
 * guest's, info the life cycle. What a guest can cause again and again goes
 * through log_guest() or log_cycle(), which let a burst through and then count.
 */
#ifndef BACKEND_COMMON_LOG_H
#define BACKEND_COMMON_LOG_H

/* @device names the device in each line; @file may be NULL. -errno. */
int log_start(const char *program, const char *device, const char *file);

/* Until log_detach(), errors go to stderr as well as to a log file. */
void log_to_starter(void);

/* From now on use syslog unless a log file was given: stderr is going. */
void log_detach(void);

void log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_guest(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Of a device closed for its frontend's fault; has a limit of its own. */
void log_closed(const char *reason);

/* The life of a connection, which a frontend may begin as often as it likes. */
void log_cycle(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
