/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * One watcher per domain, the parent of its backends:
 *
 *	         go                 shut down: restart
 *	BUILT --------> WATCHING --------------------> (down, up) --> WATCHING
 *	                   |  shut down: destroy, or destroyed from outside
 *	                   +------------------------------------> down, exit
 *
 * "pvctl create" talks to it over a socket: the watcher sends the domain's
 * number when the domain stands, waits for 'r' (run) or 'p' (stay paused),
 * and answers with 'k'.  If pvctl dies before that, the domain is taken down
 * again.  Afterwards the watcher belongs to nobody and writes to the log.
 *
 * xenstored's @releaseDomain watch says that some domain shut down or died;
 * the hypervisor says which and why.  A timer asks as well, so that a missed
 * watch can delay the end of a domain but not lose it.
 */
#include "lib/watcher.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/console.h"
#include "lib/guest.h"
#include "lib/msg.h"
#include "lib/progress.h"
#include "lib/rundir.h"

#define RECHECK_MS 30000
#define PROGRESS_MS 250

/* A guest that reboots faster than this is slowed down, lest it spin. */
#define QUICK_LIFE_S 2

enum fate {
	FATE_RUNS,
	FATE_DESTROY,
	FATE_RESTART,
};

static const char *shutdown_word(unsigned int reason)
{
	switch (reason) {
	case SHUTDOWN_poweroff:
		return "powered off";
	case SHUTDOWN_reboot:
		return "asked for a reboot";
	case SHUTDOWN_suspend:
		return "suspended itself";
	case SHUTDOWN_crash:
		return "crashed";
	case SHUTDOWN_watchdog:
		return "was stopped by its watchdog";
	case SHUTDOWN_soft_reset:
		return "asked for a soft reset";
	default:
		return "shut down for an unknown reason";
	}
}

static enum end_action action_for(const struct domain_config *cfg,
				  unsigned int reason)
{
	switch (reason) {
	case SHUTDOWN_poweroff:
		return cfg->on_poweroff;
	case SHUTDOWN_reboot:
		return cfg->on_reboot;
	case SHUTDOWN_crash:
		return cfg->on_crash;
	case SHUTDOWN_watchdog:
		return cfg->on_watchdog;
	case SHUTDOWN_suspend:
		/* Whoever asked for it lets it go on, or ends it. */
		return END_PRESERVE;
	default:
		return END_DESTROY;
	}
}

/* *preserved: for which reason it was left as it is; -1: none. */
static enum fate judge(struct guest *g, int *preserved)
{
	xc_domaininfo_t info;
	int exists = tools_domain_info(g->t, g->built.domid, &info);
	unsigned int reason;
	enum end_action action;

	if (exists < 0) {
		return FATE_RUNS;
	}
	if (!exists || (info.flags & XEN_DOMINF_dying)) {
		msg_info("domain %u '%s' was destroyed", g->built.domid,
			 g->cfg->name);
		return FATE_DESTROY;
	}
	reason = info.flags >> XEN_DOMINF_shutdownshift &
		 XEN_DOMINF_shutdownmask;
	if (!(info.flags & XEN_DOMINF_shutdown) || *preserved == (int)reason) {
		return FATE_RUNS;
	}
	action = action_for(g->cfg, reason);
	msg_info("domain %u '%s' %s: it is %s", g->built.domid, g->cfg->name,
		 shutdown_word(reason), action == END_DESTROY ? "removed" :
		 action == END_RESTART ? "restarted" : "kept for inspection");
	if (action == END_PRESERVE) {
		*preserved = (int)reason;
		return FATE_RUNS;
	}
	return action == END_RESTART ? FATE_RESTART : FATE_DESTROY;
}

static void reap(struct guest *g)
{
	const char *label;
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		label = backends_reaped(&g->backends, pid);
		if (!label) {
			continue;
		}
		if (WIFSIGNALED(status)) {
			msg_warn("domain %u: the backend of %s was killed by signal %d; the guest has lost that device",
				 g->built.domid, label, WTERMSIG(status));
		} else {
			msg_info("domain %u: the backend of %s ended with status %d",
				 g->built.domid, label, WEXITSTATUS(status));
		}
	}
}

/* Returns when the domain has ended, or -1 when told to leave it alone. */
static int watch_until_end(struct guest *g, int sigfd, enum fate *fate)
{
	struct pollfd fds[2] = {
		{ .fd = xs_fileno(g->t->xs), .events = POLLIN },
		{ .fd = sigfd, .events = POLLIN },
	};
	int preserved = -1;

	while ((*fate = judge(g, &preserved)) == FATE_RUNS) {
		struct signalfd_siginfo si;

		poll(fds, 2, RECHECK_MS);
		tools_drain_watches(g->t);
		while (read(sigfd, &si, sizeof(si)) == sizeof(si)) {
			if (si.ssi_signo == SIGCHLD) {
				reap(g);
				continue;
			}
			msg_info("domain %u '%s' is left without a watcher (signal %u)",
				 g->built.domid, g->cfg->name, si.ssi_signo);
			return -1;
		}
		if (fds[0].revents & (POLLERR | POLLHUP)) {
			return msg_error("lost xenstored; domain %u '%s' is left without a watcher",
					 g->built.domid, g->cfg->name);
		}
	}
	return 0;
}

static int unpause(struct guest *g)
{
	if (xc_domain_unpause(g->t->xc, g->built.domid)) {
		return msg_error("the hypervisor did not start domain %u: %s",
				 g->built.domid, strerror(errno));
	}
	return 0;
}

