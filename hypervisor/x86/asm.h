/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Lines of assembly for .S files and, as ASM(line), for C: instructions that
 * may fault and where to go on when they do (x86/extable.c), and when a
 * guest's pages are open to us.
 */
#ifndef X86_ASM_H
#define X86_ASM_H

#define ASM(...)	ASM_STRING(__VA_ARGS__) "\n\t"
#define ASM_STRING(...)	#__VA_ARGS__

/* From the instruction at `first` to the one at `last`. */
#define EX_RANGE(first, last, to) \
	.pushsection .ex_table, "a"; .balign 4; \
	.long first - ., last - ., to - .; .popsection
#define EX_TABLE(at, to) EX_RANGE(at, at, to)

/*
 * A three-byte no-op that boot makes a clac or stac where the CPU has SMAP
 * (x86/entry_init.c).
 */
#define SMAP_SITE(opcode) \
	771: .byte 0x0f, 0x1f, 0x00; .pushsection .smap_patch, "a"; \
	.quad 771b, opcode; .popsection
#define CLAC	SMAP_SITE(0xca)
#define STAC	SMAP_SITE(0xcb)

#endif
