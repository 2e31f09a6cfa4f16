/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * What the values of a config mean for a PV domain, one small function a
 * topic.  All mistakes are reported, not only the first.
 */
#include "config/reader.h"

#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/msg.h"

#define KIB_PER_MIB 1024
#define DEFAULT_EVENT_CHANNELS 1023

/* It becomes a file's name, a word of commands and a column of lists. */
static bool name_is_usable(const char *name)
{
	const char *p;

	for (p = name; *p; p++) {
		if (iscntrl((unsigned char)*p) || *p == '/') {
			return false;
		}
	}
	return p - name <= 64 && *name != '-' &&
	       strspn(name, "0123456789") != strlen(name);
}

static void read_name(struct reader *r)
{
	const char *name = reader_string(r, "name", NULL);

	if (!name || !*name) {
		r->errors++;
		msg_error("%s: no name= given; every domain needs one",
			  r->label);
		return;
	}
	if (!name_is_usable(name)) {
		r->errors++;
		msg_error("%s: name='%s' is not usable; take up to 64 characters, no '/' and no control character, not only digits, no '-' in front",
			  r->label, name);
		return;
	}
	r->cfg->name = strdup(name);
}

static void read_type(struct reader *r)
{
	const char *type = reader_string(r, "type", NULL);
	const char *builder = reader_string(r, "builder", "generic");

	if (!type) {
		type = strcmp(builder, "hvm") ? "pv" : "hvm";
	}
	if (strcmp(type, "pv")) {
		r->errors++;
		msg_error("%s: type='%s' is not supported, guests are paravirtualized here; use type=\"pv\" and a kernel with Xen PV support",
			  r->label, type);
	}
}

static int parse_uuid(const char *text, uint8_t uuid[16])
{
	int i, n = 0;

	for (i = 0; i < 16; i++) {
		unsigned int byte;

		if (text[n] == '-') {
			n++;
		}
		if (!isxdigit((unsigned char)text[n]) ||
		    !isxdigit((unsigned char)text[n + 1]) ||
		    sscanf(text + n, "%2x", &byte) != 1) {
			return -1;
		}
		uuid[i] = byte;
		n += 2;
	}
	return text[n] ? -1 : 0;
}

static void read_uuid(struct reader *r)
{
	const char *text = reader_string(r, "uuid", NULL);
	uint8_t *uuid = r->cfg->uuid;

	if (!text) {
		random_bytes(uuid, 16);
		/* Version 4, variant 1, as RFC 4122 has it. */
		uuid[6] = (uuid[6] & 0x0f) | 0x40;
		uuid[8] = (uuid[8] & 0x3f) | 0x80;
		return;
	}
	if (strlen(text) > 36 || parse_uuid(text, uuid)) {
		r->errors++;
		msg_error("%s: uuid='%s' must look like 00112233-4455-6677-8899-aabbccddeeff",
			  r->label, text);
	}
}

static void read_memory(struct reader *r)
{
	long mib = reader_number(r, "memory", 4, 1L << 24, 0);
	long max = reader_number(r, "maxmem", 4, 1L << 24, mib);

	if (!mib && !r->errors) {
		r->errors++;
		msg_error("%s: no memory= given; add for example memory=256 (MiB)",
			  r->label);
	}
	if (max < mib) {
		r->errors++;
		msg_error("%s: maxmem=%ld is below memory=%ld; raise it or leave it out",
			  r->label, max, mib);
	}
	r->cfg->memory_kib = (uint64_t)mib * KIB_PER_MIB;
	r->cfg->maxmem_kib = (uint64_t)max * KIB_PER_MIB;
}

static void read_one_affinity(struct reader *r, const char *text,
			      struct cpu_list *list)
{
	const char *why;

	if (cpu_list_parse(text, list, &why)) {
		r->errors++;
		msg_error("%s: cpus: '%s' %s", r->label, text, why);
	}
}

/* cpus="0-3" holds for all vCPUs; cpus=["2","3"] gives one list to each. */
static void read_affinity(struct reader *r)
{
	struct domain_config *cfg = r->cfg;
	XLU_ConfigList *list;
	const char *text;
	int i, n = 0;

	if (!xlu_cfg_get_list(r->xlu, "cpus", &list, &n, 1)) {
		for (i = 0; i < n && i < (int)cfg->maxvcpus; i++) {
			text = reader_item(r, "cpus", list, i);
			if (text) {
				read_one_affinity(r, text, &cfg->affinity[i]);
			}
		}
		if (n > (int)cfg->maxvcpus) {
			msg_warn("%s: cpus= has %d entries for %u vCPUs; the last ones have no effect",
				 r->label, n, cfg->maxvcpus);
		}
		/* vCPUs beyond the list run anywhere. */
		for (; n && i < (int)cfg->maxvcpus; i++) {
			read_one_affinity(r, "all", &cfg->affinity[i]);
		}
		cfg->nr_affinity = n ? cfg->maxvcpus : 0;
		return;
	}
	text = reader_string(r, "cpus", NULL);
	if (text) {
		read_one_affinity(r, text, &cfg->affinity[0]);
		cfg->nr_affinity = 1;
	}
}

