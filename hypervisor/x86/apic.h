/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The local APIC, by MMIO or as x2APIC; what only x86/ needs of it (the rest
 * is in smp.h).
 */
#ifndef X86_APIC_H
#define X86_APIC_H

#include "lib/types.h"
#include "x86/layout.h"

/* The APIC id of each of our CPUs; [0] is the boot CPU's. */
extern u32 apic_ids[MAX_CPUS];

/* Boot: chooses the mode, maps the registers.  Then on each CPU itself. */
void apic_init(void);
void apic_init_cpu(void);
u32 apic_own_id(void);

/* Startup of another CPU: INIT, and the page it begins at. */
void apic_send_init(u32 apic_id);
void apic_send_startup(u32 apic_id, u8 page);
void apic_send_nmi_to_others(void);

/* For calibration: the timer counts down from all ones. */
void apic_timer_count_start(void);
u32 apic_timer_count_read(void);
void apic_timer_set_khz(u32 khz);
bool apic_timer_uses_deadline(void);

#endif
