/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Messages of a backend: see log.h. A guest can make at most GUEST_BURST
 * lines per GUEST_PERIOD appear; the rest is counted and told later.
 */
#include "common/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

enum {
	GUEST_BURST = 10,
	GUEST_PERIOD = 60,	/* seconds */
};

static const char *log_program = "backend";
static const char *log_device = "";
static int log_fd = STDERR_FILENO;
static bool log_syslog, log_both;

int log_start(const char *program, const char *device, const char *file)
{
	log_program = program;
	log_device = device;
	if (file) {
		int fd = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC,
			      0640);

		if (fd < 0) {
			return -errno;
		}
		log_fd = fd;
	}
	return 0;
}

void log_to_starter(void)
{
	log_both = log_fd != STDERR_FILENO;
}

void log_detach(void)
{
	log_both = false;
	if (log_fd == STDERR_FILENO) {
		openlog(log_program, LOG_PID | LOG_NDELAY, LOG_DAEMON);
		log_syslog = true;
	}
}

static void log_line(int priority, const char *level, const char *fmt,
		     va_list ap)
{
	char text[512], line[640];
	int n;

	vsnprintf(text, sizeof(text), fmt, ap);
	if (log_syslog) {
		syslog(priority, "%s: %s", log_device, text);
		return;
	}
	n = snprintf(line, sizeof(line), "%s: %s: %s%s\n", log_program,
		     log_device, level, text);
	if (n >= (int)sizeof(line)) {
		n = sizeof(line) - 1;
	}
	if (log_both && priority == LOG_ERR &&
	    write(STDERR_FILENO, line, n) < 0) {
		log_both = false;
	}
	if (write(log_fd, line, n) < 0) {
		/* There is nowhere left to say so. */
		return;
	}
}

void log_info(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_line(LOG_INFO, "", fmt, ap);
	va_end(ap);
}

void log_error(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_line(LOG_ERR, "error: ", fmt, ap);
	va_end(ap);
}

struct limit {
	time_t start;
	unsigned int lines, hidden;
};

/* True if one more line of this kind may go out now. */
static bool guest_may_log(struct limit *l)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (l->lines == 0 || now.tv_sec - l->start >= GUEST_PERIOD) {
		l->start = now.tv_sec;
		l->lines = 0;
		if (l->hidden != 0) {
			log_info("%u lines about the guest left out",
				 l->hidden);
			l->hidden = 0;
		}
	}
	if (l->lines == GUEST_BURST) {
		l->hidden++;
		return false;
	}
	l->lines++;
	return true;
}

void log_guest(const char *fmt, ...)
{
	static struct limit limit;
	va_list ap;

	if (!guest_may_log(&limit)) {
		return;
	}
	va_start(ap, fmt);
	log_line(LOG_WARNING, "guest: ", fmt, ap);
	va_end(ap);
}

void log_closed(const char *reason)
{
	static struct limit limit;

	if (guest_may_log(&limit)) {
		log_info("guest: device closed: %s", reason);
	}
}

void log_cycle(const char *fmt, ...)
{
	static struct limit limit;
	va_list ap;

	if (!guest_may_log(&limit)) {
		return;
	}
	va_start(ap, fmt);
	log_line(LOG_INFO, "", fmt, ap);
	va_end(ap);
}
