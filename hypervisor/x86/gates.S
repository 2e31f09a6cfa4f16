/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The 256 gates of the IDT.  Each completes the frame that the CPU began, an
 * error code where there is none, the vector above it, and goes to the entry
 * for its kind.  They are 16 bytes apart.
 */
#include "x86/entry_asm.h"

	.text
	.balign 16
	.globl entry_gates
entry_gates:
	.set	nr, 0
	.rept	256
	.balign 16
	.if !((nr == 8) || ((nr >= 10) && (nr <= 14)) || (nr == 17) || \
	    (nr == 21) || (nr == 29) || (nr == 30))
	push	$0
	.endif
	movl	$nr, 4(%rsp)
	.if nr == 1
	jmp	entry_debug
	.elseif nr == 14
	jmp	entry_page_fault
	.elseif (nr == 2) || (nr == 8) || (nr == 18)
	jmp	entry_ist
	.elseif (nr < 32) || (nr == 0x80) || (nr == 0x82)
	jmp	entry_exception
	.else
	jmp	entry_irq
	.endif
	.set	nr, nr + 1
	.endr
