/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Markers that plugin/count.c looks for: long no-operations with a number in
 * their displacement, that no compiler emits.  On real processors they do
 * nothing.
 */
#ifndef BENCH_MARK_H
#define BENCH_MARK_H

#define MARK_BEGIN() __asm__ volatile(".byte 0x0f,0x1f,0x80; .long 0x50560001" \
				      ::: "memory")
#define MARK_END()   __asm__ volatile(".byte 0x0f,0x1f,0x80; .long 0x50560002" \
				      ::: "memory")

#endif
