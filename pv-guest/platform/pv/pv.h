/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/* What the PV platform's files share. */
#ifndef KEEL_PLATFORM_PV_PV_H
#define KEEL_PLATFORM_PV_PV_H

#include "platform/platform.h"
#include "xen/event.h"

/* What this vCPU has been told last, and its two ports. */
struct pv_cpu {
	struct tables *loaded;		/* NULL: the kernel's own */
	void *stack;
	unsigned long fs, gs;
	evtchn_port_t kick;
};

extern struct pv_cpu pv_cpus[];

/* Ports, handlers and entries of the calling vCPU. */
void pv_cpu_setup(void);

/* Another vCPU's wish to be alone: waits here until it is over. */
void pv_park(void);

/* Devices after a resume: new ones, with what was under way asked again. */
void pv_devices_reopen(void);

/* "writable_page_tables" on the command line: stores instead of calls. */
void pv_tables_setup(void);

/* A fault by a store through a translation that has meanwhile got rights. */
bool pv_fault_is_stale(const struct regs *regs, unsigned long address);

/* Hypercalls that are collected, and made in one. */
#define PV_CALLS	32

struct pv_calls {
	unsigned int n;
	struct multicall_entry call[PV_CALLS];
};

void pv_call(struct pv_calls *c, unsigned int nr, unsigned long a1,
	     unsigned long a2, unsigned long a3, unsigned long a4);

/* Makes those that are left; one that fails is a bug of ours. */
void pv_calls_end(struct pv_calls *c);

#endif
