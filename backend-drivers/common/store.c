/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Reading and writing single values in xenstore: see store.h.
 */
#include "common/store.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/number.h"

enum { PATH_BYTES = 512, VALUE_BYTES = 512 };

static int join(char *path, const char *dir, const char *key)
{
	int n = snprintf(path, PATH_BYTES, "%s/%s", dir, key);

	return n < 0 || n >= PATH_BYTES ? -ENAMETOOLONG : 0;
}

char *store_read(struct xs_handle *xs, const char *dir, const char *key)
{
	char path[PATH_BYTES];
	unsigned int len;

	if (join(path, dir, key) != 0) {
		return NULL;
	}
	return xs_read(xs, XBT_NULL, path, &len);
}

int store_read_number(struct xs_handle *xs, const char *dir, const char *key,
		      uint64_t max, uint64_t *out)
{
	char *text = store_read(xs, dir, key);
	int rc;

	if (!text) {
		return -ENOENT;
	}
	rc = number_parse(text, max, out);
	free(text);
	return rc;
}

bool store_read_bool(struct xs_handle *xs, const char *dir, const char *key,
		     bool missing)
{
	uint64_t n;

	if (store_read_number(xs, dir, key, 1, &n) != 0) {
		return missing;
	}
	return n == 1;
}

int store_write(struct xs_handle *xs, const char *dir, const char *key,
		const char *fmt, ...)
{
	char path[PATH_BYTES], value[VALUE_BYTES];
	va_list ap;
	int n;

	if (join(path, dir, key) != 0) {
		return -ENAMETOOLONG;
	}
	va_start(ap, fmt);
	n = vsnprintf(value, sizeof(value), fmt, ap);
	va_end(ap);
	if (n < 0 || n >= VALUE_BYTES) {
		return -ENAMETOOLONG;
	}
	if (!xs_write(xs, XBT_NULL, path, value, (unsigned int)n)) {
		return -errno;
	}
	return 0;
}

bool store_exists(struct xs_handle *xs, const char *path)
{
	unsigned int len;
	void *value = xs_read(xs, XBT_NULL, path, &len);

	free(value);
	return value != NULL;
}
