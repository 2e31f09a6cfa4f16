/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * PCI configuration space of segment 0, the first 256 bytes of each function,
 * by ports 0xcf8 and 0xcfc.  bdf is bus << 8 | devfn; bytes is 1, 2 or 4, and
 * reg a multiple of it.  What is not there reads as all ones.
 */
#ifndef DEVICE_PCI_H
#define DEVICE_PCI_H

#include "lib/types.h"

u32 pci_read(u16 bdf, u8 reg, unsigned int bytes);
void pci_write(u16 bdf, u8 reg, unsigned int bytes, u32 val);

#endif
