/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Copies of which one side is guest memory, in the address space that is
 * loaded.  Both return the number of bytes not copied: 0 is success.  The
 * caller has checked that the guest's side is the guest's (mm/guest_copy.c).
 */
#ifndef X86_USER_COPY_H
#define X86_USER_COPY_H

#include "lib/types.h"
#include "x86/cpu_features.h"
#include "x86/regs.h"

/*
 * One or two words, inline: false when they cannot be read.  For the hot
 * paths; the caller has checked the range, as above.
 */
static inline bool user_get_words(u64 *a, u64 *b, const void *p)
{
	bool smap = hv_cr4 & CR4_SMAP;
	u64 x, y;

	if (unlikely(smap)) {
		__asm__ volatile("stac" ::: "memory");
	}
	__asm__ goto("1: mov (%[p]), %[x]\n\t"
		     "2: mov 8(%[p]), %[y]\n\t"
		     ".pushsection .ex_table, \"a\"\n\t"
		     ".balign 4\n\t"
		     ".long 1b - ., %l[fault] - .\n\t"
		     ".long 2b - ., %l[fault] - .\n\t"
		     ".popsection"
		     : [x] "=&r" (x), [y] "=r" (y)
		     : [p] "r" (p) : "memory" : fault);
	if (unlikely(smap)) {
		__asm__ volatile("clac" ::: "memory");
	}
	*a = x;
	*b = y;
	return true;
fault:
	if (smap) {
		__asm__ volatile("clac" ::: "memory");
	}
	return false;
}

static inline bool user_get_word(u64 *a, const void *p)
{
	bool smap = hv_cr4 & CR4_SMAP;
	u64 x;

	if (unlikely(smap)) {
		__asm__ volatile("stac" ::: "memory");
	}
	__asm__ goto("1: mov (%[p]), %[x]\n\t"
		     ".pushsection .ex_table, \"a\"\n\t"
		     ".balign 4\n\t"
		     ".long 1b - ., %l[fault] - .\n\t"
		     ".popsection"
		     : [x] "=r" (x) : [p] "r" (p) : "memory" : fault);
	if (unlikely(smap)) {
		__asm__ volatile("clac" ::: "memory");
	}
	*a = x;
	return true;
fault:
	if (smap) {
		__asm__ volatile("clac" ::: "memory");
	}
	return false;
}

/* As user_get_word, for four bytes. */
static inline bool user_get_u32(u32 *a, const void *p)
{
	bool smap = hv_cr4 & CR4_SMAP;
	u32 x;

	if (unlikely(smap)) {
		__asm__ volatile("stac" ::: "memory");
	}
	__asm__ goto("1: mov (%[p]), %[x]\n\t"
		     ".pushsection .ex_table, \"a\"\n\t"
		     ".balign 4\n\t"
		     ".long 1b - ., %l[fault] - .\n\t"
		     ".popsection"
		     : [x] "=r" (x) : [p] "r" (p) : "memory" : fault);
	if (unlikely(smap)) {
		__asm__ volatile("clac" ::: "memory");
	}
	*a = x;
	return true;
fault:
	if (smap) {
		__asm__ volatile("clac" ::: "memory");
	}
	return false;
}

size_t user_copy(void *dst, const void *src, size_t n) __must_check;
size_t user_clear(void *dst, size_t n) __must_check;

#endif
