/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * What an app may use that is built for both platforms: lib/, pages, time, its
 * words, and from its platform "block.h" and "net.h".
 */
#ifndef KEEL_APPS_APP_H
#define KEEL_APPS_APP_H

#include "lib/lib.h"
#include "lib/page.h"

#define APP_MSEC	1000000UL	/* nanoseconds */
#define APP_SEC		1000000000UL

/* Nanoseconds since the machine started. */
uint64_t clock_ns(void);

/* The value of word "name=" on the command line, or NULL. */
const char *cmdline_value(const char *name);

/* The app; with what it returns, 0, the machine or domain is switched off. */
int main(void);

#endif
