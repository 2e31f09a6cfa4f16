/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * PCI configuration access.  Domain 0's accesses to these ports are emulated
 * (pvcpu/io.c) and come here, so nobody else's address is disturbed.  The
 * areas that ACPI's MCFG names are domain 0's: it maps them itself.
 */
#include "device/pci.h"
#include "lib/lock.h"
#include "x86/msr.h"

static spinlock_t lock;			/* irqsave: the two ports */

static u16 select(u16 bdf, u8 reg)
{
	outl(0x80000000U | (u32)bdf << 8 | (reg & 0xfc), 0xcf8);
	return 0xcfc + (reg & 3);
}

u32 pci_read(u16 bdf, u8 reg, unsigned int bytes)
{
	unsigned long flags = spin_lock_irqsave(&lock);
	u32 val = port_read(select(bdf, reg), bytes);

	spin_unlock_irqrestore(&lock, flags);
	return val;
}

void pci_write(u16 bdf, u8 reg, unsigned int bytes, u32 val)
{
	unsigned long flags = spin_lock_irqsave(&lock);

	port_write(select(bdf, reg), bytes, val);
	spin_unlock_irqrestore(&lock, flags);
}
