/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * IO-APICs (Intel 82093AA): registers behind an index and a data word.  Every
 * pin goes to the boot CPU.  Domain 0 may read every register; what it writes
 * to redirection entries only tells us trigger and polarity, which
 * PHYSDEVOP_setup_gsi does better, so that is forgotten.
 */
#include "device/acpi.h"
#include "lib/lock.h"
#include "lib/printk.h"
#include "x86/ioapic.h"
#include "x86/msr.h"
#include "x86/paging.h"
#include "x86/smp.h"

#define IOAPIC_VERSION	0x01
#define IOAPIC_ENTRY(n)	(0x10 + 2 * (n))

#define MAX_GSIS	256

u32 nr_gsis __ro_after_init;

static struct ioapic {			/* of the same index in acpi_info */
	volatile u32 *regs;
	u32 nr_pins;
} ioapics[ACPI_MAX_IOAPICS] __ro_after_init;

static spinlock_t index_lock;		/* irqsave; innermost */

static u32 read_reg(const struct ioapic *io, u32 reg)
{
	unsigned long flags = spin_lock_irqsave(&index_lock);
	u32 v;

	io->regs[0] = reg;
	v = io->regs[4];
	spin_unlock_irqrestore(&index_lock, flags);
	return v;
}

static void write_reg(const struct ioapic *io, u32 reg, u32 v)
{
	unsigned long flags = spin_lock_irqsave(&index_lock);

	io->regs[0] = reg;
	io->regs[4] = v;
	spin_unlock_irqrestore(&index_lock, flags);
}

/* The IO-APIC of a GSI, and which pin; NULL: none. */
static const struct ioapic *ioapic_of(u32 gsi, u32 *pin)
{
	for (unsigned int i = 0; i < acpi_info.nr_ioapics; i++) {
		*pin = gsi - acpi_info.ioapics[i].gsi_base;
		if (*pin < ioapics[i].nr_pins) {
			return &ioapics[i];
		}
	}
	return NULL;
}

__init void ioapic_init(void)
{
	outb(0xff, 0x21);		/* both 8259s: everything masked */
	outb(0xff, 0xa1);
	for (unsigned int i = 0; i < acpi_info.nr_ioapics; i++) {
		const struct acpi_ioapic *a = &acpi_info.ioapics[i];
		struct ioapic *io = &ioapics[i];
		u32 pins;

		io->regs = ioremap(a->address, PAGE_SIZE);
		pins = (read_reg(io, IOAPIC_VERSION) >> 16 & 0xff) + 1;
		if (a->gsi_base + pins > MAX_GSIS) {
			log_error("IO-APIC at 0x%x: GSI %u is beyond our %u, left out\n",
				  a->address, a->gsi_base, MAX_GSIS);
			continue;
		}
		io->nr_pins = pins;
		for (u32 pin = 0; pin < pins; pin++) {
			write_reg(io, IOAPIC_ENTRY(pin), RTE_MASKED);
			write_reg(io, IOAPIC_ENTRY(pin) + 1, apic_ids[0] << 24);
		}
		nr_gsis = max(nr_gsis, a->gsi_base + pins);
	}
	if (!nr_gsis) {
		panic("This machine has no IO-APIC (ACPI MADT), which Paravane needs.");
	}
}

bool ioapic_has_gsi(u32 gsi)
{
	u32 pin;

	return ioapic_of(gsi, &pin);
}

void ioapic_set(u32 gsi, u32 entry)
{
	u32 pin = 0;
	const struct ioapic *io = ioapic_of(gsi, &pin);

	write_reg(io, IOAPIC_ENTRY(pin), entry);
}

/* ---- domain 0's view ---- */

int ioapic_guest_read(u64 address, u32 reg, u32 *val)
{
	for (unsigned int i = 0; i < acpi_info.nr_ioapics; i++) {
		if (acpi_info.ioapics[i].address == address) {
			*val = read_reg(&ioapics[i], reg & 0xff);
			return 0;
		}
	}
	return -ENODEV;
}
