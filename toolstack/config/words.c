/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * See words.h.
 */
#include "config/words.h"

#include <ctype.h>
#include <string.h>

char *word_trim(char *word)
{
	char *end;

	while (isspace((unsigned char)*word)) {
		word++;
	}
	end = word + strlen(word);
	while (end > word && isspace((unsigned char)end[-1])) {
		*--end = '\0';
	}
	return word;
}
