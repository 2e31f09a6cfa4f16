/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/* Boot: making one CPU's area, and finding its cpu_info. */
#ifndef X86_PERCPU_H
#define X86_PERCPU_H

#include "x86/current.h"

/* Maps cpu's area and fills its variables and cpu_info. */
void percpu_init(unsigned int cpu);

/* At the top of cpu's stack block; the stack begins below it. */
struct cpu_info *cpu_info_of(unsigned int cpu);

#endif
