/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The toolstack's messages as the tests see them: kept in one buffer instead
 * of being printed, so that a test can ask what was said.
 */
#ifndef TESTS_UNIT_TOOLSTACK_CAPTURE_H
#define TESTS_UNIT_TOOLSTACK_CAPTURE_H

#include <stdbool.h>

/* Forget what was said and catch what follows. */
void capture_start(void);

/* Whether any caught line has @text in it. */
bool captured(const char *text);

int captured_errors(void);
int captured_warnings(void);

#endif
