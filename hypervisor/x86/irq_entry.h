/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/* Where x86/irq.c is entered from, and where it sends our own vectors. */
#ifndef X86_IRQ_ENTRY_H
#define X86_IRQ_ENTRY_H

#include "lib/types.h"

/* entry.S, for vectors from 0x20 on; interrupts off. */
void do_irq(struct cpu_user_regs *regs);

void tlb_interrupt(void);		/* x86/tlb.c */
void smp_call_interrupt(void);		/* x86/smp.c */

/* Boot: no vector of cpu belongs to anyone. */
void irq_init_cpu(unsigned int cpu);

/* Debug key: every irq in use. */
void irq_dump(void);

#endif
