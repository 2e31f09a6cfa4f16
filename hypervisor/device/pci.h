/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * PCI configuration space: by MCFG where ACPI names it, else by ports 0xcf8
 * and 0xcfc (segment 0, registers below 256).  bytes is 1, 2 or 4, and reg a
 * multiple of it.  What is not there reads as all ones.
 */
#ifndef DEVICE_PCI_H
#define DEVICE_PCI_H

#include "lib/types.h"

/* Boot: maps what MCFG names. */
void pci_init(void);

u32 pci_read(u16 seg, u8 bus, u8 devfn, unsigned int reg, unsigned int bytes);
void pci_write(u16 seg, u8 bus, u8 devfn, unsigned int reg, unsigned int bytes,
	       u32 val);

/* PHYSDEVOP_pci_mmcfg_reserved: domain 0 confirms an MCFG area. */
int pci_mmcfg_reserved(u64 address, u16 seg, u8 start_bus, u8 end_bus);

#endif
