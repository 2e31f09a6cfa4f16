/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Guest memory by guest address.  The range is checked against the part of
 * the address space that is the guest's; the copy itself (x86/user_copy.S)
 * may fault at any byte and then says how much was left.
 */
#include "mm/guest_copy.h"
#include "lib/insn.h"
#include "x86/user_copy.h"

int copy_from_guest_va(void *dst, vaddr_t src, size_t n)
{
	return !n || (range_is_guest(src, n) &&
		      !user_copy(dst, (const void *)src, n)) ? 0 : -EFAULT;
}

int copy_to_guest_va(vaddr_t dst, const void *src, size_t n)
{
	return !n || (range_is_guest(dst, n) &&
		      !user_copy((void *)dst, src, n)) ? 0 : -EFAULT;
}

unsigned int guest_fetch(vaddr_t at, u8 *bytes)
{
	unsigned int left = PAGE_SIZE - (at & PAGE_OFFSET_MASK);

	if (!copy_from_guest_va(bytes, at, INSN_MAX_BYTES)) {
		return INSN_MAX_BYTES;
	}
	if (left >= INSN_MAX_BYTES ||
	    copy_from_guest_va(bytes, at, left)) {
		return 0;
	}
	return left;
}
