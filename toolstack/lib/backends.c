/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Starting and ending backend processes.
 *
 * A backend started with --daemon returns 0 once its device is in InitWait,
 * and otherwise says on stderr what was wrong, which is quoted in our message;
 * so a missing file or bridge is a failure of "pvctl create" and not a guest
 * without its disk.  All are
 * started at once and then waited for.  The watcher is their subreaper: the
 * daemons become its children, and it learns of their end.
 */
#include "lib/backends.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/msg.h"
#include "lib/rundir.h"
#include "lib/store.h"

#ifndef BACKEND_DIR
#define BACKEND_DIR "/usr/sbin"
#endif

/* A backend has this long to flush and unmap after SIGTERM. */
#define STOP_MS 5000
#define STOP_POLL_MS 10

#define MAX_ARGS 24

struct command {
	const char *program;
	char text[MAX_ARGS][256];
	char *argv[MAX_ARGS + 1];
	int argc;
};

static void arg(struct command *c, const char *text)
{
	if (c->argc < MAX_ARGS) {
		snprintf(c->text[c->argc], sizeof(c->text[0]), "%s", text);
		c->argv[c->argc] = c->text[c->argc];
		c->argc++;
		c->argv[c->argc] = NULL;
	}
}

static void arg_number(struct command *c, const char *option,
		       unsigned int value)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", value);
	arg(c, option);
	arg(c, text);
}

static void arg_pair(struct command *c, const char *option, const char *value)
{
	arg(c, option);
	arg(c, value);
}

static void common_args(struct command *c, const char *program,
			uint32_t domid, unsigned int devid, const char *back,
			const char *pidfile, const char *log)
{
	memset(c, 0, sizeof(*c));
	c->program = program;
	arg(c, program);
	arg_number(c, "--frontend-domid", domid);
	arg_number(c, "--devid", devid);
	arg_pair(c, "--backend-path", back);
	arg(c, "--daemon");
	arg_pair(c, "--pidfile", pidfile);
	arg_pair(c, "--log", log);
}

/*
 * Run from the build tree or a test's choice, the installed place, or PATH.
 */
static void exec_program(struct command *c)
{
	const char *dir = getenv("PARAVANE_BACKEND_DIR");
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", dir ? dir : BACKEND_DIR,
		 c->program);
	execv(path, c->argv);
	if (errno == ENOENT) {
		execvp(c->program, c->argv);
	}
	msg_error("cannot run %s: %s; is Paravane installed completely?",
		  path, strerror(errno));
	_exit(127);
}

/* One that is on its way to be a daemon. */
struct starter {
	pid_t pid;
	int said;		/* what it has on stderr before it is one */
};

static struct starter spawn(struct command *c)
{
	struct starter s = { .pid = -1, .said = -1 };
	sigset_t none;
	int null, said[2];

	if (pipe2(said, O_CLOEXEC)) {
		return s;
	}
	s.pid = fork();
	if (s.pid) {
		close(said[1]);
		s.said = said[0];
		return s;
	}
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	null = open("/dev/null", O_RDWR);
	if (null >= 0) {
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
	}
	dup2(said[1], STDERR_FILENO);
	exec_program(c);
	return s;
}

/* The last complaint that a starter made, without who made it; closes it. */
static void read_reason(struct starter *s, char *reason, size_t size)
{
	char text[1024], *from, *error;
	size_t len = 0;
	ssize_t n;

	while (len < sizeof(text) - 1 &&
	       ((n = read(s->said, text + len, sizeof(text) - 1 - len)) > 0 ||
		(n < 0 && errno == EINTR))) {
		len += n > 0 ? n : 0;
	}
	close(s->said);
	text[len] = '\0';
	from = text;
	while ((error = strstr(from, "error: "))) {
		from = error + strlen("error: ");
	}
	from[strcspn(from, "\n")] = '\0';
	snprintf(reason, size, "%.400s", from);
}

static struct starter start_disk(struct backends *b, const struct disk *d,
			uint32_t domid, const char *log)
{
	char back[STORE_PATH_MAX], pidfile[RUN_PATH_MAX];
	struct command c;

	store_blk_backend_path(domid, d->devid, back);
	rundir_pidfile(domid, "vbd", d->devid, pidfile);
	snprintf(b->proc[b->nr].label, sizeof(b->proc[0].label), "disk %s",
		 d->vdev);
	snprintf(b->proc[b->nr].pidfile, sizeof(b->proc[0].pidfile), "%.100s",
		 pidfile);
	common_args(&c, "pv-blkback", domid, d->devid, back, pidfile, log);
	arg_pair(&c, "--file", d->path);
	if (d->readonly) {
		arg(&c, "--readonly");
	}
	return spawn(&c);
}

