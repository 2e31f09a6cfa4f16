/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * How long a vCPU ran, and how long it could have run but others did: what a
 * kernel needs that is to charge processes for no more than they got.
 */
#ifndef KEEL_XEN_RUNSTATE_H
#define KEEL_XEN_RUNSTATE_H

#include "xen/hypercall.h"

/* Has the hypervisor keep this vCPU's record up to date; 0 or an errno. */
int runstate_open(void);

/* Nanoseconds, by RUNSTATE_*, since the vCPU was made; the present included. */
void runstate_read(uint64_t ns[4]);

#endif
