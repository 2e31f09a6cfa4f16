/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/* A small valid PV kernel file, from which damage begins. */
#ifndef TESTS_FUZZ_KERNEL_H
#define TESTS_FUZZ_KERNEL_H

#include "lib/types.h"

#define KERNEL_BASE	0xffffffff80000000ULL
#define KERNEL_TEXT	0x1000000ULL

struct kernel_note {
	u32 namesz, descsz, type;
	char name[4];
	u64 value;
};

struct kernel_phdr {
	u32 type, flags;
	u64 offset, vaddr, paddr, filesz, memsz, align;
};

struct kernel_file {
	u8 ident[16];
	u16 type, machine;
	u32 version;
	u64 entry, phoff, shoff;
	u32 flags;
	u16 ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
	struct kernel_phdr load, notes;
	struct kernel_note n[5];
	u8 text[64];
};

#define KERNEL_NOTE(type, value)	{ 4, 8, type, "Xen", value }

static const struct kernel_file kernel_file = {
	.ident = "\177ELF\2\1\1", .type = 2, .machine = 62,
	.entry = KERNEL_TEXT, .phoff = offsetof(struct kernel_file, load),
	.phentsize = sizeof(struct kernel_phdr), .phnum = 2,
	.load = { 1, 5, offsetof(struct kernel_file, text),
		  KERNEL_BASE + KERNEL_TEXT, KERNEL_TEXT, 64, 3 * 4096, 4096 },
	.notes = { 4, 4, offsetof(struct kernel_file, n), 0, 0,
		   5 * sizeof(struct kernel_note), 0, 4 },
	.n = {
		KERNEL_NOTE(1, KERNEL_BASE + KERNEL_TEXT + 0x10),
		KERNEL_NOTE(2, KERNEL_BASE + KERNEL_TEXT + 0x1000),
		KERNEL_NOTE(3, KERNEL_BASE),
		KERNEL_NOTE(15, 0x8000000000),
		KERNEL_NOTE(16, 1),
	},
};

#endif
