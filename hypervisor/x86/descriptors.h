/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * GDT, TSS and IDT.  Each CPU has its GDT window and TSS; the IDT is one for
 * all, in read-only memory once boot is over.
 */
#ifndef X86_DESCRIPTORS_H
#define X86_DESCRIPTORS_H

#include "lib/types.h"
#include "x86/current.h"

/* Intel SDM volume 3, figure 8-11. */
struct tss {
	u32 reserved0;
	u64 rsp[3];
	u64 reserved1;
	u64 ist[7];
	u64 reserved2;
	u16 reserved3;
	u16 iomap_base;
} __packed;

struct gate {
	u16 offset_low, selector;
	u8 ist, type;
	u16 offset_mid;
	u32 offset_high, reserved;
};

/* A pointer for lgdt, lidt. */
struct table_ptr {
	u16 limit;
	u64 base;
} __packed;

void gate_set(struct gate *g, u64 handler, unsigned int ist, unsigned int dpl);

/* TSS or LDT, which take two entries. */
void descriptor_set_system(u64 *d, u64 base, u32 limit, u64 type);

/* Boot: the IDT; then, on each CPU itself, its tables are loaded. */
void idt_init(void);
void descriptors_load(void);

/* Loads the IDT again, after something else used another one. */
void idt_load(void);

#endif
