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

struct acpi_info acpi_info __ro_after_init = { .reset_space = 0xff };

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

static __init bool sums_to_zero(const void *p, size_t n)
{
	u8 sum = 0;

	for (size_t i = 0; i < n; i++) {
		sum += ((const u8 *)p)[i];
	}
	return sum == 0;
}

/* A whole table, or NULL when its checksum is wrong. */
static __init const struct sdt *map_table(u64 maddr)
{
	const struct sdt *t = boot_map(maddr, sizeof(*t));
	u32 length = t->length;

	if (length < sizeof(*t) || length > 0x400000) {
		return NULL;
	}
	t = boot_map(maddr, length);
	if (!sums_to_zero(t, length)) {
		log_error("ACPI: table %c%c%c%c has a wrong checksum\n",
			  t->signature[0], t->signature[1], t->signature[2],
			  t->signature[3]);
		return NULL;
	}
	return t;
}

/* ---- the root pointer ---- */

static __init bool is_rsdp(const void *p)
{
	return !memcmp(p, "RSD PTR ", 8) && sums_to_zero(p, 20);
}

static __init u64 scan_rsdp(u64 from, u64 to)
{
	const u8 *p = boot_map(from, to - from);

	for (u64 off = 0; off + 36 <= to - from; off += 16) {
		if (is_rsdp(p + off)) {
			return from + off;
		}
	}
	return 0;
}

/* ACPI 5.2.5.1: the first KiB of the EBDA, then 0xe0000 to 0xfffff. */
static __init u64 find_rsdp(void)
{
	u64 ebda = get(boot_map(0x400, 0x100), 0xe, 2) << 4;
	u64 at = 0;

	if (boot_info.rsdp) {
		return boot_info.rsdp;
	}
	if (ebda >= 0x80000 && ebda < 0xa0000) {
		at = scan_rsdp(ebda, ebda + 0x400);
	}
	return at ? at : scan_rsdp(0xe0000, 0x100000);
}

/* ---- MADT ---- */

static __init void add_cpu(u32 apic_id, u32 acpi_id, u32 flags)
{
	struct acpi_info *a = &acpi_info;

	if (!(flags & 1)) {
		return;
	}
	for (unsigned int i = 0; i < min(a->nr_cpus, (u32)MAX_CPUS); i++) {
		if (a->apic_ids[i] == apic_id) {
			return;
		}
	}
	if (a->nr_cpus < MAX_CPUS) {
		a->apic_ids[a->nr_cpus] = apic_id;
		a->acpi_ids[a->nr_cpus] = acpi_id;
	}
	a->nr_cpus++;
}

static __init void add_override(const u8 *e)
{
	struct acpi_info *a = &acpi_info;
	u16 flags = get(e, 8, 2);

	if (a->nr_overrides < ACPI_MAX_OVERRIDES) {
		a->overrides[a->nr_overrides++] = (struct acpi_override){
			.irq = e[3],
			.gsi = get(e, 4, 4),
			.active_low = (flags & 3) == 3,
			.level = (flags >> 2 & 3) == 3,
		};
	}
}

static __init void madt_entry(const u8 *e)
{
	struct acpi_info *a = &acpi_info;

	switch (e[0]) {
	case 0:				/* processor local APIC */
		add_cpu(e[3], e[2], get(e, 4, 4));
		break;
	case 1:				/* IO-APIC */
		if (a->nr_ioapics < ACPI_MAX_IOAPICS) {
			a->ioapics[a->nr_ioapics++] = (struct acpi_ioapic){
				.id = e[2],
				.address = get(e, 4, 4),
				.gsi_base = get(e, 8, 4),
			};
		}
		break;
	case 2:				/* interrupt source override */
		add_override(e);
		break;
	case 5:				/* local APIC address */
		a->lapic_address = get(e, 4, 8);
		break;
	case 9:				/* processor local x2APIC */
		add_cpu(get(e, 4, 4), get(e, 12, 4), get(e, 8, 4));
		break;
	}
}

