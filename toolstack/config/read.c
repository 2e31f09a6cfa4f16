/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * From xl.cfg text to a struct domain_config.  The syntax is libxlutil's, so
 * a file that xl accepts is understood in the same way here; what the values
 * mean for a PV domain is decided in this file, one small function a topic.
 */
#include "config/config.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <libxlutil.h>

#include "config/keys.h"
#include "lib/msg.h"

#define KIB_PER_MIB 1024
#define DEFAULT_EVENT_CHANNELS 1023
#define MAX_CONFIG_BYTES (1 << 20)

struct reader {
	const char *label;
	XLU_Config *xlu;
	struct domain_config *cfg;
	int errors;
};

/* The string value of @key, or @fallback.  Lists are an error. */
static const char *get_string(struct reader *r, const char *key,
			      const char *fallback)
{
	const char *value;

	switch (xlu_cfg_get_string(r->xlu, key, &value, 1)) {
	case 0:
		return value;
	case ESRCH:
		return fallback;
	default:
		r->errors++;
		msg_error("%s: %s= must be a string or a number, not a list",
			  r->label, key);
		return fallback;
	}
}

static long get_number(struct reader *r, const char *key, long min, long max,
		       long fallback)
{
	const char *text = get_string(r, key, NULL);
	char *end;
	long n;

	if (!text) {
		return fallback;
	}
	errno = 0;
	n = strtol(text, &end, 0);
	if (end == text || *end || errno || n < min || n > max) {
		r->errors++;
		msg_error("%s: %s='%s' must be a number from %ld to %ld",
			  r->label, key, text, min, max);
		return fallback;
	}
	return n;
}

/* A list of strings; 0 entries where the key is absent. */
static int get_list(struct reader *r, const char *key, XLU_ConfigList **list)
{
	int n = 0;

	switch (xlu_cfg_get_list(r->xlu, key, list, &n, 1)) {
	case 0:
		return n;
	case ESRCH:
		return 0;
	default:
		r->errors++;
		msg_error("%s: %s= must be a list; write %s=[ '...' ]",
			  r->label, key, key);
		return 0;
	}
}

static void read_name(struct reader *r)
{
	const char *name = get_string(r, "name", NULL);

	if (!name || !*name) {
		r->errors++;
		msg_error("%s: no name= given; every domain needs one",
			  r->label);
		return;
	}
	if (strlen(name) > 64 || strchr(name, '/') ||
	    strspn(name, "0123456789") == strlen(name)) {
		r->errors++;
		msg_error("%s: name='%s' is not usable; take up to 64 characters, no '/', not only digits",
			  r->label, name);
		return;
	}
	r->cfg->name = strdup(name);
}

static void read_type(struct reader *r)
{
	const char *type = get_string(r, "type", NULL);
	const char *builder = get_string(r, "builder", "generic");

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
	const char *text = get_string(r, "uuid", NULL);
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
	long mib = get_number(r, "memory", 4, 1L << 24, 0);
	long max = get_number(r, "maxmem", 4, 1L << 24, mib);

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
			read_one_affinity(r, xlu_cfg_get_listitem(list, i),
					  &cfg->affinity[i]);
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
	text = get_string(r, "cpus", NULL);
	if (text) {
		read_one_affinity(r, text, &cfg->affinity[0]);
		cfg->nr_affinity = 1;
	}
}

static void read_cpus(struct reader *r)
{
	struct domain_config *cfg = r->cfg;

	cfg->vcpus = get_number(r, "vcpus", 1, CONFIG_MAX_VCPUS, 1);
	cfg->maxvcpus = get_number(r, "maxvcpus", 1, CONFIG_MAX_VCPUS,
				   cfg->vcpus);
	if (cfg->maxvcpus < cfg->vcpus) {
		r->errors++;
		msg_error("%s: maxvcpus=%u is below vcpus=%u; raise it or leave it out",
			  r->label, cfg->maxvcpus, cfg->vcpus);
		return;
	}
	cfg->weight = get_number(r, "cpu_weight", 1, 65535, 0);
	cfg->cap = get_number(r, "cap", 0, 100 * CONFIG_MAX_VCPUS, 0);
	read_affinity(r);
}

static char *dup_if_any(const char *text)
{
	return text && *text ? strdup(text) : NULL;
}