static int restart(struct guest *g, time_t *started)
{
	if (time(NULL) - *started < QUICK_LIFE_S) {
		sleep(1);
	}
	/* Who destroys a domain in these moments does not want it back. */
	if (!guest_down(g)) {
		msg_info("domain '%s' was destroyed: it is not restarted",
			 g->cfg->name);
		return -1;
	}
	if (guest_up(g)) {
		return -1;
	}
	*started = time(NULL);
	msg_info("domain '%s' is now number %u", g->cfg->name,
		 g->built.domid);
	return unpause(g);
}

static void watch(struct guest *g, int sigfd)
{
	time_t started = time(NULL);
	enum fate fate;

	while (!watch_until_end(g, sigfd, &fate)) {
		console_drain(g->t, g->built.domid, g->built.console_frame);
		if (fate == FATE_RESTART && !restart(g, &started)) {
			continue;
		}
		if (g->lock >= 0) {
			guest_down(g);
		}
		return;
	}
}

/* From here on there is no terminal: everything goes to the domain's log. */
static void detach(const struct domain_config *cfg)
{
	char path[RUN_PATH_MAX];
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int log;

	rundir_logfile(cfg->name, path);
	log = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	dup2(log >= 0 ? log : null, STDERR_FILENO);
	msg_set_sink(msg_log_sink);
	if (chdir("/")) {
		msg_warn("cannot change to /: %s", strerror(errno));
	}
}

/* The parent's word: 'r', 'p', or nothing if it has gone away. */
static char hear_parent(int fd, uint32_t domid)
{
	char word = 0;

	if (write(fd, &domid, sizeof(domid)) != sizeof(domid)) {
		return 0;
	}
	while (read(fd, &word, 1) < 0 && errno == EINTR) {
	}
	return word;
}

static int block_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	sigdelset(&set, SIGINT);
	sigdelset(&set, SIGHUP);
	return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

static int watcher_main(const struct domain_config *cfg, int parent)
{
	struct tools t;
	struct guest g = { .t = &t, .cfg = cfg, .lock = -1 };
	int sigfd = block_signals();
	char word;

	setsid();
	prctl(PR_SET_NAME, "pvctl-watcher");
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	if (tools_open(&t, NEED_HYPERVISOR | NEED_STORE)) {
		return 1;
	}
	if (!tools_watch(&t, "@releaseDomain", "end")) {
		msg_error("xenstored refused a watch: %s", strerror(errno));
		return 1;
	}
	if (guest_up(&g)) {
		return 1;
	}
	word = hear_parent(parent, g.built.domid);
	if (!word || (word == 'r' && unpause(&g))) {
		guest_down(&g);
		return 1;
	}
	if (write(parent, "k", 1) != 1) {
		msg_debug("pvctl create left early");
	}
	close(parent);
	detach(cfg);
	msg_info("domain %u '%s' started", g.built.domid, cfg->name);
	watch(&g, sigfd);
	tools_close(&t);
	return 0;
}

static volatile sig_atomic_t told_to_end;

static void note_signal(int sig)
{
	(void)sig;
	told_to_end = 1;
}

/* A second ^C ends pvctl itself; the watcher removes what it built anyway. */
static void catch_signals(bool catch)
{
	struct sigaction sa = {
		.sa_handler = catch ? note_signal : SIG_DFL,
		.sa_flags = SA_RESETHAND,
	};

	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGHUP, &sa, NULL);
}

void watcher_abandon(struct watcher *w)
{
	close(w->fd);
	waitpid(w->pid, NULL, 0);
}

/* Waits for the domain's number; false: there will be none. */
static bool await_built(struct watcher *w, const struct domain_config *cfg)
{
	struct pollfd fd = { .fd = w->fd, .events = POLLIN };
	struct progress p;
	bool built;

	told_to_end = 0;
	catch_signals(true);
	progress_begin(&p, "building domain '%s'", cfg->name);
	while (!told_to_end && poll(&fd, 1, PROGRESS_MS) <= 0) {
		progress_tick(&p);
	}
	progress_end(&p);
	built = !told_to_end &&
		read(w->fd, &w->domid, sizeof(w->domid)) == sizeof(w->domid);
	if (told_to_end) {
		msg_error("interrupted: domain '%s' is not created; removing what was built",
			  cfg->name);
		watcher_abandon(w);
		w->fd = -1;
	}
	catch_signals(false);
	return built && w->fd >= 0;
}

/* The end of the socket tells the watcher to take the domain down again. */
int watcher_start(struct watcher *w, const struct domain_config *cfg)
{
	int pair[2], status;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair)) {
		return msg_error("cannot make a socket: %s", strerror(errno));
	}
	fflush(NULL);
	w->fd = pair[0];
	w->pid = fork();
	if (w->pid < 0) {
		return msg_error("cannot fork: %s", strerror(errno));
	}
	if (!w->pid) {
		close(pair[0]);
		_exit(watcher_main(cfg, pair[1]));
	}
	close(pair[1]);
	if (!await_built(w, cfg)) {
		if (w->fd < 0) {
			return -1;
		}
		if (waitpid(w->pid, &status, 0) == w->pid &&
		    WIFSIGNALED(status)) {
			msg_error("the watcher of '%s' was killed by signal %d while building",
				  cfg->name, WTERMSIG(status));
		}
		close(w->fd);
		return -1;
	}
	return 0;
}

int watcher_release(struct watcher *w, bool paused)
{
	char word = paused ? 'p' : 'r';
	char answer = 0;

	if (write(w->fd, &word, 1) != 1 || read(w->fd, &answer, 1) != 1) {
		close(w->fd);
		return -1;
	}
	close(w->fd);
	return 0;
}
