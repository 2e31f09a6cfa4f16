/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The vocabulary of the hypervisor: integers of known width, compiler
 * attributes, and the kinds of address that must never be mixed.
 *
 * A machine frame number (mfn) counts 4 KiB frames of the machine.  A guest
 * frame number (gfn) is what a guest calls one of its frames; for the PV
 * guests that we run, interfaces that say gfn carry an mfn.  Constants and
 * structures of the ABI come from the public headers, included here once with
 * the one set of macros that makes them right for a hypervisor.
 */
#ifndef LIB_TYPES_H
#define LIB_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdarg.h>
#include <limits.h>

#define __XEN_TOOLS__ 1
/*
 * Every symbol is inside the one image: declarations too are hidden, so that
 * the compiler reaches them relative to RIP and never through a table.
 */
#ifndef PARAVANE_HOST_TEST
#pragma GCC visibility push(hidden)
#endif

#define uint64_aligned_t uint64_t __attribute__((aligned(8)))
#include <xen/xen.h>

/* EPERM, EINVAL, … with the ABI's values. */
enum {
#define XEN_ERRNO(name, value) name = value,
#include <xen/errno.h>
	ERESTART = 85,	/* ours: the call goes on later; no guest sees it */
};

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef int64_t s64;

/* A machine frame number; one member, so that it mixes with nothing. */
typedef struct { unsigned long v; } mfn_t;

static inline mfn_t mfn(unsigned long v)
{
	return (mfn_t){ v };
}

static inline bool mfn_eq(mfn_t a, mfn_t b)
{
	return a.v == b.v;
}

#define INVALID_MFN	((mfn_t){ ~0UL })
#define INVALID_M2P	(~0UL)			/* no guest frame number */

/* A machine (physical) address. */
typedef struct { u64 v; } maddr_t;

#define PAGE_SHIFT	12
#define PAGE_SIZE	(1UL << PAGE_SHIFT)
#define PAGE_OFFSET_MASK (PAGE_SIZE - 1)

static inline maddr_t mfn_to_maddr(mfn_t m)
{
	return (maddr_t){ (u64)m.v << PAGE_SHIFT };
}

static inline mfn_t maddr_to_mfn(maddr_t a)
{
	return mfn(a.v >> PAGE_SHIFT);
}

/* An address in a guest; never dereferenced, only copied from and to. */
typedef unsigned long vaddr_t;

#define ARRAY_LEN(a)	(sizeof(a) / sizeof((a)[0]))
#define container_of(p, type, member) \
	((type *)((char *)(p) - offsetof(type, member)))
#define min(a, b) ({ __typeof__(a) _a = (a); __typeof__(b) _b = (b); \
	_a < _b ? _a : _b; })
#define max(a, b) ({ __typeof__(a) _x = (a); __typeof__(b) _y = (b); \
	_x > _y ? _x : _y; })
#define ROUND_UP(x, a)	(((x) + (a) - 1) & ~((__typeof__(x))(a) - 1))
#define ROUND_DOWN(x, a) ((x) & ~((__typeof__(x))(a) - 1))
#define DIV_ROUND_UP(x, a) (((x) + (a) - 1) / (a))

#define likely(x)	__builtin_expect(!!(x), 1)
#define unlikely(x)	__builtin_expect(!!(x), 0)
#define __packed	__attribute__((packed))
#define __aligned(n)	__attribute__((aligned(n)))
#define __section(s)	__attribute__((section(s)))
#define __printf(f, a)	__attribute__((format(printf, f, a)))
#define __must_check	__attribute__((warn_unused_result))
#define __noreturn	__attribute__((noreturn))
#define __cold		__attribute__((cold))
#define __noinline	__attribute__((noinline))
#undef __always_inline
#define __always_inline	inline __attribute__((always_inline))

/* Code and data that are given back once boot is over. */
#define __init		__attribute__((section(".init.text"), cold))
#define __initdata	__attribute__((section(".init.data")))
#define __initbss	__attribute__((section(".bss.init")))
/* Written at boot only; read-only from then on. */
#define __ro_after_init	__attribute__((section(".data.ro_after_init")))

/* True when a + b does not fit; *sum is then the wrapped value. */
#define add_overflows(a, b, sum) __builtin_add_overflow(a, b, sum)

/* Is [start, start + len) inside [0, limit)?  Wrapping counts as no. */
static inline bool range_within(u64 start, u64 len, u64 limit)
{
	return start <= limit && len <= limit - start;
}

#endif
