/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/* Where a kernel lies, on every platform; for C, assembly and the linker. */
#ifndef KEEL_LIB_LAYOUT_H
#define KEEL_LIB_LAYOUT_H

/* Where physical page 0 is mapped: all of memory follows, linearly. */
#define KEEL_BASE	0xffff880000000000
#define KEEL_LOAD	0x100000
#define STACK_SIZE	16384

#endif
