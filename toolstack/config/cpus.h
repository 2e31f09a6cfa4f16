/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Lists of physical CPUs as xl.cfg writes them: "all", "0-3,^1", "2".
 */
#ifndef TOOLSTACK_CONFIG_CPUS_H
#define TOOLSTACK_CONFIG_CPUS_H

#include <stdbool.h>
#include <stdint.h>

#define CPU_LIST_MAX 512

struct cpu_list {
	uint64_t bits[CPU_LIST_MAX / 64];
};

static inline bool cpu_list_has(const struct cpu_list *list, unsigned int cpu)
{
	return cpu < CPU_LIST_MAX &&
	       (list->bits[cpu / 64] >> (cpu % 64) & 1);
}

/*
 * Parse @text.  On failure returns -1 and points *why at words that complete
 * the sentence "cpus: '<text>' ...".
 */
int cpu_list_parse(const char *text, struct cpu_list *list, const char **why);

#endif
