/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Each CPU's own variables and stack.  The linked section .data.percpu is the
 * template; a CPU's copy lies in its area (x86/layout.h), and cpu_info at the
 * top of its stack block says how far away.  Before its area exists the boot
 * CPU uses the template itself (offset 0), so what it writes until then is
 * what every CPU begins with.
 */
#include "boot/image.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "x86/current.h"
#include "x86/paging.h"
#include "x86/percpu.h"
#include "x86/smp.h"

u64 percpu_offsets[MAX_CPUS] __ro_after_init;
unsigned int nr_cpus __ro_after_init = 1;

struct cpu_info *cpu_info_of(unsigned int cpu)
{
	return (struct cpu_info *)(percpu_area(cpu) + PERCPU_STACK_OFF +
				   STACK_BLOCK_SIZE) - 1;
}

__init void percpu_init(unsigned int cpu)
{
	char *vars = (char *)percpu_area(cpu) + PERCPU_VARS_OFF;
	struct cpu_info *ci;

	paging_map_cpu(cpu);
	memcpy(vars, image_percpu_start,
	       (size_t)(image_percpu_end - image_percpu_start));
	percpu_offsets[cpu] = (u64)(vars - image_percpu_start);

	ci = cpu_info_of(cpu);
	ci->cpu = cpu;
	ci->percpu_offset = percpu_offsets[cpu];
}
