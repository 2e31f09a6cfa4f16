/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * CPU list reading.  A term is N, N-M or "all"; "^" before it removes.  Terms
 * apply from left to right, so "all,^0" is every CPU but the first.  NUMA
 * words ("nodes:") are refused: the hypervisor has no NUMA placement.
 */
#include "config/cpus.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static void set_range(struct cpu_list *list, unsigned long first,
		      unsigned long last, bool present)
{
	unsigned long cpu;

	for (cpu = first; cpu <= last; cpu++) {
		uint64_t bit = UINT64_C(1) << (cpu % 64);

		if (present) {
			list->bits[cpu / 64] |= bit;
		} else {
			list->bits[cpu / 64] &= ~bit;
		}
	}
}

static const char *skip_space(const char *p)
{
	while (isspace((unsigned char)*p)) {
		p++;
	}
	return p;
}

static const char *parse_number(const char *p, unsigned long *out)
{
	char *end;

	if (!isdigit((unsigned char)*p)) {
		return NULL;
	}
	*out = strtoul(p, &end, 10);
	return *out < CPU_LIST_MAX ? end : NULL;
}

static const char *parse_term(const char *p, struct cpu_list *list)
{
	unsigned long first, last;
	bool present = true;

	p = skip_space(p);
	if (*p == '^') {
		present = false;
		p++;
	}
	if (!strncmp(p, "all", 3)) {
		set_range(list, 0, CPU_LIST_MAX - 1, present);
		return skip_space(p + 3);
	}
	p = parse_number(p, &first);
	if (!p) {
		return NULL;
	}
	last = first;
	if (*p == '-') {
		p = parse_number(p + 1, &last);
		if (!p || last < first) {
			return NULL;
		}
	}
	set_range(list, first, last, present);
	return skip_space(p);
}

int cpu_list_parse(const char *text, struct cpu_list *list, const char **why)
{
	static const struct cpu_list empty;
	const char *p = text;

	memset(list, 0, sizeof(*list));
	if (strstr(text, "node")) {
		*why = "names NUMA nodes, which are not supported; list CPU numbers";
		return -1;
	}
	for (;;) {
		p = parse_term(p, list);
		if (!p || (*p && *p != ',')) {
			*why = "is no CPU list; write for example \"0-3,^1\" or \"all\"";
			return -1;
		}
		if (!*p) {
			break;
		}
		p++;
	}
	if (!memcmp(list, &empty, sizeof(empty))) {
		*why = "leaves no CPU to run on";
		return -1;
	}
	return 0;
}
