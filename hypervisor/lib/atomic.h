/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Atomic operations and single memory accesses, over the compiler's builtins
 * so that the same source runs on the host in tests.  All of the
 * read-modify-write operations are full barriers, as on x86.
 */
#ifndef LIB_ATOMIC_H
#define LIB_ATOMIC_H

#include "lib/types.h"

#define READ_ONCE(x)	(*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v) (*(volatile __typeof__(x) *)&(x) = (v))

#define barrier()	__asm__ volatile("" ::: "memory")
#define smp_mb()	__atomic_thread_fence(__ATOMIC_SEQ_CST)
#define smp_rmb()	barrier()
#define smp_wmb()	barrier()

static inline void cpu_relax(void)
{
	__asm__ volatile("pause" ::: "memory");
}

/* If *p is *old make it new and be true; else *old becomes what was there. */
#define try_cmpxchg(p, old, new) \
	__atomic_compare_exchange_n(p, old, new, false, \
				    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)
#define xchg(p, v)		__atomic_exchange_n(p, v, __ATOMIC_SEQ_CST)
#define atomic_add_return(p, v)	__atomic_add_fetch(p, v, __ATOMIC_SEQ_CST)
#define atomic_sub_return(p, v)	__atomic_sub_fetch(p, v, __ATOMIC_SEQ_CST)
#define atomic_inc(p)		((void)__atomic_fetch_add(p, 1, __ATOMIC_SEQ_CST))
#define atomic_dec(p)		((void)__atomic_fetch_sub(p, 1, __ATOMIC_SEQ_CST))
#define atomic_or(p, v)		((void)__atomic_fetch_or(p, v, __ATOMIC_SEQ_CST))
#define atomic_and(p, v)	((void)__atomic_fetch_and(p, v, __ATOMIC_SEQ_CST))

#endif
