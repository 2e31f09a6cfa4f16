/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * JSON for --json options: enough of a writer that names and command lines
 * with quotes in them come out right.
 */
#ifndef TOOLSTACK_LIB_JSON_H
#define TOOLSTACK_LIB_JSON_H

#include <stdio.h>

/* Print @text as a JSON string, quotes included; NULL prints null. */
void json_string(FILE *f, const char *text);

#endif
