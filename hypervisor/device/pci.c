/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * PCI configuration access.  MCFG areas are mapped at boot; where there is
 * none, segment 0 goes by the ports.  Domain 0's accesses to these ports are
 * emulated (pvcpu/io.c) and come here, so nobody else's address is disturbed.
 */
#include "device/acpi.h"
#include "device/pci.h"
#include "lib/lock.h"
#include "x86/msr.h"
#include "x86/paging.h"

#define BUS_BYTES	(1UL << 20)

static spinlock_t lock;			/* irqsave: the ports */
static volatile u8 *areas[ACPI_MAX_MCFG];

/* A register's place in its MCFG area, or NULL. */
static volatile u8 *mmcfg(u16 seg, u8 bus, u8 devfn, unsigned int reg)
{
	for (unsigned int i = 0; i < acpi_info.nr_mcfg; i++) {
		const struct acpi_mcfg *m = &acpi_info.mcfg[i];

		if (m->segment == seg && bus >= m->start_bus &&
		    bus <= m->end_bus) {
			return areas[i] + (bus - m->start_bus) * BUS_BYTES +
			       ((unsigned long)devfn << 12) + reg;
		}
	}
	return NULL;
}

__init void pci_init(void)
{
	for (unsigned int i = 0; i < acpi_info.nr_mcfg; i++) {
		const struct acpi_mcfg *m = &acpi_info.mcfg[i];

		areas[i] = ioremap(m->address + m->start_bus * BUS_BYTES,
				   (m->end_bus - m->start_bus + 1) *
				   BUS_BYTES);
	}
}

static u32 read_mmio(volatile u8 *at, unsigned int bytes)
{
	switch (bytes) {
	case 1:
		return *at;
	case 2:
		return *(volatile u16 *)at;
	default:
		return *(volatile u32 *)at;
	}
}

static void write_mmio(volatile u8 *at, unsigned int bytes, u32 val)
{
	switch (bytes) {
	case 1:
		*at = (u8)val;
		break;
	case 2:
		*(volatile u16 *)at = (u16)val;
		break;
	default:
		*(volatile u32 *)at = val;
		break;
	}
}

static u32 port_address(u8 bus, u8 devfn, unsigned int reg)
{
	return 0x80000000U | (u32)bus << 16 | (u32)devfn << 8 | (reg & 0xfc);
}

static u32 read_port(u16 port, unsigned int bytes)
{
	return bytes == 1 ? inb(port) : bytes == 2 ? inw(port) : inl(port);
}

static void write_port(u16 port, unsigned int bytes, u32 val)
{
	if (bytes == 1) {
		outb((u8)val, port);
	} else if (bytes == 2) {
		outw((u16)val, port);
	} else {
		outl(val, port);
	}
}

u32 pci_read(u16 seg, u8 bus, u8 devfn, unsigned int reg, unsigned int bytes)
{
	unsigned long flags = spin_lock_irqsave(&lock);
	volatile u8 *at = mmcfg(seg, bus, devfn, reg);
	u32 v = ~0U;

	if (at) {
		v = read_mmio(at, bytes);
	} else if (!seg && reg < 256) {
		outl(port_address(bus, devfn, reg), 0xcf8);
		v = read_port(0xcfc + (reg & 3), bytes);
	}
	spin_unlock_irqrestore(&lock, flags);
	return bytes == 4 ? v : v & ((1U << bytes * 8) - 1);
}

void pci_write(u16 seg, u8 bus, u8 devfn, unsigned int reg, unsigned int bytes,
	       u32 val)
{
	unsigned long flags = spin_lock_irqsave(&lock);
	volatile u8 *at = mmcfg(seg, bus, devfn, reg);

	if (at) {
		write_mmio(at, bytes, val);
	} else if (!seg && reg < 256) {
		outl(port_address(bus, devfn, reg), 0xcf8);
		write_port(0xcfc + (reg & 3), bytes, val);
	}
	spin_unlock_irqrestore(&lock, flags);
}

int pci_mmcfg_reserved(u64 address, u16 seg, u8 start_bus, u8 end_bus)
{
	for (unsigned int i = 0; i < acpi_info.nr_mcfg; i++) {
		const struct acpi_mcfg *m = &acpi_info.mcfg[i];

		if (m->address == address && m->segment == seg &&
		    m->start_bus == start_bus && end_bus <= m->end_bus) {
			return 0;
		}
	}
	return -ENODEV;
}
