/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Kernel files (image/pv_elf.c): nothing outside the file is read, and what is
 * accepted has segments that lie in it, in a span of at most 1 GiB, with entry
 * point and hypercall page inside.
 */
#include "fuzz.h"
#include "image/pv_elf.h"
#include "kernel.h"

void fuzz_seeds(void (*add)(const void *data, size_t size))
{
	struct kernel_file k = kernel_file;

	add(&k, sizeof(k));
	k.phnum = 1;
	add(&k, sizeof(k));
	k.n[3].type = 13;		/* no init_p2m, but a loader */
	k.phnum = 2;
	add(&k, sizeof(k));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pv_image img;

	if (pv_elf_parse(data, size, &img)) {
		return 0;
	}
	promise(img.nr_segments > 0 && img.nr_segments <= PV_MAX_SEGMENTS);
	promise(img.virt_start >= img.virt_base);
	promise(img.virt_end - img.virt_base <= 1ULL << 30);
	promise(img.entry >= img.virt_start && img.entry < img.virt_end);
	promise(img.hypercall_page == PV_UNSET ||
		(img.hypercall_page >= img.virt_start &&
		 img.hypercall_page + PAGE_SIZE <= img.virt_end));
	for (unsigned int i = 0; i < img.nr_segments; i++) {
		const struct pv_segment *s = &img.segments[i];

		promise(s->filesz <= s->memsz && s->offset <= size &&
			s->filesz <= size - s->offset);
		promise(s->vaddr >= img.virt_start &&
			s->vaddr + s->memsz <= img.virt_end);
	}
	promise(memchr(img.guest_os, 0, sizeof(img.guest_os)) != NULL);
	return 0;
}
