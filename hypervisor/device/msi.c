/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * MSI and MSI-X capabilities (PCI Local Bus 3.0, 6.8).  A message is an
 * address and a value; MSI keeps it in configuration space, MSI-X in a table
 * in one of the device's memory BARs, sixteen bytes for each vector.
 */
#include "device/msi.h"
#include "device/pci.h"
#include "mm/alloc.h"
#include "mm/l1_ref.h"
#include "x86/paging.h"

#define PCI_STATUS		0x06
#define PCI_STATUS_CAPS		0x10
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
	u8 cap;
	u16 ctrl;
	u64 address;
	u32 data;
	bool masked;
	volatile u32 *entry;		/* MSI-X: address, high, data, control */
};

/* Offset of a capability; 0: none.  A looping list ends after 48 steps. */
static u8 find_cap(u16 bdf, u8 id)
{
	u32 head = pci_read(bdf, PCI_CAP_LIST, 1) << 8;

	if (!(pci_read(bdf, PCI_STATUS, 2) & PCI_STATUS_CAPS)) {
		return 0;
	}
	for (unsigned int steps = 0; steps < 48 && head >> 8 >= 0x40; steps++) {
		u8 at = head >> 8 & 0xfc;

		head = pci_read(bdf, at, 2);
		if ((head & 0xff) == id) {
			return at;
		}
	}
	return 0;
}

/*
 * Only where domain 0 might write by itself, in no RAM, in none of ours; and
 * whole in one page.
 */
static int find_msix_entry(struct msi *m)
{
	u32 table = pci_read(m->at.bdf, m->cap + MSIX_TABLE, 4);
	u64 at = m->at.table_base + (table & ~7U) + 16 * m->at.entry;
	mfn_t page = maddr_to_mfn((maddr_t){ at });

	if (m->at.entry > (m->ctrl & MSIX_CTRL_SIZE) || mfn_valid(page) ||
	    !mmio_allowed(dom0, page) ||
	    (at & PAGE_OFFSET_MASK) > PAGE_SIZE - 16) {
		return -EINVAL;
	}
	m->entry = (volatile u32 *)device_page(at);
	return m->entry ? 0 : -ENOMEM;
}

void msi_mask(struct msi *m, bool mask)
{
	m->masked = mask;
	if (m->entry) {
		m->entry[3] = mask;
		(void)m->entry[3];	/* posted writes arrive before we go */
	} else if (m->ctrl & MSI_CTRL_MASKABLE) {
		pci_write(m->at.bdf,
			  m->cap + (m->ctrl & MSI_CTRL_64 ? 0x10 : 0x0c), 4,
			  mask);
	}
}

static void write_message(struct msi *m)
{
	u32 high = (u32)(m->address >> 32);
	u16 bdf = m->at.bdf;
	u8 cap = m->cap;

	if (m->entry) {
		m->entry[0] = (u32)m->address;
		m->entry[1] = high;
		m->entry[2] = m->data;
		return;
	}
	pci_write(bdf, cap + 4, 4, (u32)m->address);
	if (m->ctrl & MSI_CTRL_64) {
		pci_write(bdf, cap + 8, 4, high);
	}
	pci_write(bdf, cap + (m->ctrl & MSI_CTRL_64 ? 0xc : 8), 2, m->data);
	/* One vector only. */
	pci_write(bdf, cap + MSI_CTRL, 2,
		  pci_read(bdf, cap + MSI_CTRL, 2) & ~MSI_CTRL_MULTI);
}

int msi_setup(const struct msi_place *where, u64 address, u32 data,
	      struct msi **out)
{
	u8 cap = find_cap(where->bdf,
			  where->msix ? PCI_CAP_MSIX : PCI_CAP_MSI);
	struct msi *m = cap ? heap_alloc(sizeof(*m)) : NULL;
	int err;

	if (!m) {
		return cap ? -ENOMEM : -ENODEV;
	}
	*m = (struct msi){ .at = *where, .cap = cap, .address = address,
			   .data = data };
	m->ctrl = (u16)pci_read(where->bdf, cap + MSI_CTRL, 2);
	err = where->msix ? find_msix_entry(m) : 0;
	if (err) {
		heap_free(m);
		return err;
	}
	msi_mask(m, true);
	write_message(m);
	*out = m;
	return 0;
}

bool msi_restore(struct msi *m, u16 bdf)
{
	bool masked = m->masked;

	if (m->at.bdf != bdf) {
		return false;
	}
	msi_mask(m, true);
	write_message(m);
	msi_mask(m, masked);
	return true;
}

void msi_release(struct msi *m)
{
	msi_mask(m, true);
	heap_free(m);
}
