/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * From the firmware's ACPI tables: which CPUs there are, where the power
 * button is, and how the machine is switched off. Tables lie in the first 4 GiB, which are mapped.
 */
#include "platform/native/start.h"

#define SLEEP_ENABLE	0x2000
#define POWER_BUTTON	0x100		/* in the event registers */

struct rsdp {
	char signature[8];
	uint8_t sum;
	char oem[6];
	uint8_t revision;
	uint32_t rsdt;
} __attribute__((packed));

struct acpi_table {
	char signature[4];
	uint32_t length;
	uint8_t fixed[28];
} __attribute__((packed));

struct fadt {
	struct acpi_table head;
	uint32_t facs, dsdt;
	uint8_t skipped[2];
	uint16_t interrupt;
	uint32_t command_port;
	uint8_t enable_command, skipped_too[3];
	uint32_t pm1a_event, pm1b_event, pm1a_control, skipped_ports[5];
	uint8_t event_size;
} __attribute__((packed));

static uint16_t pm1a_event, pm1a_enable, pm1a_control, sleep_type, line;

static const struct rsdp *find_rsdp(void)
{
	for (uint32_t at = 0xe0000; at < 0x100000; at += 16) {
		const struct rsdp *r = physical(at);

		if (!memcmp(r->signature, "RSD PTR ", 8)) {
			return r;
		}
	}
	return NULL;
}

/* Entries of the table of CPUs: type, length, contents. */
static unsigned int read_madt(const struct acpi_table *t)
{
	const uint8_t *p = (const uint8_t *)(t + 1) + 8;
	const uint8_t *end = (const uint8_t *)t + t->length;
	uint32_t self = apic_current_id();
	unsigned int n = 1;

	for (; p + 8 <= end && p[1]; p += p[1]) {
		bool usable = p[0] == 0 && (p[4] & 1);

		if (usable && p[3] != self && n < MAX_CPUS) {
			native_cpus[n++].apic_id = p[3];
		}
	}
	return n;
}

/* The sleep type of "off" is the first number in the package \_S5. */
static void read_fadt(const struct fadt *f)
{
	const struct acpi_table *dsdt = physical(f->dsdt);
	const char *p = (const char *)(dsdt + 1);
	const char *end = (const char *)dsdt + dsdt->length - 8;

	pm1a_event = f->pm1a_event;
	pm1a_enable = pm1a_event + f->event_size / 2;
	pm1a_control = f->pm1a_control;
	line = f->interrupt;
	if (f->command_port && !(in16(pm1a_control) & 1)) {
		out8(f->command_port, f->enable_command);
	}
	for (; p < end; p++) {
		if (!memcmp(p, "_S5_\x12", 5)) {
			/* package length, elements, [byte prefix], value */
			sleep_type = p[7] == 0x0a ? p[8] : p[7];
		}
	}
}

unsigned int acpi_init(uint64_t rsdp)
{
	const struct rsdp *r = rsdp ? physical(rsdp) : find_rsdp();
	const struct acpi_table *rsdt;
	const uint32_t *at;
	unsigned int cpus = 1;

	native_cpus[0].apic_id = apic_current_id();
	if (!r) {
		return 1;
	}
	rsdt = physical(r->rsdt);
	at = (const uint32_t *)(rsdt + 1);
	for (; (const char *)at < (const char *)rsdt + rsdt->length; at++) {
		const struct acpi_table *t = physical(*at);

		if (!memcmp(t->signature, "APIC", 4)) {
			cpus = read_madt(t);
		} else if (!memcmp(t->signature, "FACP", 4)) {
			read_fadt((const struct fadt *)t);
		}
	}
	return cpus;
}

void power_listen(void)
{
	if (pm1a_event) {
		apic_route(line, VECTOR_POWER);
		out16(pm1a_enable, POWER_BUTTON);
	}
}

void acpi_interrupt(void)
{
	uint16_t status = in16(pm1a_event);

	out16(pm1a_event, status);	/* what is written as 1 is cleared */
	if (status & POWER_BUTTON) {
		kernel_power_wanted(false);
	}
}

void power_off(void)
{
	if (pm1a_control) {
		uint64_t until = clock_ns() + 1000000000;

		out16(pm1a_control, SLEEP_ENABLE | sleep_type << 10);
		while (clock_ns() < until) {
			cpu_relax();
		}
	}
	printk("keel: the machine does not switch off\n");
	crash();
}

void power_reset(void)
{
	out8(0xcf9, 0x06);		/* chipset, then keyboard controller */
	out8(0x64, 0xfe);
	crash();
}