static void read_cpus(struct reader *r)
{
	struct domain_config *cfg = r->cfg;

	cfg->vcpus = reader_number(r, "vcpus", 1, CONFIG_MAX_VCPUS, 1);
	cfg->maxvcpus = reader_number(r, "maxvcpus", 1, CONFIG_MAX_VCPUS,
				   cfg->vcpus);
	if (cfg->maxvcpus < cfg->vcpus) {
		r->errors++;
		msg_error("%s: maxvcpus=%u is below vcpus=%u; raise it or leave it out",
			  r->label, cfg->maxvcpus, cfg->vcpus);
		return;
	}
	cfg->weight = reader_number(r, "cpu_weight", 1, 65535, 0);
	cfg->cap = reader_number(r, "cap", 0, 100 * CONFIG_MAX_VCPUS, 0);
	read_affinity(r);
}

static char *dup_if_any(const char *text)
{
	return text && *text ? strdup(text) : NULL;
}

/*
 * A path that stays good: a domain is built anew when it reboots, by its
 * watcher, whose folder is not the user's.
 */
static char *absolute_path(const char *path)
{
	char *folder, *joined = NULL;

	if (!path || !*path || *path == '/') {
		return dup_if_any(path);
	}
	folder = getcwd(NULL, 0);
	if (!folder || asprintf(&joined, "%s/%s", folder, path) < 0) {
		joined = strdup(path);
	}
	free(folder);
	return joined;
}

static void read_cmdline(struct reader *r)
{
	const char *cmdline = reader_string(r, "cmdline", NULL);
	const char *root = reader_string(r, "root", "");
	const char *extra = reader_string(r, "extra", "");
	char *joined;

	if (cmdline) {
		if (*root || *extra) {
			msg_warn("%s: root= and extra= have no effect beside cmdline=",
				 r->label);
		}
		r->cfg->cmdline = strdup(cmdline);
		return;
	}
	if (asprintf(&joined, "%s%s%s%s", *root ? "root=" : "", root,
		     *root && *extra ? " " : "", extra) >= 0) {
		r->cfg->cmdline = joined;
	}
}

static void read_kernel(struct reader *r)
{
	struct domain_config *cfg = r->cfg;
	const char *bootloader = reader_string(r, "bootloader", "");

	cfg->kernel = absolute_path(reader_string(r, "kernel", NULL));
	cfg->ramdisk = absolute_path(reader_string(r, "ramdisk", NULL));
	if (*bootloader) {
		r->errors++;
		msg_error("%s: bootloader='%s' is not supported; set kernel= and ramdisk= to files of domain 0, or kernel= to a PV GRUB image",
			  r->label, bootloader);
	} else if (!cfg->kernel) {
		r->errors++;
		msg_error("%s: no kernel= given; set it to a PV kernel file",
			  r->label);
	}
	read_cmdline(r);
}

static enum end_action read_action(struct reader *r, const char *key,
				   enum end_action fallback)
{
	const char *text = reader_string(r, key, NULL);

	if (!text) {
		return fallback;
	}
	if (!strcmp(text, "destroy")) {
		return END_DESTROY;
	}
	if (!strcmp(text, "restart")) {
		return END_RESTART;
	}
	if (!strcmp(text, "preserve")) {
		return END_PRESERVE;
	}
	if (!strcmp(text, "coredump-destroy") ||
	    !strcmp(text, "coredump-restart")) {
		msg_warn("%s: %s='%s': core dumps are not supported, the domain is only %s",
			 r->label, key, text, strstr(text, "restart") ?
			 "restarted" : "destroyed");
		return strstr(text, "restart") ? END_RESTART : END_DESTROY;
	}
	r->errors++;
	msg_error("%s: %s='%s' is not supported; use 'destroy', 'restart' or 'preserve'",
		  r->label, key, text);
	return fallback;
}

static void read_actions(struct reader *r)
{
	struct domain_config *cfg = r->cfg;

	cfg->on_poweroff = read_action(r, "on_poweroff", END_DESTROY);
	cfg->on_reboot = read_action(r, "on_reboot", END_RESTART);
	cfg->on_crash = read_action(r, "on_crash", END_DESTROY);
	cfg->on_watchdog = read_action(r, "on_watchdog", END_DESTROY);
	if (strcmp(reader_string(r, "on_soft_reset", "destroy"), "destroy")) {
		msg_warn("%s: on_soft_reset= has no effect: soft reset is not supported, the domain is destroyed",
			 r->label);
	}
}

