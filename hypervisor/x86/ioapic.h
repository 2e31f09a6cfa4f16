/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * IO-APICs: the redirection entry of each GSI, and the GSI of each ISA
 * interrupt.  x86/irq.c decides what is in an entry, under its lock.
 */
#ifndef X86_IOAPIC_H
#define X86_IOAPIC_H

#include "lib/types.h"

#define RTE_ACTIVE_LOW	0x2000U
#define RTE_LEVEL	0x8000U
#define RTE_MASKED	0x10000U

extern u32 nr_gsis;		/* behind the last one; there may be holes */

/* Boot: maps the IO-APICs that ACPI names and masks every pin. */
void ioapic_init(void);

/* Does any IO-APIC have that GSI?  Only then it can be set. */
bool ioapic_has_gsi(u32 gsi);
/* RTE_* and the vector. */
void ioapic_set(u32 gsi, u32 entry);

/* A register as domain 0 may read it (PHYSDEVOP_apic_read). */
int ioapic_guest_read(u64 address, u32 reg, u32 *val);

#endif
