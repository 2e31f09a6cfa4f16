/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Console attachment.  When standard input is no terminal (a script), its
 * end does not end the session: output goes on until the domain stops.
 */
#define XC_WANT_COMPAT_MAP_FOREIGN_API
#include "lib/console.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <termios.h>
#include <unistd.h>

#include <xen/xen.h>
#include <xen/io/console.h>

#include "lib/clock.h"
#include "lib/msg.h"
#include "lib/progress.h"
#include "lib/rundir.h"

#define ESCAPE 0x1d		/* ^] */
#define TTY_WAIT_MS 5000
#define POLL_MS 20
#define DRAIN_MS 1000

static char *await_tty_name(struct tools *t, uint32_t domid)
{
	unsigned long end = clock_ms() + TTY_WAIT_MS;
	char path[64], *name;
	struct progress p;

	snprintf(path, sizeof(path), "/local/domain/%u/console/tty", domid);
	progress_begin(&p, "waiting for the console of domain %u", domid);
	while ((!(name = xs_read(t->xs, XBT_NULL, path, NULL)) || !*name) &&
	       clock_ms() < end) {
		free(name);
		progress_tick(&p);
		sleep_ms(POLL_MS);
	}
	progress_end(&p);
	if (name && !*name) {
		free(name);
		name = NULL;
	}
	return name;
}

static void make_raw(int fd)
{
	struct termios tio;

	if (!tcgetattr(fd, &tio)) {
		cfmakeraw(&tio);
		tcsetattr(fd, TCSANOW, &tio);
	}
}

int console_open(struct console *c, struct tools *t, uint32_t domid)
{
	pid_t holder;
	char *name;

	c->domid = domid;
	c->tty = -1;
	if (!domid) {
		return msg_error("domain 0's console is the machine's own (hvc0); nothing to attach");
	}
	if (rundir_prepare()) {
		return -1;
	}
	c->lock = rundir_lock("console", domid, &holder);
	if (c->lock < 0) {
		return holder ? msg_error("the console of domain %u is already open in process %d; leave it there with ^]",
					  domid, holder) : -1;
	}
	name = await_tty_name(t, domid);
	if (!name) {
		console_close(c);
		return msg_error("domain %u has no console; is xenconsoled running?",
				 domid);
	}
	c->tty = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (c->tty < 0) {
		msg_error("cannot open %s: %s", name, strerror(errno));
		free(name);
		console_close(c);
		return -1;
	}
	free(name);
	make_raw(c->tty);
	return 0;
}

void console_close(struct console *c)
{
	if (c->tty >= 0) {
		close(c->tty);
	}
	rundir_unlock("console", c->domid, c->lock);
	c->lock = -1;
	c->tty = -1;
}

static bool write_all(int fd, const char *buf, size_t len)
{
	while (len) {
		ssize_t n = write(fd, buf, len);

		if (n < 0 && errno == EINTR) {
			continue;
		}
		if (n <= 0) {
			return false;
		}
		buf += n;
		len -= n;
	}
	return true;
}

enum step { STEP_ON, STEP_ESCAPED, STEP_INPUT_END, STEP_CONSOLE_END };

static enum step copy_input(int tty)
{
	char buf[512], *escape;
	ssize_t n = read(STDIN_FILENO, buf, sizeof(buf));

	if (n <= 0) {
		return n < 0 && errno == EINTR ? STEP_ON : STEP_INPUT_END;
	}
	escape = isatty(STDIN_FILENO) ? memchr(buf, ESCAPE, n) : NULL;
	if (escape) {
		write_all(tty, buf, escape - buf);
		return STEP_ESCAPED;
	}
	return write_all(tty, buf, n) ? STEP_ON : STEP_CONSOLE_END;
}

static enum step copy_output(int tty)
{
	char buf[4096];
	ssize_t n = read(tty, buf, sizeof(buf));

	if (n < 0 && errno == EINTR) {
		return STEP_ON;
	}
	if (n <= 0 || !write_all(STDOUT_FILENO, buf, n)) {
		return STEP_CONSOLE_END;
	}
	return STEP_ON;
}

static volatile sig_atomic_t told_to_end;

static void note_signal(int sig)
{
	(void)sig;
	told_to_end = 1;
}

/*
 * A signal must not leave the terminal raw.  The ones that end a process are
 * taken only inside ppoll(), so none falls between a test and the wait.
 */
static void hold_signals(sigset_t *inside)
{
	static const int ending[] = { SIGTERM, SIGINT, SIGHUP, SIGQUIT };
	struct sigaction sa = { .sa_handler = note_signal };
	sigset_t set;
	unsigned int i;

	sigemptyset(&set);
	for (i = 0; i < sizeof(ending) / sizeof(ending[0]); i++) {
		sigaddset(&set, ending[i]);
		sigaction(ending[i], &sa, NULL);
	}
	sigprocmask(SIG_BLOCK, &set, inside);
	for (i = 0; i < sizeof(ending) / sizeof(ending[0]); i++) {
		sigdelset(inside, ending[i]);
	}
}

static enum step copy_both(int tty)
{
	struct pollfd fds[2] = {
		{ .fd = tty, .events = POLLIN },
		{ .fd = STDIN_FILENO, .events = POLLIN },
	};
	enum step step;
	sigset_t inside;

	hold_signals(&inside);
	while (!told_to_end) {
		if (ppoll(fds, 2, NULL, &inside) < 0) {
			if (errno == EINTR) {
				continue;
			}
			return STEP_CONSOLE_END;
		}
		if (fds[0].revents) {
			step = copy_output(tty);
			if (step != STEP_ON) {
				return step;
			}
		}
		if (fds[1].revents) {
			step = copy_input(tty);
			if (step == STEP_INPUT_END) {
				fds[1].fd = -1;
			} else if (step != STEP_ON) {
				return step;
			}
		}
	}
	return STEP_ESCAPED;
}

int console_run(struct console *c)
{
	struct termios saved;
	bool terminal = !tcgetattr(STDIN_FILENO, &saved);
	enum step end;

	if (terminal) {
		msg_info("console of domain %u; leave it with ^]", c->domid);
		make_raw(STDIN_FILENO);
	}
	end = copy_both(c->tty);
	if (terminal) {
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &saved);
	}
	return end == STEP_CONSOLE_END;
}

/* The domain may be gone already: then there is nothing to wait for. */
void console_drain(struct tools *t, uint32_t domid, unsigned long frame)
{
	volatile struct xencons_interface *ring = xc_map_foreign_range(
		t->xc, domid, XC_PAGE_SIZE, PROT_READ, frame);
	int waited;

	if (!ring) {
		return;
	}
	for (waited = 0; waited < DRAIN_MS && ring->out_cons != ring->out_prod;
	     waited += POLL_MS) {
		sleep_ms(POLL_MS);
	}
	munmap((void *)ring, XC_PAGE_SIZE);
}
