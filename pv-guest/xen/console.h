/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The console: the machine's, by hypercall, for the control domain; a ring in
 * a page shared with the console daemon for any other.
 */
#ifndef KEEL_XEN_CONSOLE_H
#define KEEL_XEN_CONSOLE_H

#include "lib/lib.h"

/* Waiting input, at most n bytes; 0 when there is none. */
size_t console_read(char *buf, size_t n);

#endif
