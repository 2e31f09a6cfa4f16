/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The native kernel's ELF: the same addresses as in the PV kernel. A loader of
 * multiboot1 takes the file as one piece (see head.S), one of PVH its
 * segments.
 */
#define __ASSEMBLY__
#include "lib/layout.h"

OUTPUT_FORMAT(elf64-x86-64)
ENTRY(start_pvh_physical)

PHDRS
{
	text PT_LOAD FLAGS(5);
	data PT_LOAD FLAGS(6);
	note PT_NOTE FLAGS(4);
}

SECTIONS
{
	. = KEEL_BASE + KEEL_LOAD;
	_text = .;
	.text : AT(ADDR(.text) - KEEL_BASE) {
		*(.multiboot) *(.text .text.*)
	} :text
	.rodata : AT(ADDR(.rodata) - KEEL_BASE) {
		*(.rodata .rodata.*) *(.got .got.plt)
		. = ALIGN(8);
		_extable = .;
		KEEP(*(.extable))
		_extable_end = .;
	} :text
	.note.Xen : AT(ADDR(.note.Xen) - KEEL_BASE) {
		KEEP(*(.note.Xen))
	} :text :note
	. = ALIGN(4096);
	.data : AT(ADDR(.data) - KEEL_BASE) {
		*(.data .data.*)
	} :data
	_data_end = .;
	.bss : AT(ADDR(.bss) - KEEL_BASE) {
		*(.bss .bss.* COMMON)
	} :data
	. = ALIGN(4096);
	_end = .;
	start_pvh_physical = start_pvh - KEEL_BASE;

	/DISCARD/ : {
		*(.comment) *(.eh_frame) *(.note.gnu.*) *(.note.GNU-stack)
		*(.gnu.hash) *(.hash) *(.dynsym) *(.dynstr) *(.dynamic)
		*(.interp)
	}
}
