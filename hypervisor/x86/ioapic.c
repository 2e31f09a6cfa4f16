/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * IO-APICs (Intel 82093AA): registers behind an index and a data word.  Also
 * what domain 0 sees of them: it may read every register but its writes to
 * redirection entries only tell us trigger and polarity, which
 * PHYSDEVOP_setup_gsi does better, so they are accepted and forgotten.
 */
#include "device/acpi.h"
#include "lib/lock.h"
#include "lib/printk.h"
#include "mm/alloc.h"
#include "x86/ioapic.h"
#include "x86/irq.h"
#include "x86/msr.h"
#include "x86/paging.h"

#define IOAPIC_VERSION	0x01
#define IOAPIC_ENTRY(n)	(0x10 + 2 * (n))

#define RTE_LEVEL	0x8000U
#define RTE_ACTIVE_LOW	0x2000U
#define RTE_MASKED	0x10000U

struct ioapic {
	volatile u32 *regs;
	u64 address;
	u32 gsi_base, nr_pins;
	u32 *low;			/* low words as last written */
};

static struct ioapic ioapics[ACPI_MAX_IOAPICS];
static unsigned int nr_ioapics;
static u32 gsi_end;
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

static struct ioapic *ioapic_of(u32 gsi)
{
	for (unsigned int i = 0; i < nr_ioapics; i++) {
		struct ioapic *io = &ioapics[i];

		if (gsi >= io->gsi_base && gsi - io->gsi_base < io->nr_pins) {
			return io;
		}
	}
	return NULL;
}

static void write_low(struct ioapic *io, u32 pin, u32 low)
{
	io->low[pin] = low;
	write_reg(io, IOAPIC_ENTRY(pin), low);
}

__init void ioapic_init(void)
{
	outb(0xff, 0x21);		/* both 8259s: everything masked */
	outb(0xff, 0xa1);
	for (unsigned int i = 0; i < acpi_info.nr_ioapics; i++) {
		const struct acpi_ioapic *a = &acpi_info.ioapics[i];
		struct ioapic *io = &ioapics[nr_ioapics];

		io->regs = ioremap(a->address, PAGE_SIZE);
		io->address = a->address;
		io->gsi_base = a->gsi_base;
		io->nr_pins = (read_reg(io, IOAPIC_VERSION) >> 16 & 0xff) + 1;
		if (io->gsi_base + io->nr_pins > MAX_GSIS) {
			log_error("IO-APIC at 0x%x: GSI %u is beyond our %u, left out\n",
				  a->address, io->gsi_base, MAX_GSIS);
			continue;
		}
		io->low = heap_alloc(io->nr_pins * sizeof(u32));
		ASSERT(io->low);
		for (u32 pin = 0; pin < io->nr_pins; pin++) {
			write_low(io, pin, RTE_MASKED);
		}
		gsi_end = max(gsi_end, io->gsi_base + io->nr_pins);
		nr_ioapics++;
	}
	if (!nr_ioapics) {
		panic("This machine has no IO-APIC (ACPI MADT), which Paravane needs.");
	}
}

unsigned int ioapic_nr_gsis(void)
{
	return gsi_end;
}

bool ioapic_has_gsi(u32 gsi)
{
	return ioapic_of(gsi) != NULL;
}

void ioapic_route(u32 gsi, u8 vector, u32 apic_id, bool level,
		  bool active_low, bool masked)
{
	struct ioapic *io = ioapic_of(gsi);
	u32 pin = gsi - io->gsi_base;

	write_low(io, pin, io->low[pin] | RTE_MASKED);
	write_reg(io, IOAPIC_ENTRY(pin) + 1, apic_id << 24);
	write_low(io, pin, vector | (level ? RTE_LEVEL : 0) |
			   (active_low ? RTE_ACTIVE_LOW : 0) |
			   (masked ? RTE_MASKED : 0));
}

void ioapic_mask(u32 gsi, bool masked)
{
	struct ioapic *io = ioapic_of(gsi);
	u32 pin = gsi - io->gsi_base;
	u32 low = masked ? io->low[pin] | RTE_MASKED :
			   io->low[pin] & ~RTE_MASKED;

	if (low != io->low[pin]) {
		write_low(io, pin, low);
	}
}

u64 ioapic_entry(u32 gsi)
{
	struct ioapic *io = ioapic_of(gsi);
	u32 pin = gsi - io->gsi_base;

	return read_reg(io, IOAPIC_ENTRY(pin)) |
	       (u64)read_reg(io, IOAPIC_ENTRY(pin) + 1) << 32;
}

u32 isa_irq_to_gsi(unsigned int irq, bool *level, bool *active_low)
{
	*level = *active_low = false;
	for (unsigned int i = 0; i < acpi_info.nr_overrides; i++) {
		const struct acpi_override *o = &acpi_info.overrides[i];

		if (o->irq == irq) {
			*level = o->level;
			*active_low = o->active_low;
			return o->gsi;
		}
	}
	return irq;
}

/* ---- domain 0's view ---- */

static struct ioapic *ioapic_at(u64 address)
{
	for (unsigned int i = 0; i < nr_ioapics; i++) {
		if (ioapics[i].address == address) {
			return &ioapics[i];
		}
	}
	return NULL;
}

int ioapic_guest_read(u64 address, u32 reg, u32 *val)
{
	struct ioapic *io = ioapic_at(address);

	if (!io) {
		return -ENODEV;
	}
	*val = read_reg(io, reg & 0xff);
	return 0;
}

int ioapic_guest_write(u64 address, u32 reg, u32 val)
{
	return ioapic_at(address) ? 0 : -ENODEV;
}
