/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * MSI and MSI-X: messages written into devices, and their mask bits.  The
 * capabilities themselves are enabled by domain 0, as it does on Xen.
 */
#ifndef DEVICE_MSI_H
#define DEVICE_MSI_H

#include "lib/types.h"

struct msi;

/* Which vector of which device. */
struct msi_place {
	u16 bdf;
	bool msix;			/* entry and table_base count */
	u16 entry;
	u64 table_base;			/* address of the BAR with the table */
};

/*
 * Writes the message, masked where the device can mask.  0, -ENODEV (no such
 * capability), -EINVAL (no such entry), -ENOMEM.
 */
int msi_setup(const struct msi_place *where, u64 address, u32 data,
	      struct msi **out);
void msi_mask(struct msi *m, bool mask);	/* any context */
/* Writes the message anew if it is one of that device. */
bool msi_restore(struct msi *m, u16 bdf);
void msi_release(struct msi *m);		/* masks and frees */

#endif
