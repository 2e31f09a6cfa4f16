/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Where the parts of our own image begin and end (boot/paravane.lds), and
 * where the image lies in the machine.  Used to give each part its rights and
 * to give the boot-only parts back.
 */
#ifndef BOOT_IMAGE_H
#define BOOT_IMAGE_H

#include "lib/types.h"
#include "x86/layout.h"

extern char image_text_start[], image_text_end[];
extern char image_rodata_start[], image_rodata_end[];
extern char image_ro_init_start[], image_ro_init_end[];
extern char image_data_start[];
extern char image_percpu_start[], image_percpu_end[];
extern char image_init_start[], image_init_text_end[], image_init_end[];
extern char image_end[];

static inline u64 image_to_maddr(const void *p)
{
	return (unsigned long)p - IMAGE_START + IMAGE_PHYS;
}

/* From the wrapper's page to the end of .bss. */
static inline u64 image_bytes(void)
{
	return (unsigned long)image_end - IMAGE_START;
}

#endif
