/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * What is printed when something goes wrong.  A guest's report, vcpu_report(),
 * is declared in pvcpu/pvcpu.h.
 */
#ifndef DEBUG_REPORT_H
#define DEBUG_REPORT_H

#include "lib/types.h"

/* The hypervisor's registers at a fault of its own, and its call trace. */
void report_hv_regs(const struct cpu_user_regs *regs);

/* "name+0x12", or the bare number when addr is in no function of ours. */
void symbol_format(char *buf, size_t size, u64 addr);

#endif
