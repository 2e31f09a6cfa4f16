/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Boot loaders: multiboot 1 (QEMU -kernel, old GRUB), multiboot 2 (GRUB on
 * BIOS and UEFI) and PVH (xen/arch-x86/hvm/start_info.h).  Each leaves its
 * information below 4 GiB, where the early tables show it; here it is copied
 * into boot_info, after which its memory is free for use.
 *
 * A loader other than GRUB 2 puts the file's name before each command line;
 * it is taken off.
 */
#include "boot/boot_info.h"
#include "boot/image.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "x86/layout.h"
#include <xen/arch-x86/hvm/start_info.h>

#define LOADER_MB1	0x2badb002
#define LOADER_MB2	0x36d76289
#define FOUR_GIB	0x100000000ULL

struct boot_info boot_info;

static __init const void *early_view(u64 maddr)
{
	return (const void *)(DIRECTMAP_START + maddr);
}

static __init u64 early_address(const void *view)
{
	return (u64)view - DIRECTMAP_START;
}

/* Does the loader put names before command lines? */
static __initdata bool named;

static __init void set_loader(const char *name)
{
	named = strncmp(name, "GRUB 2", 6) != 0;
}

static __init const char *skip_blanks(const char *s)
{
	while (*s == ' ') {
		s++;
	}
	return s;
}

/* from: its address, or 0. */
static __init void copy_cmdline(char *to, u64 from)
{
	const char *s = from ? skip_blanks(early_view(from)) : "";

	while (named && *s && *s != ' ') {
		s++;
	}
	str_copy(to, skip_blanks(s), BOOT_CMDLINE_SIZE);
}

static __init void add_e820(u64 addr, u64 size, u32 type)
{
	if (boot_info.nr_e820 < BOOT_MAX_E820 && size && addr + size >= addr) {
		boot_info.e820[boot_info.nr_e820++] =
			(struct e820_entry){ addr, size, type };
	}
}

static __init void add_module(u64 start, u64 end, u64 cmdline)
{
	struct boot_module *m = &boot_info.modules[boot_info.nr_modules];

	if (boot_info.nr_modules == BOOT_MAX_MODULES || end <= start) {
		return;
	}
	boot_info.nr_modules++;
	m->maddr = start;
	m->size = end - start;
	copy_cmdline(m->cmdline, cmdline);
}

/* ---- multiboot 1: GNU Multiboot Specification 0.6.96, 3.3 ---- */

struct mb1_info {
	u32 flags, mem_lower, mem_upper, boot_device, cmdline;
	u32 mods_count, mods_addr, syms[4], mmap_length, mmap_addr;
	u32 drives[2], config_table, loader_name;
};

struct mb1_module {
	u32 start, end, string, reserved;
};

struct mb1_mmap {
	u32 size;
	u64 addr, len;
	u32 type;
} __packed;

static __init void read_mb1(const struct mb1_info *mb)
{
	const struct mb1_module *mod = early_view(mb->mods_addr);

	boot_info.loader = "multiboot1";
	set_loader(mb->flags & 0x200 ? early_view(mb->loader_name) : "");
	copy_cmdline(boot_info.cmdline, mb->flags & 0x4 ? mb->cmdline : 0);
	for (u32 i = 0; (mb->flags & 0x8) && i < mb->mods_count; i++) {
		add_module(mod[i].start, mod[i].end, mod[i].string);
	}
	for (u32 at = 0; (mb->flags & 0x40) && at < mb->mmap_length;) {
		const struct mb1_mmap *e = early_view((u64)mb->mmap_addr + at);

		add_e820(e->addr, e->len, e->type);
		at += e->size + 4;
	}
}

/* ---- multiboot 2: specification 2.0, 3.6 ---- */

enum {
	MB2_CMDLINE = 1, MB2_LOADER = 2, MB2_MODULE = 3, MB2_MMAP = 6,
	MB2_EFI64 = 12, MB2_ACPI_OLD = 14, MB2_ACPI_NEW = 15, MB2_EFI_MMAP = 17,
};

struct mb2_tag {
	u32 type, size;
};

struct mb2_module {
	struct mb2_tag tag;
	u32 start, end;
	char string[];
};

struct mb2_mmap {
	struct mb2_tag tag;
	u32 entry_size, entry_version;
};

/* The loader's copy of the RSDP goes away, so we keep one. */
static u8 rsdp_copy[36] __aligned(16);

/* EFI's kinds of memory; 0: reserved. */
static __initdata u8 efi_types[11] = {
	[1 ... 4] = E820_RAM,		/* loader, boot services */
	[7] = E820_RAM,			/* free */
	[8] = E820_UNUSABLE,
	[9] = E820_ACPI,
	[10] = E820_NVS,
};

