/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * What the libFuzzer targets here have in common: bytes in, promises out. Each
 * file is a target, made and run by tests/fuzz/run; it says in fuzz_seeds()
 * with which inputs to begin.
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

/* The target calls add once for each seed. */
void fuzz_seeds(void (*add)(const void *data, size_t size));

static inline void promise(bool kept)
{
	if (!kept) {
		abort();
	}
}

/* The input's next bytes as a value; zeros behind its end. */
#define TAKE(in, value) fuzz_take((in), &(value), sizeof(value))

struct fuzz_input {
	const uint8_t *data;
	size_t size;
};

static inline void fuzz_take(struct fuzz_input *in, void *out, size_t n)
{
	size_t have = n < in->size ? n : in->size;

	memset(out, 0, n);
	memcpy(out, in->data, have);
	in->data += have;
	in->size -= have;
}

#endif
