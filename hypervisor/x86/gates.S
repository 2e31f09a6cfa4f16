/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The 256 gates of the IDT.  Each completes the frame that the CPU began, an
 * error code where there is none, the vector above it, and goes to the entry
 * for its kind.
 */
#include "x86/entry_asm.h"

	.macro GATE nr
	.balign 16
gate_\nr:
	.if (\nr == 8) || ((\nr >= 10) && (\nr <= 14)) || (\nr == 17) || \
	    (\nr == 21) || (\nr == 29) || (\nr == 30)
	.else
	push	$0
	.endif
	movl	$\nr, 4(%rsp)
	.if \nr == 1
	jmp	entry_debug
	.elseif \nr == 14
	jmp	entry_page_fault
	.elseif (\nr == 2) || (\nr == 8) || (\nr == 18)
	jmp	entry_ist
	.elseif (\nr < 32) || (\nr == 0x80) || (\nr == 0x82)
	jmp	entry_exception
	.else
	jmp	entry_irq
	.endif
	.pushsection .rodata.entry_vectors, "a"
	.quad	gate_\nr
	.popsection
	.endm

	.section .rodata.entry_vectors, "a"
	.balign 8
	.globl entry_vectors
entry_vectors:
	.text
	.altmacro
	.set	vec, 0
	.rept	256
	GATE	%vec
	.set	vec, vec + 1
	.endr
