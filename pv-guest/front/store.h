/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * xenstore: the small tree of names and values through which frontends and
 * backends find each other. One request at a time; watches that fire
 * meanwhile are kept until they are asked for.
 *
 * Each call returns 0 or more, or a negative errno of the ABI.
 */
#ifndef KEEL_FRONT_STORE_H
#define KEEL_FRONT_STORE_H

#include "lib/lib.h"

/* A transaction's number, or this for none. */
#define STORE_NO_TX	0

/* The value as a string, cut to fit; its length. */
int store_read(uint32_t tx, const char *path, char *value, size_t size);
int store_write(uint32_t tx, const char *path, const char *value);

/* The names below a path, each with its 0; the length of all. */
int store_list(uint32_t tx, const char *path, char *names, size_t size);

/* "path/name": a number, and the same written. */
int store_read_number(const char *path, const char *name,
		      unsigned long *value);
int store_write_number(uint32_t tx, const char *path, const char *name,
		       unsigned long value);

/* -XEN_EAGAIN from the end of one: somebody was faster, begin again. */
int store_begin(uint32_t *tx);
int store_end(uint32_t tx, bool commit);

/* Fires at once, and whenever something at or below the path changes. */
int store_watch(const char *path, const char *token);
int store_unwatch(const char *path, const char *token);

/* Waits for a watch to fire; -XEN_ETIME when none did in that time. */
int store_wait(char *path, size_t size, uint64_t ns);

/* Waits until path/name is a number in the set of bits; gives the number. */
int store_wait_state(const char *path, const char *name, unsigned long states);

#endif
