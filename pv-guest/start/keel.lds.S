/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * A PV kernel's ELF: virtual addresses in the linear map of memory, physical
 * ones the same less KEEL_BASE, and the notes in a segment of their own.
 */
#define __ASSEMBLY__
#include "xen/start.h"

OUTPUT_FORMAT(elf64-x86-64)
ENTRY(_start)

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
		*(.text .text.*)
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
		. = ALIGN(8);
		_tests = .;
		KEEP(*(SORT_BY_NAME(.tests.*)))
		_tests_end = .;
	} :data
	.bss : AT(ADDR(.bss) - KEEL_BASE) {
		*(.bss .bss.* COMMON)
	} :data
	. = ALIGN(4096);
	_end = .;

	/DISCARD/ : {
		*(.comment) *(.eh_frame) *(.note.gnu.*) *(.note.GNU-stack)
		*(.gnu.hash) *(.hash) *(.dynsym) *(.dynstr) *(.dynamic)
		*(.interp)
	}
}
