/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * ACPI's static tables (ACPI 6.4, chapter 5), read at boot.  Tables come from
 * the firmware: lengths are believed, but checksums are looked at, and a table
 * that does not add up is left out with a line in the log.
 */
#include "boot/boot_info.h"
#include "device/acpi.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "x86/paging.h"

#define BIOS_AREA	0xe0000
#define BIOS_AREA_SIZE	0x20000

struct acpi_info acpi_info __ro_after_init;

struct sdt {
	char signature[4];
	u32 length;
	u8 revision, checksum;
	char oem[6], oem_table[8];
	u32 oem_revision, creator, creator_revision;
} __packed;

static __init u64 get(const void *p, unsigned int off, unsigned int bytes)
{
	u64 v = 0;

	memcpy(&v, (const u8 *)p + off, bytes);
	return v;
}

/* The same of a table; an older one may end before: then it is 0. */
static __init u64 field(const struct sdt *t, unsigned int off,
			unsigned int bytes)
{
	return off + bytes <= t->length ? get(t, off, bytes) : 0;
}

static __init bool sums_to_zero(const void *p, size_t n)
{
	u8 sum = 0;

	for (size_t i = 0; i < n; i++) {
		sum += ((const u8 *)p)[i];
	}
	return sum == 0;
}

/* A whole table, or NULL when there is none or its checksum is wrong. */
static __init const struct sdt *map_table(u64 maddr)
{
	const struct sdt *t;
	u32 length;

	if (!maddr) {
		return NULL;
	}
	length = ((const struct sdt *)boot_map(maddr, sizeof(*t)))->length;
	if (length < sizeof(*t) || length > 0x400000) {
		return NULL;
	}
	t = boot_map(maddr, length);
	if (!sums_to_zero(t, length)) {
		log_error("ACPI: the table at %lx has a wrong checksum\n",
			  maddr);
		return NULL;
	}
	return t;
}

/* ---- the root pointer ---- */

/*
 * Where the loader does not say (multiboot 1): in the BIOS's area, ACPI
 * 5.2.5.1.  The other place, the EBDA, was old machines'.
 */
static __init u64 find_rsdp(void)
{
	const u8 *p = boot_map(BIOS_AREA, BIOS_AREA_SIZE);

	for (u64 off = 0; off < BIOS_AREA_SIZE && !boot_info.rsdp; off += 16) {
		if (!memcmp(p + off, "RSD PTR ", 8) &&
		    sums_to_zero(p + off, 20)) {
			return BIOS_AREA + off;
		}
	}
	return boot_info.rsdp;
}

/* ---- MADT ---- */

static __init void add_cpu(u32 apic_id, u32 acpi_id, u32 flags)
{
	struct acpi_info *a = &acpi_info;

	if (!(flags & 1)) {
		return;
	}
	for (unsigned int i = 0; i < a->nr_cpus; i++) {
		if (a->apic_ids[i] == apic_id) {
			return;
		}
	}
	if (a->nr_cpus == MAX_CPUS) {
		log_warn("CPU with APIC id %u is not used\n", apic_id);
		return;
	}
	a->apic_ids[a->nr_cpus] = apic_id;
	a->acpi_ids[a->nr_cpus++] = acpi_id;
}

static __init void add_ioapic(const u8 *e)
{
	struct acpi_info *a = &acpi_info;

	if (a->nr_ioapics < ACPI_MAX_IOAPICS) {
		a->ioapics[a->nr_ioapics++] = (struct acpi_ioapic){
			.address = get(e, 4, 4),
			.gsi_base = get(e, 8, 4),
		};
	}
}

static __init void add_override(const u8 *e)
{
	struct acpi_info *a = &acpi_info;

	if (a->nr_overrides < ACPI_MAX_OVERRIDES) {
		a->overrides[a->nr_overrides++] = (struct acpi_override){
			.irq = e[3],
			.gsi = get(e, 4, 4),
			.active_low = (e[8] & 3) == 3,
			.level = (e[8] >> 2 & 3) == 3,
		};
	}
}

static __init void read_madt(const struct sdt *t)
{
	const u8 *e = (const u8 *)t + 44, *end = (const u8 *)t + t->length;

	acpi_info.lapic_address = get(t, 36, 4);
	for (; e + 2 <= end && e[1] >= 2 && e + e[1] <= end; e += e[1]) {
		switch (e[0]) {
		case 0:			/* processor local APIC */
			add_cpu(e[3], e[2], get(e, 4, 4));
			break;
		case 1:
			add_ioapic(e);
			break;
		case 2:			/* interrupt source override */
			add_override(e);
			break;
		case 5:			/* local APIC address */
			acpi_info.lapic_address = get(e, 4, 8);
			break;
		case 9:			/* processor local x2APIC */
			add_cpu(get(e, 4, 4), get(e, 12, 4), get(e, 8, 4));
			break;
		}
	}
}

/* ---- FADT ---- */

/* A small number in AML: the constants 0 and 1, or a byte after its prefix. */
static __init u8 aml_byte(const u8 **p)
{
	*p += **p == 0x0a;
	return *(*p)++;
}

/*
 * The \_S5 object in the DSDT: NameOp "_S5_" PackageOp length count values.
 * We look for these bytes; AML is not interpreted.
 */
static __init void read_s5(const struct sdt *dsdt)
{
	const u8 *p = (const u8 *)(dsdt + 1);

	for (; p + 14 < (const u8 *)dsdt + dsdt->length; p++) {
		if (!memcmp(p, "_S5_\x12", 5)) {
			p += 5;
			p += 1 + (*p >> 6) + 1;	/* length, and count */
			acpi_info.s5_typ_a = aml_byte(&p);
			acpi_info.s5_typ_b = aml_byte(&p);
			acpi_info.s5_known = true;
			return;
		}
	}
}

static __init void read_fadt(const struct sdt *t)
{
	struct acpi_info *a = &acpi_info;
	u64 dsdt = field(t, 140, 8);
	const struct sdt *d = map_table(dsdt ? dsdt : field(t, 40, 4));

	a->pm1a_cnt = field(t, 64, 4);
	a->pm1b_cnt = field(t, 68, 4);
	a->pm_timer_port = field(t, 76, 4);
	/* RESET_REG_SUP, and the register is a port. */
	if ((field(t, 112, 4) & 0x400) && field(t, 116, 1) == 1) {
		a->reset_port = field(t, 120, 8);
		a->reset_value = field(t, 128, 1);
	}
	if (d) {
		read_s5(d);
	}
}

static __init void read_table(u64 maddr)
{
	const char *signature = boot_map(maddr, 4);
	bool madt = !memcmp(signature, "APIC", 4);
	bool fadt = !memcmp(signature, "FACP", 4);
	const struct sdt *t = madt || fadt ? map_table(maddr) : NULL;

	if (t) {
		(madt ? read_madt : read_fadt)(t);
	}
}

__init void acpi_init(void)
{
	u64 rsdp = find_rsdp();
	const void *r;
	const struct sdt *root = NULL;
	unsigned int bytes = 8;

	if (!rsdp) {
		return;
	}
	r = boot_map(rsdp, 36);
	if (get(r, 15, 1) >= 2) {
		root = map_table(get(r, 24, 8));
	}
	if (!root) {
		bytes = 4;
		root = map_table(get(r, 16, 4));
	}
	if (!root) {
		return;
	}
	for (u32 off = sizeof(*root); off + bytes <= root->length;
	     off += bytes) {
		read_table(get(root, off, bytes));
	}
}
