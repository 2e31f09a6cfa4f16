/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Text to number, for text from a guest or a command line: digits only, no
 * sign, no spaces, nothing after it, no wrap.
 */
#ifndef BACKEND_COMMON_NUMBER_H
#define BACKEND_COMMON_NUMBER_H

#include <stdint.h>

/* 0, or -EINVAL if @s is not a plain decimal number of at most @max. */
int number_parse(const char *s, uint64_t max, uint64_t *out);

#endif