static __init void read_madt(const struct sdt *t)
{
	const u8 *p = (const u8 *)t;

	acpi_info.present = true;
	acpi_info.lapic_address = get(t, 36, 4);
	for (u32 off = 44; off + 2 <= t->length;) {
		if (p[off + 1] < 2 || off + p[off + 1] > t->length) {
			break;
		}
		madt_entry(p + off);
		off += p[off + 1];
	}
}

/* ---- FADT, HPET, MCFG ---- */

/*
 * The \_S5 object in the DSDT: NameOp "_S5_" PackageOp length count values.
 * We look for these bytes; AML is not interpreted.
 */
static __init bool read_s5(const struct sdt *dsdt)
{
	const u8 *p = (const u8 *)dsdt;

	for (u32 i = sizeof(*dsdt) + 2; i + 12 < dsdt->length; i++) {
		u32 at = i + 4;

		if (memcmp(p + i, "_S5_", 4) || p[at] != 0x12) {
			continue;
		}
		at += 1 + (p[at + 1] >> 6) + 1;	/* package length */
		at++;				/* number of elements */
		acpi_info.s5_typ_a = p[at] == 0x0a ? p[at + 1] : p[at];
		at += p[at] == 0x0a ? 2 : 1;
		acpi_info.s5_typ_b = p[at] == 0x0a ? p[at + 1] : p[at];
		return true;
	}
	return false;
}

static __init void read_fadt(const struct sdt *t)
{
	struct acpi_info *a = &acpi_info;
	const struct sdt *dsdt;
	u32 flags = t->length >= 116 ? get(t, 112, 4) : 0;

	a->sci_irq = get(t, 46, 2);
	a->pm1a_cnt = get(t, 64, 4);
	a->pm1b_cnt = get(t, 68, 4);
	a->pm_timer_port = get(t, 76, 4);
	a->rtc_century = get(t, 108, 1);
	a->pm_timer_32bit = flags & 0x100;
	if (t->length >= 129 && (flags & 0x400)) {
		a->reset_space = get(t, 116, 1);
		a->reset_address = get(t, 120, 8);
		a->reset_value = get(t, 128, 1);
	}
	a->dsdt = get(t, 40, 4);
	if (t->length >= 148 && get(t, 140, 8)) {
		a->dsdt = get(t, 140, 8);
	}
	dsdt = a->dsdt ? map_table(a->dsdt) : NULL;
	a->s5_known = dsdt && read_s5(dsdt);
}

static __init void read_mcfg(const struct sdt *t)
{
	struct acpi_info *a = &acpi_info;

	for (u32 off = 44; off + 16 <= t->length; off += 16) {
		if (a->nr_mcfg < ACPI_MAX_MCFG) {
			a->mcfg[a->nr_mcfg++] = (struct acpi_mcfg){
				.address = get(t, off, 8),
				.segment = get(t, off + 8, 2),
				.start_bus = get(t, off + 10, 1),
				.end_bus = get(t, off + 11, 1),
			};
		}
	}
}

static __init void read_table(u64 maddr)
{
	const char *signature = boot_map(maddr, sizeof(struct sdt));
	const struct sdt *t;
	static const char wanted[][5] = { "APIC", "FACP", "HPET", "MCFG" };
	unsigned int i;

	for (i = 0; i < ARRAY_LEN(wanted); i++) {
		if (!memcmp(signature, wanted[i], 4)) {
			break;
		}
	}
	t = i < ARRAY_LEN(wanted) ? map_table(maddr) : NULL;
	if (!t) {
		return;
	}
	switch (i) {
	case 0:
		read_madt(t);
		break;
	case 1:
		read_fadt(t);
		break;
	case 2:
		acpi_info.hpet_address = get(t, 40, 1) == 0 ?
					 get(t, 44, 8) : 0;
		break;
	case 3:
		read_mcfg(t);
		break;
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
	acpi_info.rsdp = rsdp;
	r = boot_map(rsdp, 36);
	if (get(r, 15, 1) >= 2 && get(r, 24, 8)) {
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
		u64 at = get(root, off, bytes);

		if (at) {
			read_table(at);
		}
	}
	if (acpi_info.nr_cpus > MAX_CPUS) {
		log_warn("%u CPUs, of which %u are used\n",
			 acpi_info.nr_cpus, MAX_CPUS);
		acpi_info.nr_cpus = MAX_CPUS;
	}
}
