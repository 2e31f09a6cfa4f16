/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Copies of which one side is guest memory, in the address space that is
 * loaded.  The caller has checked that the guest's side is the guest's
 * (mm/guest_copy.c).
 */
#ifndef X86_USER_COPY_H
#define X86_USER_COPY_H

#include "lib/types.h"
#include "x86/asm.h"

static inline void user_open(void)
{
	__asm__ volatile(ASM(STAC) : : : "memory");
}

static inline void user_close(void)
{
	__asm__ volatile(ASM(CLAC) : : : "memory");
}

/* *p of a guest's pages, open, into x; on a fault to the label. */
#define user_load(x, p, fault)						\
	__asm__ goto("1: mov %[from], %[to]\n" ASM(EX_TABLE(1b, %l[fault])) \
		     : [to] "=r" (x) : [from] "m" (*(p)) : : fault)

/* One or two words, inline, for the hot paths: false when they cannot be read. */
static inline bool user_get_words(u64 *a, u64 *b, const u64 *p)
{
	user_open();
	user_load(*a, p, fault);
	user_load(*b, p + 1, fault);
	user_close();
	return true;
fault:
	user_close();
	return false;
}

static inline bool user_get_word(u64 *a, const u64 *p)
{
	user_open();
	user_load(*a, p, fault);
	user_close();
	return true;
fault:
	user_close();
	return false;
}

static inline bool user_get_u32(u32 *a, const u32 *p)
{
	user_open();
	user_load(*a, p, fault);
	user_close();
	return true;
fault:
	user_close();
	return false;
}

/* Returns the number of bytes not copied: 0 is success. */
size_t user_copy(void *dst, const void *src, size_t n) __must_check;

#endif
