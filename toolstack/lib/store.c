/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The xenstore layout of a PV domain, after xenstore-paths in xen-doc and
 * what Debian's frontends, xenconsoled and xl read:
 *
 *	/vm/UUID                       name, uuid, start_time, image/ostype
 *	/local/domain/N                vm, name, domid	       guest reads
 *	  /memory /cpu /store          sizes, vCPUs, ring      guest reads
 *	  /console                     ring, port, limit       guest reads
 *	  /control/...  /data ...      shutdown requests       guest writes
 *	  /device/vbd/D /device/vif/D  frontend ends           guest writes
 *	/local/domain/0/backend/T/N/D  backend ends            guest reads
 *
 * New nodes take their parent's permissions, so only the directory that
 * starts another regime sets its own.
 */
#include "lib/store.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

#include "lib/msg.h"

#define BACKEND_ROOT "/local/domain/0/backend"

/* Bytes that xenconsoled keeps of a guest's output nobody reads. */
#define CONSOLE_LIMIT "1048576"

enum regime {
	GUEST_READS,
	GUEST_WRITES,
	TOOLS_ONLY,
};

/* One transaction for one domain; after the first failure all else is idle. */
struct txn {
	struct xs_handle *xs;
	xs_transaction_t id;
	uint32_t domid;
	bool failed;
};

static void put(struct txn *x, const char *dir, const char *node,
		const char *fmt, ...) __attribute__((format(printf, 4, 5)));

static void put(struct txn *x, const char *dir, const char *node,
		const char *fmt, ...)
{
	char path[2 * STORE_PATH_MAX], value[1024];
	va_list ap;

	if (x->failed) {
		return;
	}
	va_start(ap, fmt);
	vsnprintf(value, sizeof(value), fmt, ap);
	va_end(ap);
	snprintf(path, sizeof(path), "%s/%s", dir, node);
	x->failed = !xs_write(x->xs, x->id, path, value, strlen(value));
}

static void make_dir(struct txn *x, const char *path, enum regime regime)
{
	struct xs_permissions perms[2] = {
		{ .id = regime == GUEST_WRITES ? x->domid : 0,
		  .perms = XS_PERM_NONE },
		{ .id = regime == GUEST_WRITES ? 0 : x->domid,
		  .perms = XS_PERM_READ },
	};

	if (x->failed) {
		return;
	}
	x->failed = !xs_mkdir(x->xs, x->id, path) ||
		    !xs_set_permissions(x->xs, x->id, path, perms,
					regime == TOOLS_ONLY ? 1 : 2);
}

