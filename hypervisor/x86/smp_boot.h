/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/* Bringing up the other CPUs; called once by boot/main.c. */
#ifndef X86_SMP_BOOT_H
#define X86_SMP_BOOT_H

#include "lib/types.h"

/* They begin at `page`, a free page below 1 MiB. */
void smp_boot_cpus(u64 page, unsigned int max_cpus);
void ap_main(void) __noreturn;

extern u32 ap_last;

#endif
