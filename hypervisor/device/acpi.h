/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * What we read from ACPI's static tables, once, at boot: CPUs and interrupt
 * controllers (MADT), the power-management timer, reset and sleep registers
 * (FADT).  AML is domain 0's.
 */
#ifndef DEVICE_ACPI_H
#define DEVICE_ACPI_H

#include "lib/types.h"
#include "x86/layout.h"

#define ACPI_MAX_IOAPICS	16
#define ACPI_MAX_OVERRIDES	32

struct acpi_ioapic {
	u32 address, gsi_base;
};

/* An ISA interrupt that is not what its number says. */
struct acpi_override {
	u8 irq;
	u32 gsi;
	bool level, active_low;
};

struct acpi_info {
	u64 lapic_address;
	unsigned int nr_cpus;		/* enabled ones */
	u32 apic_ids[MAX_CPUS];		/* in MADT order */
	u32 acpi_ids[MAX_CPUS];
	unsigned int nr_ioapics;
	struct acpi_ioapic ioapics[ACPI_MAX_IOAPICS];
	unsigned int nr_overrides;
	struct acpi_override overrides[ACPI_MAX_OVERRIDES];
	u16 pm_timer_port;		/* 0: none */
	u16 pm1a_cnt, pm1b_cnt;
	u16 reset_port;			/* 0: none */
	u8 reset_value;
	bool s5_known;
	u8 s5_typ_a, s5_typ_b;
};

extern struct acpi_info acpi_info;

void acpi_init(void);

#endif
