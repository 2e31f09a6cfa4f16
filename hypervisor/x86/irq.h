/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Device interrupts: IO-APIC pins (GSIs) and MSIs, each with a vector on one
 * CPU.  The hypervisor uses the UART's; all others go to domain 0 as PIRQs.
 */
#ifndef X86_IRQ_H
#define X86_IRQ_H

#include "lib/types.h"

#define MAX_GSIS	256
#define MAX_IRQS	1024		/* GSIs first, then MSIs */

struct irq_action {
	void (*fn)(u32 irq, void *data);	/* IRQ context */
	void *data;
};

unsigned int nr_gsis(void);

/* Takes a GSI for fn: vector, routing with trigger and polarity, masked. */
int irq_bind_gsi(u32 gsi, bool level, bool active_low,
		 void (*fn)(u32 irq, void *data), void *data);
/* A free irq number with a vector for an MSI to be programmed by the caller. */
int irq_alloc_msi(void (*fn)(u32 irq, void *data), void *data,
		  u64 *address, u32 *msg_data);
void irq_release(u32 irq);

/* Level-triggered GSIs stay masked (or un-EOId) until the guest is done. */
void irq_mask(u32 irq);
void irq_unmask(u32 irq);
void irq_eoi_done(u32 irq);
bool irq_is_level(u32 irq);
int irq_set_cpu(u32 irq, unsigned int cpu);

/* IO-APIC registers as domain 0 may read them (PHYSDEVOP_apic_read). */
int ioapic_guest_read(u64 address, u32 reg, u32 *val);
int ioapic_guest_write(u64 address, u32 reg, u32 val);

#endif
