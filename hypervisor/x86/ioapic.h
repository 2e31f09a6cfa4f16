/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * IO-APICs: the redirection entry of each GSI, and the GSI of each ISA
 * interrupt.  Callers (x86/irq.c) hold the irq lock, but at boot.
 */
#ifndef X86_IOAPIC_H
#define X86_IOAPIC_H

#include "lib/types.h"

/* Boot: maps the IO-APICs that ACPI names and masks every pin. */
void ioapic_init(void);
unsigned int ioapic_nr_gsis(void);

/* Does any IO-APIC have that GSI? */
bool ioapic_has_gsi(u32 gsi);
void ioapic_route(u32 gsi, u8 vector, u32 apic_id, bool level,
		  bool active_low, bool masked);
void ioapic_mask(u32 gsi, bool masked);
/* The pin's whole entry, as the hardware has it. */
u64 ioapic_entry(u32 gsi);

/* By MADT's overrides; else the same number, edge, active high. */
u32 isa_irq_to_gsi(unsigned int irq, bool *level, bool *active_low);

#endif
