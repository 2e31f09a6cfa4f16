/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * A message sink that remembers; see capture.h.
 */
#include "capture.h"

#include <stdio.h>
#include <string.h>

#include "lib/msg.h"

static char lines[16384];
static int errors, warnings;

static void keep(enum msg_level level, const char *line)
{
	size_t used = strlen(lines);

	snprintf(lines + used, sizeof(lines) - used, "%s\n", line);
	errors += level == MSG_ERROR;
	warnings += level == MSG_WARNING;
}

void capture_start(void)
{
	lines[0] = '\0';
	errors = 0;
	warnings = 0;
	msg_set_sink(keep);
}

bool captured(const char *text)
{
	return strstr(lines, text) != NULL;
}

int captured_errors(void)
{
	return errors;
}

int captured_warnings(void)
{
	return warnings;
}