static __init void read_mb2_map(const struct mb2_mmap *map, bool efi)
{
	const u8 *e = (const u8 *)(map + 1);
	const u8 *end = (const u8 *)map + map->tag.size;

	for (; map->entry_size && e + map->entry_size <= end;
	     e += map->entry_size) {
		const u64 *q = (const u64 *)e;

		if (efi) {	/* EFI_MEMORY_DESCRIPTOR */
			u32 t = *(const u32 *)e;

			t = t < ARRAY_LEN(efi_types) ? efi_types[t] : 0;
			add_e820(q[1], q[3] << PAGE_SHIFT, t ? t : E820_RESERVED);
		} else {
			add_e820(q[0], q[1], *(const u32 *)&q[2]);
		}
	}
}

/* The tag behind t (NULL: the first one); NULL at the end. */
static __init const struct mb2_tag *mb2_next(const u8 *info,
					     const struct mb2_tag *t)
{
	const u8 *p = t ? (const u8 *)t + ROUND_UP(t->size, 8U) : info + 8;

	t = (const struct mb2_tag *)p;
	return p + sizeof(*t) <= info + *(const u32 *)info && t->type &&
	       t->size >= sizeof(*t) ? t : NULL;
}

/* 8868e871-e4f1-11d3-bc22-0080c73c8881, as it lies in memory. */
#define ACPI20_LOW	0x11d3e4f18868e871
#define ACPI20_HIGH	0x81883cc7800022bc

/* The EFI configuration table's ACPI 2.0 entry is the real RSDP. */
static __init u64 efi_find_rsdp(u64 systab)
{
	const u64 *st = early_view(systab), *table;

	if (!systab || systab >= FOUR_GIB || st[14] >= FOUR_GIB) {
		return 0;
	}
	table = early_view(st[14]);
	for (u64 i = 0; i < st[13] && i < 64; i++, table += 3) {
		if (table[0] == ACPI20_LOW && table[1] == ACPI20_HIGH) {
			return table[2];
		}
	}
	return 0;
}

static __init void read_mb2(const u8 *info)
{
	const struct mb2_tag *tags[MB2_EFI_MMAP + 1] = { NULL }, *t = NULL;

	boot_info.loader = "multiboot2";
	while ((t = mb2_next(info, t))) {
		if (t->type < ARRAY_LEN(tags)) {
			tags[t->type] = t;
		}
	}
	t = tags[MB2_LOADER];
	set_loader(t ? (const char *)(t + 1) : "");
	t = tags[MB2_CMDLINE];
	copy_cmdline(boot_info.cmdline, t ? early_address(t + 1) : 0);
	for (t = NULL; (t = mb2_next(info, t));) {
		const struct mb2_module *m = (const struct mb2_module *)t;

		if (t->type == MB2_MODULE) {
			add_module(m->start, m->end, early_address(m->string));
		}
	}
	if ((t = tags[MB2_EFI64])) {
		boot_info.efi = true;
		boot_info.rsdp = efi_find_rsdp(*(const u64 *)(t + 1));
	}
	t = tags[MB2_EFI_MMAP] ? tags[MB2_EFI_MMAP] : tags[MB2_MMAP];
	if (t) {
		read_mb2_map((const struct mb2_mmap *)t, tags[MB2_EFI_MMAP]);
	}
	t = tags[MB2_ACPI_NEW] ? tags[MB2_ACPI_NEW] : tags[MB2_ACPI_OLD];
	if (t && !boot_info.rsdp) {
		memcpy(rsdp_copy, t + 1,
		       min(sizeof(rsdp_copy), t->size - sizeof(*t)));
		boot_info.rsdp = image_to_maddr(rsdp_copy);
	}
}

/* ---- PVH ---- */

static __init void read_pvh(const struct hvm_start_info *si)
{
	const struct hvm_modlist_entry *mod = early_view(si->modlist_paddr);
	const struct hvm_memmap_table_entry *e = early_view(si->memmap_paddr);

	boot_info.loader = "PVH";
	copy_cmdline(boot_info.cmdline, si->cmdline_paddr);
	for (u32 i = 0; i < si->nr_modules; i++) {
		add_module(mod[i].paddr, mod[i].paddr + mod[i].size,
			   mod[i].cmdline_paddr);
	}
	for (u32 i = 0; si->version >= 1 && i < si->memmap_entries; i++) {
		add_e820(e[i].addr, e[i].size, e[i].type);
	}
	boot_info.rsdp = si->rsdp_paddr;
}

__init void boot_info_read(u32 magic, u32 info)
{
	switch (magic) {
	case LOADER_MB1:
		read_mb1(early_view(info));
		break;
	case LOADER_MB2:
		read_mb2(early_view(info));
		break;
	case XEN_HVM_START_MAGIC_VALUE:
		read_pvh(early_view(info));
		break;
	}
}
