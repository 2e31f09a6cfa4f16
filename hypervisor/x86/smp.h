/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Other CPUs: interrupts between them, and softirqs, work that is done on the
 * way out to a guest or in the idle loop with interrupts on.
 */
#ifndef X86_SMP_H
#define X86_SMP_H

#include "lib/types.h"
#include "x86/current.h"

enum softirq {
	SOFTIRQ_TIMER, SOFTIRQ_SCHEDULE, SOFTIRQ_TLB, SOFTIRQ_WORK,
	SOFTIRQ_PUBLISH, SOFTIRQ_DOMAIN, SOFTIRQ_KEYS,
	NR_SOFTIRQS,
};

void softirq_register(enum softirq nr, void (*fn)(void));
void softirq_raise(enum softirq nr);
void softirq_raise_on(enum softirq nr, unsigned int cpu);
/* Runs what is pending; interrupts on. */
void softirq_run(void);

/* Makes cpu take a look at its pending work soon. */
void smp_kick(unsigned int cpu);

/* Runs fn(arg) on each CPU of the mask, elsewhere as an interrupt; waits. */
void smp_call(cpumask_t cpus, void (*fn)(unsigned long), unsigned long arg);
void smp_call_interrupt(void);		/* VECTOR_CALL */
/* Panic, restart: halts all other CPUs, which find out in their NMI handler. */
void smp_stop_others(void);
bool smp_stopping(void);

/* The numbers that the APIC and ACPI give our CPUs; [0] is the boot CPU's. */
extern u32 apic_ids[MAX_CPUS], acpi_ids[MAX_CPUS];

extern cpumask_t cpus_online;

/* Boot: the others begin at `page`, a free page below 1 MiB. */
void smp_boot_cpus(u64 page, unsigned int max_cpus);
/* boot/start.S: where they come to, and the highest number there is. */
void ap_main(void) __noreturn;
extern u32 ap_last;

/* Our local vectors. */
#define VECTOR_SPURIOUS	0xff
#define VECTOR_ERROR	0xfe
#define VECTOR_TIMER	0xfd
#define VECTOR_KICK	0xfc
#define VECTOR_CALL	0xfb
#define VECTOR_DEVICE_FIRST 0x30	/* devices: 0x30 .. 0xef, without 0x80, 0x82 */
#define VECTOR_DEVICE_LAST 0xef

void local_apic_eoi(void);
/* Programs this CPU's timer interrupt for system time `ns`; 0: off. */
void local_timer_program(u64 ns);

#endif