static void make_subdir(struct txn *x, const char *dir, const char *node,
			enum regime regime)
{
	char path[2 * STORE_PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", dir, node);
	make_dir(x, path, regime);
}

static void format_uuid(const uint8_t u[16], char out[37])
{
	snprintf(out, 37,
		 "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
		 u[0], u[1], u[2], u[3], u[4], u[5], u[6], u[7], u[8], u[9],
		 u[10], u[11], u[12], u[13], u[14], u[15]);
}

static void home_path(uint32_t domid, char path[STORE_PATH_MAX])
{
	snprintf(path, STORE_PATH_MAX, "/local/domain/%u", domid);
}

static void backend_path(const char *type, uint32_t domid, unsigned int devid,
			 char path[STORE_PATH_MAX])
{
	snprintf(path, STORE_PATH_MAX, BACKEND_ROOT "/%s/%u/%u", type, domid,
		 devid);
}

void store_blk_backend_path(uint32_t domid, unsigned int devid,
			    char path[STORE_PATH_MAX])
{
	backend_path(STORE_BLK_TYPE, domid, devid, path);
}

void store_net_backend_path(uint32_t domid, unsigned int devid,
			    char path[STORE_PATH_MAX])
{
	backend_path(STORE_NET_TYPE, domid, devid, path);
}

void store_ifname(const struct vif *vif, uint32_t domid, char *name,
		  size_t size)
{
	if (vif->ifname) {
		snprintf(name, size, "%s", vif->ifname);
	} else {
		snprintf(name, size, "vif%u.%d", domid, vif->devid);
	}
}

static void add_vm(struct txn *x, const struct domain_config *cfg,
		   const struct built_domain *built, const char *vm)
{
	struct timeval now;
	char uuid[37];

	gettimeofday(&now, NULL);
	format_uuid(cfg->uuid, uuid);
	make_dir(x, vm, GUEST_READS);
	put(x, vm, "name", "%s", cfg->name);
	put(x, vm, "uuid", "%s", uuid);
	put(x, vm, "start_time", "%ld.%02ld", (long)now.tv_sec,
	    (long)now.tv_usec / 10000);
	put(x, vm, "image/ostype", "%s", built->guest_os);
}

static void add_home(struct txn *x, const struct domain_config *cfg,
		     const struct built_domain *built, const char *home,
		     const char *vm)
{
	static const char *const writable[] = {
		"control/shutdown", "control/feature-poweroff",
		"control/feature-reboot", "control/feature-suspend",
		"control/sysrq", "data", "error",
	};
	unsigned int i;

	make_dir(x, home, GUEST_READS);
	put(x, home, "vm", "%s", vm);
	put(x, home, "name", "%s", cfg->name);
	put(x, home, "domid", "%u", built->domid);
	put(x, home, "memory/static-max", "%lu",
	    (unsigned long)cfg->maxmem_kib);
	put(x, home, "memory/target", "%lu", (unsigned long)cfg->memory_kib);
	put(x, home, "memory/videoram", "0");
	put(x, home, "store/port", "%u", built->store_port);
	put(x, home, "store/ring-ref", "%lu", built->store_frame);
	for (i = 0; i < cfg->maxvcpus; i++) {
		char node[32];

		snprintf(node, sizeof(node), "cpu/%u/availability", i);
		put(x, home, node, "%s", i < cfg->vcpus ? "online" :
		    "offline");
	}
	make_subdir(x, home, "device", GUEST_READS);
	make_subdir(x, home, "control", GUEST_READS);
	put(x, home, "control/platform-feature-multiprocessor-suspend", "1");
	put(x, home, "control/platform-feature-xs_reset_watches", "1");
	for (i = 0; i < sizeof(writable) / sizeof(writable[0]); i++) {
		make_subdir(x, home, writable[i], GUEST_WRITES);
	}
}

static void add_console(struct txn *x, const struct built_domain *built,
			const char *home)
{
	char dir[2 * STORE_PATH_MAX];

	snprintf(dir, sizeof(dir), "%s/console", home);
	put(x, dir, "backend-id", "0");
	put(x, dir, "limit", CONSOLE_LIMIT);
	put(x, dir, "type", "xenconsoled");
	put(x, dir, "output", "pty");
	put(x, dir, "tty", "%s", "");
	put(x, dir, "port", "%u", built->console_port);
	put(x, dir, "ring-ref", "%lu", built->console_frame);
}

/* What both kinds of device have in common; returns the frontend's path. */
static void add_ends(struct txn *x, const char *home, const char *class,
		     unsigned int devid, const char *back,
		     char front[STORE_PATH_MAX])
{
	snprintf(front, STORE_PATH_MAX, "%.64s/device/%s/%u", home, class,
		 devid);
	make_dir(x, back, GUEST_READS);
	put(x, back, "frontend", "%s", front);
	put(x, back, "frontend-id", "%u", x->domid);
	put(x, back, "online", "1");
	put(x, back, "state", "1");
	make_dir(x, front, GUEST_WRITES);
	put(x, front, "backend", "%s", back);
	put(x, front, "backend-id", "0");
	put(x, front, "state", "1");
}

static void add_disk(struct txn *x, const struct disk *d, const char *home)
{
	char back[STORE_PATH_MAX], front[STORE_PATH_MAX];
	const char *type = d->cdrom ? "cdrom" : "disk";

	store_blk_backend_path(x->domid, d->devid, back);
	add_ends(x, home, "vbd", d->devid, back, front);
	put(x, back, "dev", "%s", d->vdev);
	put(x, back, "params", "%s", d->path);
	put(x, back, "type", "file");
	put(x, back, "mode", "%s", d->readonly ? "r" : "w");
	put(x, back, "device-type", "%s", type);
	put(x, back, "removable", "%d", d->cdrom);
	put(x, back, "bootable", "1");
	put(x, back, "discard-enable", "%d", d->discard);
	put(x, front, "virtual-device", "%u", d->devid);
	put(x, front, "device-type", "%s", type);
	put(x, front, "trusted", "%d", d->trusted);
}

static void add_vif(struct txn *x, const struct vif *v, const char *home)
{
	char back[STORE_PATH_MAX], front[STORE_PATH_MAX], mac[18], name[32];

	snprintf(mac, sizeof(mac), "%02x:%02x:%02x:%02x:%02x:%02x",
		 v->mac[0], v->mac[1], v->mac[2], v->mac[3], v->mac[4],
		 v->mac[5]);
	store_ifname(v, x->domid, name, sizeof(name));
	store_net_backend_path(x->domid, v->devid, back);
	add_ends(x, home, "vif", v->devid, back, front);
	put(x, back, "mac", "%s", mac);
	put(x, back, "bridge", "%s", v->bridge);
	put(x, back, "handle", "%d", v->devid);
	put(x, back, "vifname", "%s", name);
	put(x, back, "type", "vif");
	put(x, front, "handle", "%d", v->devid);
	put(x, front, "mac", "%s", mac);
	if (v->mtu) {
		put(x, back, "mtu", "%d", v->mtu);
		put(x, front, "mtu", "%d", v->mtu);
	}
	put(x, front, "trusted", "%d", v->trusted);
}

/*
 * Two creates of one name at the same time both pass the early check; inside
 * the transaction only one of them can find the name free.
 */
static bool name_taken(struct txn *x, const char *name)
{
	unsigned int i, n = 0;
	char **ids = xs_directory(x->xs, x->id, "/local/domain", &n);
	bool taken = false;

	for (i = 0; ids && i < n && !taken; i++) {
		char path[STORE_PATH_MAX], *other;

		snprintf(path, sizeof(path), "/local/domain/%.16s/name",
			 ids[i]);
		other = xs_read(x->xs, x->id, path, NULL);
		taken = other && !strcmp(other, name) &&
			strtoul(ids[i], NULL, 10) != x->domid;
		free(other);
	}
	free(ids);
	return taken;
}

static void add_all(struct txn *x, const struct domain_config *cfg,
		    const struct built_domain *built)
{
	char home[STORE_PATH_MAX], uuid[37], vm[STORE_PATH_MAX];
	unsigned int i;

	home_path(built->domid, home);
	format_uuid(cfg->uuid, uuid);
	snprintf(vm, sizeof(vm), "/vm/%s", uuid);
	/* A domain of this number died while no one looked: start clean. */
	xs_rm(x->xs, x->id, home);
	add_vm(x, cfg, built, vm);
	add_home(x, cfg, built, home, vm);
	add_console(x, built, home);
	for (i = 0; i < cfg->nr_disks; i++) {
		add_disk(x, &cfg->disks[i], home);
	}
	for (i = 0; i < cfg->nr_vifs; i++) {
		add_vif(x, &cfg->vifs[i], home);
	}
}

int store_add_domain(struct tools *t, const struct domain_config *cfg,
		     const struct built_domain *built)
{
	struct txn x = { .xs = t->xs, .domid = built->domid };

	do {
		x.failed = false;
		x.id = xs_transaction_start(t->xs);
		if (x.id == XBT_NULL) {
			return msg_error("xenstore refused a transaction: %s",
					 strerror(errno));
		}
		if (name_taken(&x, cfg->name)) {
			xs_transaction_end(t->xs, x.id, true);
			return msg_error("a domain called '%s' was created meanwhile; choose another name=",
					 cfg->name);
		}
		add_all(&x, cfg, built);
		if (x.failed) {
			int err = errno;

			xs_transaction_end(t->xs, x.id, true);
			return msg_error("cannot write domain '%s' to xenstore: %s",
					 cfg->name, strerror(err));
		}
		if (xs_transaction_end(t->xs, x.id, false)) {
			break;
		}
		if (errno != EAGAIN) {
			return msg_error("xenstore refused domain '%s': %s",
					 cfg->name, strerror(errno));
		}
	} while (true);
	if (!xs_introduce_domain(t->xs, built->domid, built->store_frame,
				 built->store_port)) {
		return msg_error("xenstored did not accept domain '%s': %s",
				 cfg->name, strerror(errno));
	}
	return 0;
}

/* Remove @path and then each parent up to @stop that it leaves empty. */
static void remove_and_tidy(struct txn *x, const char *path, const char *stop)
{
	char at[2 * STORE_PATH_MAX], *slash;

	snprintf(at, sizeof(at), "%s", path);
	xs_rm(x->xs, x->id, at);
	while ((slash = strrchr(at, '/')) && slash != at) {
		unsigned int n = 0;
		char **children;

		*slash = '\0';
		if (strlen(at) <= strlen(stop)) {
			return;
		}
		children = xs_directory(x->xs, x->id, at, &n);
		free(children);
		if (!children || n) {
			return;
		}
		xs_rm(x->xs, x->id, at);
	}
}

static void remove_all(struct txn *x, const char *vm)
{
	char path[STORE_PATH_MAX];

	snprintf(path, sizeof(path), BACKEND_ROOT "/" STORE_BLK_TYPE "/%u",
		 x->domid);
	remove_and_tidy(x, path, "/local/domain/0");
	snprintf(path, sizeof(path), BACKEND_ROOT "/" STORE_NET_TYPE "/%u",
		 x->domid);
	remove_and_tidy(x, path, "/local/domain/0");
	if (vm && !strncmp(vm, "/vm/", 4)) {
		remove_and_tidy(x, vm, "");
	}
	home_path(x->domid, path);
	xs_rm(x->xs, x->id, path);
}

void store_remove_domain(struct tools *t, uint32_t domid)
{
	struct txn x = { .xs = t->xs, .domid = domid };
	char path[STORE_PATH_MAX];
	char *vm;

	snprintf(path, sizeof(path), "/local/domain/%u/vm", domid);
	vm = xs_read(t->xs, XBT_NULL, path, NULL);
	do {
		x.id = xs_transaction_start(t->xs);
		if (x.id == XBT_NULL) {
			break;
		}
		remove_all(&x, vm);
	} while (!xs_transaction_end(t->xs, x.id, false) && errno == EAGAIN);
	free(vm);
}

long store_read_number(struct tools *t, const char *path, long fallback)
{
	char *text = xs_read(t->xs, XBT_NULL, path, NULL);
	char *end;
	long n;

	if (!text) {
		return fallback;
	}
	n = strtol(text, &end, 10);
	if (end == text || *end) {
		n = fallback;
	}
	free(text);
	return n;
}

int store_write(struct tools *t, const char *path, const char *value)
{
	return xs_write(t->xs, XBT_NULL, path, value, strlen(value)) ? 0 : -1;
}
