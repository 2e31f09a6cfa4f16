/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The local APIC, by MMIO or as x2APIC; what only x86/ needs of it (the rest
 * is in smp.h).
 */
#ifndef X86_APIC_H
#define X86_APIC_H

#include "lib/types.h"

/* What the timer counts; x86/clock.c measures it. */
extern u32 apic_timer_khz;

/* Boot: chooses the mode, maps the registers.  Then on each CPU itself. */
void apic_init(void);
void apic_init_cpu(void);

/* Interrupts another CPU: a vector, or one of these (SDM 3, 11.6.1). */
#define ICR_INIT		0x4500
#define ICR_STARTUP		0x4600		/* | number of its first page */
#define ICR_NMI_OTHERS		0xc4400
void apic_send(u32 apic_id, u32 command);

/* The timer counts down, and interrupts at 0. */
void apic_timer_start(u32 count);
u32 apic_timer_now(void);

#endif