/*
 * xl's default lets the hypervisor emulate RDTSC where the CPU's counter may
 * drift; here guests read the counter itself unless told otherwise, because
 * one emulated RDTSC costs more than a system call.
 */
static void read_time(struct reader *r)
{
	const char *mode = reader_string(r, "tsc_mode", "native");
	time_t now = time(NULL);
	struct tm tm;

	if (!strcmp(mode, "native") || !strcmp(mode, "2")) {
		r->cfg->tsc = TSC_NATIVE;
	} else if (!strcmp(mode, "default") || !strcmp(mode, "0")) {
		r->cfg->tsc = TSC_DEFAULT;
	} else if (!strcmp(mode, "always_emulate") || !strcmp(mode, "1")) {
		r->cfg->tsc = TSC_ALWAYS_EMULATE;
	} else {
		r->errors++;
		msg_error("%s: tsc_mode='%s' is not supported; use 'native', 'default' or 'always_emulate'",
			  r->label, mode);
	}
	r->cfg->time_offset = reader_number(r, "rtc_timeoffset", INT_MIN, INT_MAX,
					 0);
	if (reader_number(r, "localtime", 0, 1, 0)) {
		localtime_r(&now, &tm);
		r->cfg->time_offset += tm.tm_gmtoff;
	}
}

static void read_limits(struct reader *r)
{
	struct domain_config *cfg = r->cfg;
	const char *pool = reader_string(r, "pool", "Pool-0");

	cfg->max_event_channels = reader_number(r, "max_event_channels", 1,
					     131071, DEFAULT_EVENT_CHANNELS);
	cfg->max_grant_frames = reader_number(r, "max_grant_frames", 1, 4096, -1);
	cfg->max_maptrack_frames = reader_number(r, "max_maptrack_frames", 0,
					      65536, -1);
	cfg->claim = reader_number(r, "claim_mode", 0, 1, 0);
	if (reader_number(r, "max_grant_version", 1, 2, 1) != 1) {
		msg_warn("%s: max_grant_version=2 has no effect: grants are version 1 here",
			 r->label);
	}
	if (strcmp(pool, "Pool-0") && strcmp(pool, "0")) {
		r->errors++;
		msg_error("%s: pool='%s' does not exist; 'Pool-0' is the only CPU pool, pin with cpus= instead",
			  r->label, pool);
	}
}

static void read_disks(struct reader *r)
{
	struct domain_config *cfg = r->cfg;
	XLU_ConfigList *list;
	int i, n = reader_list(r, "disk", &list);
	unsigned int j;

	if (n > CONFIG_MAX_DISKS) {
		r->errors++;
		msg_error("%s: %d disks; at most %d are supported", r->label,
			  n, CONFIG_MAX_DISKS);
		return;
	}
	for (i = 0; i < n; i++) {
		struct disk *d = &cfg->disks[cfg->nr_disks];
		const char *spec = reader_item(r, "disk", list, i);

		if (!spec) {
			continue;
		}
		if (disk_parse(spec, d)) {
			r->errors++;
			continue;
		}
		for (j = 0; j < cfg->nr_disks; j++) {
			if (cfg->disks[j].devid == d->devid) {
				r->errors++;
				msg_error("%s: two disks are both '%s'; give each its own vdev",
					  r->label, d->vdev);
			}
		}
		cfg->nr_disks++;
	}
}

static void read_vifs(struct reader *r)
{
	struct domain_config *cfg = r->cfg;
	XLU_ConfigList *list;
	int i, n = reader_list(r, "vif", &list);
	unsigned int j;

	if (n > CONFIG_MAX_VIFS) {
		r->errors++;
		msg_error("%s: %d network interfaces; at most %d are supported",
			  r->label, n, CONFIG_MAX_VIFS);
		return;
	}
	for (i = 0; i < n; i++) {
		struct vif *v = &cfg->vifs[cfg->nr_vifs];
		const char *spec = reader_item(r, "vif", list, i);

		if (!spec) {
			continue;
		}
		if (vif_parse(spec, v)) {
			r->errors++;
			continue;
		}
		v->devid = v->devid < 0 ? i : v->devid;
		for (j = 0; j < cfg->nr_vifs; j++) {
			if (cfg->vifs[j].devid == v->devid) {
				r->errors++;
				msg_error("%s: two vifs both have devid %d; remove devid=",
					  r->label, v->devid);
			}
		}
		cfg->nr_vifs++;
	}
}

void settings_read(struct reader *r)
{
	read_name(r);
	read_type(r);
	read_uuid(r);
	read_memory(r);
	read_cpus(r);
	read_kernel(r);
	read_actions(r);
	read_time(r);
	read_limits(r);
	read_disks(r);
	read_vifs(r);
}
