/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Bundles: several modules in one, for loaders that can load only one (PVH in
 * QEMU's microvm, Firecracker, Cloud Hypervisor).  boot/README.md has the
 * format; scripts/bundle writes it.  Modules stay where they are in memory,
 * so each must begin on a page.
 */
#include "boot/boot_info.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "x86/layout.h"

#define BUNDLE_MAGIC	"PVBUNDLE"
#define BUNDLE_ITEMS	3

struct bundle {
	char magic[8];
	u32 version;			/* 1 */
	u32 nr_items;
	u8 reserved[48];
	struct {
		u64 offset, size;	/* from the bundle's first byte */
		char cmdline[1008];	/* ends with a zero byte */
	} items[BUNDLE_ITEMS];
};

_Static_assert(sizeof(struct bundle) <= PAGE_SIZE, "header is one page");

__init void bundle_unpack(void)
{
	u64 at = boot_info.modules[0].maddr, size = boot_info.modules[0].size;
	const struct bundle *b =
		(const struct bundle *)(DIRECTMAP_START + at);

	if (!boot_info.nr_modules || size < PAGE_SIZE ||
	    memcmp(b->magic, BUNDLE_MAGIC, sizeof(b->magic)) != 0) {
		return;
	}
	if (b->version != 1 || b->nr_items > BUNDLE_ITEMS) {
		panic("The module is a bundle of an unknown version.");
	}
	boot_info.nr_modules = b->nr_items;
	for (u32 i = 0; i < b->nr_items; i++) {
		struct boot_module *m = &boot_info.modules[i];

		if (!range_within(b->items[i].offset, b->items[i].size,
				  size) ||
		    (at + b->items[i].offset) % PAGE_SIZE != 0) {
			panic("The bundle's item %u is not inside it, on a page.",
			      i);
		}
		m->maddr = at + b->items[i].offset;
		m->size = b->items[i].size;
		str_copy(m->cmdline, b->items[i].cmdline,
			 sizeof(b->items[i].cmdline));
	}
}
