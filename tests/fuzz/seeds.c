/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/* Writes a target's seeds into the corpus folder, the last argument. */
#include <stdio.h>

#include "fuzz.h"

static const char *folder;
static unsigned int nr;

static void add(const void *data, size_t size)
{
	char path[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s/seed-%u", folder, nr++);
	f = fopen(path, "wb");
	if (!f || fwrite(data, 1, size, f) != size || fclose(f)) {
		perror(path);
		exit(2);
	}
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	folder = (*argv)[*argc - 1];
	if (*argc > 1 && folder[0] != '-') {
		fuzz_seeds(add);
	}
	return 0;
}
