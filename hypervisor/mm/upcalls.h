/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * What mm/ asks of the layers above it.
 */
#ifndef MM_UPCALLS_H
#define MM_UPCALLS_H

#include "lib/types.h"

/* pvcpu/: may a guest have this descriptor?  Corrects its DPL. */
bool guest_descriptor_ok(u64 *desc);

/* hypercall/: does other work wait for this CPU? */
bool hypercall_preempt(void);

#endif
