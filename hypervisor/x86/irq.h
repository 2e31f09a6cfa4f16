/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Device interrupts: IO-APIC pins (GSIs) and MSIs, each with a vector on one
 * CPU.  The hypervisor uses the UART's; all others go to domain 0 as PIRQs.
 */
#ifndef X86_IRQ_H
#define X86_IRQ_H

#include "x86/ioapic.h"

#define MAX_IRQS	1024		/* GSIs first, then MSIs */

/* Takes a GSI for fn (IRQ context): vector, trigger, polarity; masked. */
int irq_bind_gsi(u32 gsi, bool level, bool active_low,
		 void (*fn)(u32 irq, void *data), void *data);
/* A free irq number with a vector for an MSI to be programmed by the caller. */
int irq_alloc_msi(void (*fn)(u32 irq, void *data), void *data,
		  u64 *address, u32 *msg_data);
/* Gives back one that was taken. */
void irq_release(u32 irq);

void irq_mask(u32 irq, bool masked);
/* Level-triggered GSIs stay masked from their interrupt until this. */
void irq_eoi_done(u32 irq);
bool irq_is_level(u32 irq);

#endif
