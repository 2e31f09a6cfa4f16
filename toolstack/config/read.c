/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * From xl.cfg text to a struct domain_config.  The syntax is libxlutil's, so
 * a file that xl accepts is understood in the same way here; what the values
 * mean is settings.c's business.
 */
#include "config/reader.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/keys.h"
#include "lib/msg.h"

#define MAX_CONFIG_BYTES (1 << 20)

const char *reader_string(struct reader *r, const char *key,
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

long reader_number(struct reader *r, const char *key, long min, long max,
		   long fallback)
{
	const char *text = reader_string(r, key, NULL);
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

int reader_list(struct reader *r, const char *key, XLU_ConfigList **list)
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

const char *reader_item(struct reader *r, const char *key,
			const XLU_ConfigList *list, int i)
{
	const char *text = xlu_cfg_get_listitem(list, i);

	if (!text) {
		r->errors++;
		msg_error("%s: entry %d of %s= must be a string, not a list",
			  r->label, i + 1, key);
	}
	return text;
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
		settings_read(&r);
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
		errno = ferror(f) ? errno : EFBIG;
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
