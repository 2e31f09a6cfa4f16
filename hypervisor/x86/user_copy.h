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

size_t user_copy(void *dst, const void *src, size_t n) __must_check;
size_t user_clear(void *dst, size_t n) __must_check;

#endif