static void read_cmdline(struct reader *r)
{
	const char *cmdline = get_string(r, "cmdline", NULL);
	const char *root = get_string(r, "root", "");
	const char *extra = get_string(r, "extra", "");
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
	const char *bootloader = get_string(r, "bootloader", "");

	cfg->kernel = dup_if_any(get_string(r, "kernel", NULL));
	cfg->ramdisk = dup_if_any(get_string(r, "ramdisk", NULL));
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
	const char *text = get_string(r, key, NULL);

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
	if (strcmp(get_string(r, "on_soft_reset", "destroy"), "destroy")) {
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
	const char *mode = get_string(r, "tsc_mode", "native");
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
	r->cfg->time_offset = get_number(r, "rtc_timeoffset", INT_MIN, INT_MAX,
					 0);
	if (get_number(r, "localtime", 0, 1, 0)) {
		localtime_r(&now, &tm);
		r->cfg->time_offset += tm.tm_gmtoff;
	}
}

static void read_limits(struct reader *r)
{
	struct domain_config *cfg = r->cfg;
	const char *pool = get_string(r, "pool", "Pool-0");

	cfg->max_event_channels = get_number(r, "max_event_channels", 1,
					     131071, DEFAULT_EVENT_CHANNELS);
	cfg->max_grant_frames = get_number(r, "max_grant_frames", 1, 4096, -1);
	cfg->max_maptrack_frames = get_number(r, "max_maptrack_frames", 0,
					      65536, -1);
	cfg->claim = get_number(r, "claim_mode", 0, 1, 0);
	if (get_number(r, "max_grant_version", 1, 2, 1) != 1) {
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
	int i, n = get_list(r, "disk", &list);
	unsigned int j;

	if (n > CONFIG_MAX_DISKS) {
		r->errors++;
		msg_error("%s: %d disks; at most %d are supported", r->label,
			  n, CONFIG_MAX_DISKS);
		return;
	}
	for (i = 0; i < n; i++) {
		struct disk *d = &cfg->disks[cfg->nr_disks];
		const char *spec = xlu_cfg_get_listitem(list, i);

		if (!spec || disk_parse(spec, d)) {
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
	int i, n = get_list(r, "vif", &list);
	unsigned int j;

	if (n > CONFIG_MAX_VIFS) {
		r->errors++;
		msg_error("%s: %d network interfaces; at most %d are supported",
			  r->label, n, CONFIG_MAX_VIFS);
		return;
	}
	for (i = 0; i < n; i++) {
		struct vif *v = &cfg->vifs[cfg->nr_vifs];
		const char *spec = xlu_cfg_get_listitem(list, i);

		if (!spec || vif_parse(spec, v)) {
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

static void check_key(const char *key, int line, void *arg)
{
	struct reader *r = arg;
	const char *why;

	switch (key_classify(key, &why)) {
	case KEY_UNKNOWN:
		msg_warn("%s:%d: unknown key '%s' has no effect; check its spelling",
			 r->label, line, key);
		break;
	case KEY_NO_EFFECT:
		msg_warn("%s:%d: %s= %s", r->label, line, key, why);
		break;
	case KEY_REFUSED:
		r->errors++;
		msg_error("%s:%d: %s= %s; remove it", r->label, line, key,
			  why);
		break;
	case KEY_USED:
	case KEY_SILENT:
		break;
	}
}

static void read_all(struct reader *r)
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

/* libxlutil reports syntax errors on a stream; take its first line. */
static int parse_syntax(struct reader *r, const char *text, FILE *report,
			char **report_text)
{
	int err;

	r->xlu = xlu_cfg_init(report, r->label);
	if (!r->xlu) {
		return msg_error("out of memory");
	}
	err = xlu_cfg_readdata(r->xlu, text, strlen(text));
	fflush(report);
	if (err) {
		(*report_text)[strcspn(*report_text, "\n")] = '\0';
		return msg_error("%s", **report_text ? *report_text :
				 "the config could not be parsed");
	}
	return 0;
}

/* The file's text, then each command-line setting as one more line. */
static char *join_text(const char *text, char *const *extra, int nr_extra)
{
	char *joined = NULL;
	size_t size;
	FILE *f = open_memstream(&joined, &size);
	int i;

	if (!f) {
		return NULL;
	}
	fprintf(f, "%s\n", text);
	for (i = 0; i < nr_extra; i++) {
		fprintf(f, "%s\n", extra[i]);
	}
	fclose(f);
	return joined;
}

struct domain_config *config_read_text(const char *label, const char *text,
				       char *const *extra, int nr_extra)
{
	struct reader r = { .label = label };
	char *joined = join_text(text, extra, nr_extra);
	char *report_text = NULL;
	size_t report_size;
	FILE *report = open_memstream(&report_text, &report_size);

	r.cfg = calloc(1, sizeof(*r.cfg));
	if (!joined || !report || !r.cfg) {
		r.errors = 1;
		msg_error("out of memory");
	} else if (parse_syntax(&r, joined, report, &report_text)) {
		r.errors = 1;
	} else {
		keys_scan(joined, check_key, &r);
		read_all(&r);
	}
	if (r.xlu) {
		xlu_cfg_destroy(r.xlu);
	}
	if (report) {
		fclose(report);
	}
	free(report_text);
	free(joined);
	if (r.errors) {
		config_free(r.cfg);
		return NULL;
	}
	return r.cfg;
}

static char *read_stream(FILE *f)
{
	char *text = malloc(MAX_CONFIG_BYTES + 1);
	size_t len;

	if (!text) {
		return NULL;
	}
	len = fread(text, 1, MAX_CONFIG_BYTES, f);
	if (ferror(f) || !feof(f)) {
		errno = ferror(f) ? EIO : EFBIG;
		free(text);
		return NULL;
	}
	text[len] = '\0';
	return text;
}

struct domain_config *config_read_file(const char *path, char *const *extra,
				       int nr_extra)
{
	bool from_stdin = !strcmp(path, "-");
	FILE *f = from_stdin ? stdin : fopen(path, "r");
	struct domain_config *cfg;
	char *text;

	if (!f) {
		msg_error("cannot open config file '%s': %s", path,
			  strerror(errno));
		return NULL;
	}
	text = read_stream(f);
	if (!from_stdin) {
		fclose(f);
	}
	if (!text) {
		msg_error("cannot read config file '%s': %s", path,
			  strerror(errno));
		return NULL;
	}
	cfg = config_read_text(from_stdin ? "standard input" : path, text,
			       extra, nr_extra);
	free(text);
	return cfg;
}

void config_free(struct domain_config *cfg)
{
	unsigned int i;

	if (!cfg) {
		return;
	}
	for (i = 0; i < cfg->nr_disks; i++) {
		disk_free(&cfg->disks[i]);
	}
	for (i = 0; i < cfg->nr_vifs; i++) {
		vif_free(&cfg->vifs[i]);
	}
	free(cfg->name);
	free(cfg->kernel);
	free(cfg->ramdisk);
	free(cfg->cmdline);
	free(cfg);
}
