/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * One reading of one config: what read.c (text, syntax, keys) and settings.c
 * (meaning) share.
 */
#ifndef TOOLSTACK_CONFIG_READER_H
#define TOOLSTACK_CONFIG_READER_H

#include <libxlutil.h>

#include "config/config.h"

struct reader {
	const char *label;
	XLU_Config *xlu;
	struct domain_config *cfg;
	int errors;		/* messages of that kind so far */
};

/* The string value of @key, or @fallback.  Lists are an error. */
const char *reader_string(struct reader *r, const char *key,
			  const char *fallback);

/* The number @key has, or @fallback; outside @min to @max is an error. */
long reader_number(struct reader *r, const char *key, long min, long max,
		   long fallback);

/* A list of strings; 0 entries where the key is absent. */
int reader_list(struct reader *r, const char *key, XLU_ConfigList **list);

/* Entry @i of the list of @key; NULL after an error: it is no string. */
const char *reader_item(struct reader *r, const char *key,
			const XLU_ConfigList *list, int i);

/* Fill r->cfg from all keys that mean something; counts r->errors. */
void settings_read(struct reader *r);

#endif
