/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Bringing a domain up and taking it down.
 *
 *	up:    build -> lock -> xenstore -> backends
 *	down:  backends -> destroy -> xenstore -> wait until gone -> unlock
 *
 * Backends go before the domain is destroyed, so that no frame of it is still
 * mapped when the hypervisor frees them; where the domain was destroyed from
 * outside, their end is what lets the last frames go.
 */
#include "lib/guest.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/msg.h"
#include "lib/progress.h"
#include "lib/rundir.h"
#include "lib/store.h"

#define GONE_MS 10000
#define WATCHER_MS 20000
#define POLL_MS 10

/* A file, or where @device a block device, that can be read. */
static int check_readable(const char *what, const char *path, bool device)
{
	struct stat st;

	if (access(path, R_OK) || stat(path, &st)) {
		return msg_error("cannot read %s '%s': %s; paths are those of domain 0",
				 what, path, strerror(errno));
	}
	if (!S_ISREG(st.st_mode) && !(device && S_ISBLK(st.st_mode))) {
		return msg_error("%s '%s' is no file%s; correct its path",
				 what, path, device ? " and no block device" :
				 "");
	}
	return 0;
}

static int check_bridge(const struct vif *v)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/class/net/%.32s", v->bridge);
	if (access(path, F_OK)) {
		return msg_error("no network bridge '%s' in domain 0; create it (ip link add %s type bridge) or set bridge= in vif",
				 v->bridge, v->bridge);
	}
	snprintf(path, sizeof(path), "/sys/class/net/%.32s/bridge",
		 v->bridge);
	if (access(path, F_OK)) {
		return msg_error("'%s' is a network interface but no bridge; set bridge= in vif to a bridge",
				 v->bridge);
	}
	return 0;
}

int guest_check_files(const struct domain_config *cfg)
{
	int ret = check_readable("kernel", cfg->kernel, false);
	unsigned int i;

	if (cfg->ramdisk) {
		ret |= check_readable("ramdisk", cfg->ramdisk, false);
	}
	for (i = 0; i < cfg->nr_disks; i++) {
		ret |= check_readable("disk", cfg->disks[i].path, true);
		if (!cfg->disks[i].readonly && !ret &&
		    access(cfg->disks[i].path, W_OK)) {
			ret = msg_error("cannot write disk '%s': %s; make it writable or add access=ro",
					cfg->disks[i].path, strerror(errno));
		}
	}
	for (i = 0; i < cfg->nr_vifs; i++) {
		ret |= check_bridge(&cfg->vifs[i]);
	}
	return ret;
}

int guest_up(struct guest *g)
{
	pid_t holder;

	g->lock = -1;
	memset(&g->backends, 0, sizeof(g->backends));
	if (build_domain(g->t, g->cfg, &g->built)) {
		return -1;
	}
	g->lock = rundir_lock("domain", g->built.domid, &holder);
	if (g->lock < 0) {
		if (holder) {
			msg_error("a watcher (pid %d) of an earlier domain %u still runs; end it and try again",
				  holder, g->built.domid);
		}
		xc_domain_destroy(g->t->xc, g->built.domid);
		return -1;
	}
	msg_debug("domain %u is built", g->built.domid);
	if (store_add_domain(g->t, g->cfg, &g->built)) {
		guest_down(g);
		return -1;
	}
	msg_debug("xenstore is written");
	if (backends_start(&g->backends, g->cfg, g->built.domid)) {
		guest_down(g);
		return -1;
	}
	msg_debug("%u backends are ready", g->backends.nr);
	return 0;
}

/* A domain stays listed as dying until its last frame is released. */
static int await_gone(struct tools *t, uint32_t domid)
{
	unsigned int waited;
	xc_domaininfo_t info;

	for (waited = 0; waited < GONE_MS; waited += POLL_MS) {
		if (tools_domain_info(t, domid, &info) == 0) {
			return 0;
		}
		sleep_ms(POLL_MS);
	}
	return msg_error("domain %u is dead but something in domain 0 still maps its memory; see 'pvctl list'",
			 domid);
}

/* *@alive: nobody else has destroyed it before. */
static int destroy_if_alive(struct tools *t, uint32_t domid, bool *alive)
{
	xc_domaininfo_t info;
	int exists = tools_domain_info(t, domid, &info);

	*alive = exists < 0 || (exists && !(info.flags & XEN_DOMINF_dying));
	if (exists > 0 && *alive &&
	    xc_domain_destroy(t->xc, domid) && errno != ESRCH) {
		return msg_error("the hypervisor did not destroy domain %u: %s",
				 domid, strerror(errno));
	}
	return 0;
}

bool guest_down(struct guest *g)
{
	uint32_t domid = g->built.domid;
	bool alive;

	msg_debug("taking domain %u down", domid);
	backends_stop(&g->backends);
	destroy_if_alive(g->t, domid, &alive);
	store_remove_domain(g->t, domid);
	await_gone(g->t, domid);
	msg_debug("domain %u is gone", domid);
	rundir_forget("console", domid);
	rundir_unlock("domain", domid, g->lock);
	g->lock = -1;
	return alive;
}

static int await_watcher(uint32_t domid)
{
	unsigned int waited;
	struct progress p;
	pid_t holder = 0;

	progress_begin(&p, "waiting for the devices of domain %u to end",
		       domid);
	for (waited = 0; waited < WATCHER_MS; waited += POLL_MS) {
		if (!rundir_is_locked("domain", domid, &holder)) {
			progress_end(&p);
			return 0;
		}
		progress_tick(&p);
		sleep_ms(POLL_MS);
	}
	progress_end(&p);
	return msg_error("domain %u is destroyed but its watcher (pid %d) has not finished; see %s",
			 domid, holder, LOGDIR);
}

int guest_destroy(struct tools *t, uint32_t domid)
{
	pid_t watcher;
	bool watched = rundir_is_locked("domain", domid, &watcher), alive;
	int lock, ret;

	if (destroy_if_alive(t, domid, &alive)) {
		return -1;
	}
	if (watched) {
		return await_watcher(domid);
	}
	lock = rundir_lock("domain", domid, &watcher);
	backends_stop_orphans(domid);
	store_remove_domain(t, domid);
	ret = await_gone(t, domid);
	rundir_forget("console", domid);
	rundir_unlock("domain", domid, lock);
	return ret;
}
