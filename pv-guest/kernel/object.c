/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Small objects, in sizes that are powers of two from 32 to 2048 bytes. A page
 * is cut into objects of one size and stays so.
 */
#include "kernel/lock.h"
#include "kernel/page.h"

#define SMALLEST	32
#define SIZES		7

static struct lock object_lock;
static void *free_objects[SIZES];

static unsigned int size_class(size_t size)
{
	unsigned int c = 0;

	while (((size_t)SMALLEST << c) < size) {
		c++;
	}
	return c;
}

void *object_alloc(size_t size)
{
	unsigned int c = size_class(size);
	size_t step = (size_t)SMALLEST << c;
	char *object;

	lock(&object_lock);
	if (!free_objects[c]) {
		char *page = pages_alloc(0);

		for (size_t at = 0; page && at < PAGE_SIZE; at += step) {
			*(void **)(page + at) = free_objects[c];
			free_objects[c] = page + at;
		}
	}
	object = free_objects[c];
	if (object) {
		free_objects[c] = *(void **)object;
	}
	unlock(&object_lock);
	return object ? memset(object, 0, step) : NULL;
}

void object_free(void *object, size_t size)
{
	unsigned int c = size_class(size);

	lock(&object_lock);
	*(void **)object = free_objects[c];
	free_objects[c] = object;
	unlock(&object_lock);
}
