/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Words of the comma-separated device specifications.
 */
#ifndef TOOLSTACK_CONFIG_WORDS_H
#define TOOLSTACK_CONFIG_WORDS_H

/* Cut the blanks off both ends of @word, in place. */
char *word_trim(char *word);

#endif
