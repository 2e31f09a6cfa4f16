/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The only way to guest memory by guest address: copies through the guest's
 * own mapping, in the address space that is loaded.  Any address is taken;
 * one in the hypervisor's range, non-canonical, unmapped or (for writes) not
 * writable gives -EFAULT.  A guest may change its memory while we read it:
 * copy once, then look only at the copy.
 */
#ifndef MM_GUEST_COPY_H
#define MM_GUEST_COPY_H

#include "lib/types.h"
#include "x86/layout.h"

#define GUEST_LOW_END	0x0000800000000000UL

/* Wholly above the hypervisor's range, or wholly in the lower half?  n > 0. */
static inline bool range_is_guest(vaddr_t va, size_t n)
{
	if (likely(va >= HV_VIRT_END)) {
		return va + (n - 1) >= va;
	}
	return va < GUEST_LOW_END && n <= GUEST_LOW_END - va;
}

int copy_from_guest_va(void *dst, vaddr_t src, size_t n) __must_check;
int copy_to_guest_va(vaddr_t dst, const void *src, size_t n) __must_check;

/* As many bytes of the instruction there as can be read, up to 15. */
unsigned int guest_fetch(vaddr_t at, u8 *bytes);

/* Pointers as hypercall arguments carry them; element-typed. */
#define copy_from_guest(dst, gptr, n) \
	copy_from_guest_va(dst, (vaddr_t)(gptr), (n) * sizeof(*(dst)))
#define copy_to_guest(gptr, src, n) \
	copy_to_guest_va((vaddr_t)(gptr), src, (n) * sizeof(*(src)))

#endif
