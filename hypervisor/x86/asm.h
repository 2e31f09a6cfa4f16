/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * For assembly, in .S files and in C: an instruction that may fault, and where
 * to go on when it does (x86/extable.c).
 */
#ifndef X86_ASM_H
#define X86_ASM_H

#ifdef __ASSEMBLY__
#define EX_TABLE(from, to) \
	.pushsection .ex_table, "a"; .balign 4; \
	.long from - ., to - .; .popsection
#else
#define EX_TABLE(from, to) \
	".pushsection .ex_table, \"a\"; .balign 4; " \
	".long " #from " - ., " #to " - .; .popsection\n"
#endif

#endif
