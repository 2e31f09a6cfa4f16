/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Which xl.cfg keys exist and what Paravane does with each.  libxlutil can
 * look a key up but cannot say which keys a file has, so a misspelt one would
 * pass unnoticed; the scanner here finds the names.
 */
#ifndef TOOLSTACK_CONFIG_KEYS_H
#define TOOLSTACK_CONFIG_KEYS_H

enum key_class {
	KEY_UNKNOWN,	/* not an xl.cfg key: warn, it may be a typing error */
	KEY_USED,	/* read.c reads it */
	KEY_SILENT,	/* changes nothing that a PV guest here could notice */
	KEY_NO_EFFECT,	/* warn: the guest comes up without it */
	KEY_REFUSED,	/* error: the guest would not be what was asked for */
};

/* The class of @key; *@why completes "<key>= ..." where there is a reason. */
enum key_class key_classify(const char *key, const char **why);

/*
 * Call @fn once for each "name =" or "name +=" at the top level of @text,
 * with the line it stands on.  Quotes, comments and lists are stepped over.
 */
void keys_scan(const char *text,
	       void (*fn)(const char *key, int line, void *arg), void *arg);

#endif
