/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Reading and writing single values in xenstore. Values of the frontend's
 * nodes are a guest's text: numbers are taken only if they are plain decimal
 * and within the caller's limit.
 */
#ifndef BACKEND_COMMON_STORE_H
#define BACKEND_COMMON_STORE_H

#include <stdbool.h>
#include <stdint.h>
#include <xenstore.h>

/* The value of @dir/@key, to be freed; NULL if there is none. */
char *store_read(struct xs_handle *xs, const char *dir, const char *key);

/*
 * Stores the number at @dir/@key. -ENOENT: not there. -EINVAL: not a plain
 * decimal number, or above @max.
 */
int store_read_number(struct xs_handle *xs, const char *dir, const char *key,
		      uint64_t max, uint64_t *out);

/* True for the value 1; @missing where the node is absent or malformed. */
bool store_read_bool(struct xs_handle *xs, const char *dir, const char *key,
		     bool missing);

/* Writes formatted text to @dir/@key. 0 or -errno. */
int store_write(struct xs_handle *xs, const char *dir, const char *key,
		const char *fmt, ...) __attribute__((format(printf, 4, 5)));

bool store_exists(struct xs_handle *xs, const char *path);

#endif
