/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * MSI and MSI-X capabilities (PCI Local Bus 3.0, 6.8).  A message is an
 * address and a value; MSI keeps it in configuration space, MSI-X in a table
 * in one of the device's memory BARs, sixteen bytes for each vector.
 */
#include "device/msi.h"
#include "device/pci.h"
#include "lib/lock.h"
#include "mm/alloc.h"
#include "x86/paging.h"

#define PCI_STATUS		0x06
#define PCI_STATUS_CAPS		0x10
#define PCI_BAR0		0x10
#define PCI_CAP_LIST		0x34
#define PCI_CAP_MSI		0x05
#define PCI_CAP_MSIX		0x11

#define MSI_CTRL		0x02
#define MSI_CTRL_MULTI		0x0070
#define MSI_CTRL_64		0x0080
#define MSI_CTRL_MASKABLE	0x0100
#define MSIX_CTRL_SIZE		0x07ff
#define MSIX_TABLE		0x04

struct msi {
	struct msi_place at;
	u16 cap;
	u16 ctrl;
	u64 address;
	u32 data;
	bool masked;
	volatile u32 *entry;		/* MSI-X: address, high, data, control */
};

/* Pages of MSI-X tables that are mapped already; they stay mapped. */
struct table_page {
	struct table_page *next;
	u64 maddr;
	char *va;
};

static spinlock_t pages_lock;
static struct table_page *pages;

static u32 cfg_read(const struct msi_place *p, unsigned int reg,
		    unsigned int bytes)
{
	return pci_read(p->seg, p->bus, p->devfn, reg, bytes);
}

static void cfg_write(const struct msi_place *p, unsigned int reg,
		      unsigned int bytes, u32 val)
{
	pci_write(p->seg, p->bus, p->devfn, reg, bytes, val);
}

/* Offset of a capability; 0: none.  A looping list ends after 48 steps. */
static unsigned int find_cap(const struct msi_place *p, u8 id)
{
	unsigned int at, steps;

	if (!(cfg_read(p, PCI_STATUS, 2) & PCI_STATUS_CAPS)) {
		return 0;
	}
	at = cfg_read(p, PCI_CAP_LIST, 1) & 0xfc;
	for (steps = 0; at >= 0x40 && steps < 48; steps++) {
		u32 head = cfg_read(p, at, 2);

		if ((head & 0xff) == 0xff) {
			return 0;
		}
		if ((head & 0xff) == id) {
			return at;
		}
		at = head >> 8 & 0xfc;
	}
	return 0;
}

/* Uncached view of device memory; kept for the next one in the same page. */
static char *map_table(u64 maddr)
{
	u64 page = maddr & ~(u64)PAGE_OFFSET_MASK;
	struct table_page *t;
	char *va = NULL;

	spin_lock(&pages_lock);
	for (t = pages; t && t->maddr != page; t = t->next) {
		;
	}
	if (!t) {
		t = heap_alloc(sizeof(*t));
		if (t) {
			t->maddr = page;
			t->va = ioremap(page, PAGE_SIZE);
			t->next = pages;
			pages = t;
		}
	}
	if (t) {
		va = t->va + (maddr - page);
	}
	spin_unlock(&pages_lock);
	return va;
}

/* Where BAR `bir` is; 0: no memory there. */
static u64 bar_address(const struct msi_place *p, unsigned int bir)
{
	u64 bar;

	if (bir > 5) {
		return 0;
	}
	bar = cfg_read(p, PCI_BAR0 + 4 * bir, 4);
	if ((bar & 1) || bar == 0xffffffff) {
		return 0;
	}
	if ((bar & 6) == 4 && bir < 5) {
		bar |= (u64)cfg_read(p, PCI_BAR0 + 4 * bir + 4, 4) << 32;
	}
	bar &= ~0xfULL;
	/* Virtual functions have no BARs of their own. */
	return bar ? bar : p->table_base;
}

static int find_msix_entry(struct msi *m)
{
	u32 table = cfg_read(&m->at, m->cap + MSIX_TABLE, 4);
	u64 base;

	if (m->at.entry > (m->ctrl & MSIX_CTRL_SIZE)) {
		return -EINVAL;
	}
	base = bar_address(&m->at, table & 7);
	if (!base) {
		return -EINVAL;
	}
	base += (table & ~7U) + 16 * m->at.entry;
	m->entry = (volatile u32 *)map_table(base);
	return m->entry ? 0 : -ENOMEM;
}

static unsigned int msi_mask_reg(const struct msi *m)
{
	return m->cap + (m->ctrl & MSI_CTRL_64 ? 0x10 : 0x0c);
}

void msi_mask(struct msi *m, bool mask)
{
	m->masked = mask;
	if (m->entry) {
		m->entry[3] = mask;
		(void)m->entry[3];	/* posted writes arrive before we go */
	} else if (m->ctrl & MSI_CTRL_MASKABLE) {
		cfg_write(&m->at, msi_mask_reg(m), 4, mask);
	}
}

static void write_message(struct msi *m)
{
	const struct msi_place *p = &m->at;

	if (m->entry) {
		m->entry[0] = (u32)m->address;
		m->entry[1] = (u32)(m->address >> 32);
		m->entry[2] = m->data;
		return;
	}
	cfg_write(p, m->cap + 4, 4, (u32)m->address);
	if (m->ctrl & MSI_CTRL_64) {
		cfg_write(p, m->cap + 8, 4, (u32)(m->address >> 32));
		cfg_write(p, m->cap + 0xc, 2, m->data);
	} else {
		cfg_write(p, m->cap + 8, 2, m->data);
	}
	/* One vector only. */
	cfg_write(p, m->cap + MSI_CTRL, 2,
		  cfg_read(p, m->cap + MSI_CTRL, 2) & ~MSI_CTRL_MULTI);
}

int msi_setup(const struct msi_place *where, u64 address, u32 data,
	      struct msi **out)
{
	struct msi *m = heap_alloc(sizeof(*m));
	int err;

	if (!m) {
		return -ENOMEM;
	}
	m->at = *where;
	m->address = address;
	m->data = data;
	m->cap = (u16)find_cap(where, where->msix ? PCI_CAP_MSIX :
			       PCI_CAP_MSI);
	err = -ENODEV;
	if (!m->cap) {
		goto out_free;
	}
	m->ctrl = (u16)cfg_read(where, m->cap + MSI_CTRL, 2);
	err = where->msix ? find_msix_entry(m) : 0;
	if (err) {
		goto out_free;
	}
	msi_mask(m, true);
	write_message(m);
	*out = m;
	return 0;
out_free:
	heap_free(m);
	return err;
}

void msi_restore(struct msi *m)
{
	bool masked = m->masked;

	msi_mask(m, true);
	write_message(m);
	msi_mask(m, masked);
}

bool msi_is_of(const struct msi *m, u16 seg, u8 bus, u8 devfn)
{
	return m->at.seg == seg && m->at.bus == bus && m->at.devfn == devfn;
}

void msi_release(struct msi *m)
{
	msi_mask(m, true);
	heap_free(m);
}