static struct starter start_vif(struct backends *b, const struct vif *v,
		       uint32_t domid, const char *log)
{
	char back[STORE_PATH_MAX], pidfile[RUN_PATH_MAX], mac[18], name[32];
	struct command c;

	store_net_backend_path(domid, v->devid, back);
	rundir_pidfile(domid, "vif", v->devid, pidfile);
	snprintf(b->proc[b->nr].label, sizeof(b->proc[0].label), "vif %d",
		 v->devid);
	snprintf(b->proc[b->nr].pidfile, sizeof(b->proc[0].pidfile), "%.100s",
		 pidfile);
	snprintf(mac, sizeof(mac), "%02x:%02x:%02x:%02x:%02x:%02x",
		 v->mac[0], v->mac[1], v->mac[2], v->mac[3], v->mac[4],
		 v->mac[5]);
	store_ifname(v, domid, name, sizeof(name));
	common_args(&c, "pv-netback", domid, v->devid, back, pidfile, log);
	arg_pair(&c, "--bridge", v->bridge);
	arg_pair(&c, "--mac", mac);
	arg_pair(&c, "--ifname", name);
	return spawn(&c);
}

/* Wait for one starter; the daemon it leaves is known by its pid file. */
static int await_start(struct backends *b, unsigned int i,
		       struct starter *starter, const char *log)
{
	char reason[512];
	int status;

	read_reason(starter, reason, sizeof(reason));
	while (waitpid(starter->pid, &status, 0) < 0) {
		if (errno != EINTR) {
			return msg_error("%s: lost its backend at start",
					 b->proc[i].label);
		}
	}
	if (!WIFEXITED(status) || WEXITSTATUS(status)) {
		return msg_error("%s: %s; see also %s", b->proc[i].label,
				 *reason ? reason : "its backend did not start",
				 log);
	}
	b->proc[i].pid = rundir_read_pid(b->proc[i].pidfile);
	if (!b->proc[i].pid) {
		return msg_error("%s: its backend left no %s",
				 b->proc[i].label, b->proc[i].pidfile);
	}
	return 0;
}

int backends_start(struct backends *b, const struct domain_config *cfg,
		   uint32_t domid)
{
	struct starter starter[MAX_BACKENDS];
	char log[RUN_PATH_MAX];
	unsigned int i;
	int ret = 0;

	memset(b, 0, sizeof(*b));
	rundir_logfile(cfg->name, log);
	for (i = 0; i < cfg->nr_disks; i++, b->nr++) {
		starter[b->nr] = start_disk(b, &cfg->disks[i], domid, log);
	}
	for (i = 0; i < cfg->nr_vifs; i++, b->nr++) {
		starter[b->nr] = start_vif(b, &cfg->vifs[i], domid, log);
	}
	for (i = 0; i < b->nr; i++) {
		if (starter[i].pid < 0) {
			ret = msg_error("%s: cannot fork: %s",
					b->proc[i].label, strerror(errno));
		} else if (await_start(b, i, &starter[i], log)) {
			ret = -1;
		}
	}
	return ret;
}

const char *backends_reaped(struct backends *b, pid_t pid)
{
	unsigned int i;

	for (i = 0; i < b->nr; i++) {
		if (b->proc[i].pid == pid) {
			b->proc[i].pid = 0;
			unlink(b->proc[i].pidfile);
			return b->proc[i].label;
		}
	}
	return NULL;
}

/* Gone, whether it was our child (then reaped here) or someone else's. */
static bool has_ended(pid_t pid)
{
	return waitpid(pid, NULL, WNOHANG) == pid ||
	       (kill(pid, 0) && errno == ESRCH);
}

static unsigned int count_running(struct backends *b)
{
	unsigned int i, running = 0;

	for (i = 0; i < b->nr; i++) {
		if (b->proc[i].pid && has_ended(b->proc[i].pid)) {
			unlink(b->proc[i].pidfile);
			b->proc[i].pid = 0;
		}
		running += !!b->proc[i].pid;
	}
	return running;
}

static void signal_all(struct backends *b, int sig)
{
	unsigned int i;

	for (i = 0; i < b->nr; i++) {
		if (b->proc[i].pid) {
			kill(b->proc[i].pid, sig);
		}
	}
}

void backends_stop(struct backends *b)
{
	unsigned int waited;

	signal_all(b, SIGTERM);
	for (waited = 0; count_running(b) && waited < STOP_MS;
	     waited += STOP_POLL_MS) {
		sleep_ms(STOP_POLL_MS);
	}
	if (count_running(b)) {
		msg_warn("%u backends did not end after %d s; killing them",
			 count_running(b), STOP_MS / 1000);
		signal_all(b, SIGKILL);
		for (waited = 0; count_running(b) && waited < STOP_MS;
		     waited += STOP_POLL_MS) {
			sleep_ms(STOP_POLL_MS);
		}
	}
	b->nr = 0;
}

/* A pid file may be older than the process that now has its number. */
static bool is_backend(pid_t pid)
{
	char path[64], comm[32] = "";
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	f = fopen(path, "re");
	if (!f) {
		return false;
	}
	if (!fgets(comm, sizeof(comm), f)) {
		comm[0] = '\0';
	}
	fclose(f);
	return !strncmp(comm, "pv-", 3);
}

static void stop_orphan(const char *path)
{
	struct backends one = { .nr = 1 };

	one.proc[0].pid = rundir_read_pid(path);
	snprintf(one.proc[0].pidfile, sizeof(one.proc[0].pidfile), "%.100s",
		 path);
	if (one.proc[0].pid && is_backend(one.proc[0].pid)) {
		backends_stop(&one);
	}
	unlink(path);
}

void backends_stop_orphans(uint32_t domid)
{
	rundir_each_pidfile(domid, stop_orphan);
}
