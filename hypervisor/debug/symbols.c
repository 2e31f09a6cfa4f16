/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The image's own symbol table, made by symbols.awk when it is linked: sorted
 * addresses, less their common upper half, and names in the same order.
 * Looked at only when something is reported, so names are found by counting.
 */
#include "debug/report.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "x86/layout.h"

extern const u32 symbol_count, symbol_addresses[];
extern const char symbol_names[];

void symbol_format(char *buf, size_t size, u64 addr)
{
	u32 low = (u32)addr, n = symbol_count, i = 0;
	const char *name = symbol_names;

	if (addr < IMAGE_START || addr - IMAGE_START >= 0x10000000 || !n ||
	    low < symbol_addresses[0]) {
		format(buf, size, "%lx", (unsigned long)addr);
		return;
	}
	for (; i + 1 < n && symbol_addresses[i + 1] <= low; i++) {
		name += strlen(name) + 1;
	}
	format(buf, size, "%s+0x%x", name, low - symbol_addresses[i]);
}
