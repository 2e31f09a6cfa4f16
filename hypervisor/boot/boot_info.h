/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * What the boot loader told us, whichever it was: boot/ fills this once from
 * multiboot 1, multiboot 2 or PVH, and nobody looks at the loader's own
 * structures again.
 */
#ifndef BOOT_BOOT_INFO_H
#define BOOT_BOOT_INFO_H

#include "lib/types.h"

#define PARAVANE_VERSION	"0.1"	/* the log's first line; xen_version */

#define BOOT_MAX_MODULES	4
#define BOOT_MAX_E820		128
#define BOOT_CMDLINE_SIZE	2048

enum { E820_RAM = 1, E820_RESERVED, E820_ACPI, E820_NVS, E820_UNUSABLE };

struct e820_entry {
	u64 addr, size;
	u32 type;
} __packed;

struct boot_module {
	u64 maddr, size;		/* page-aligned start */
	char cmdline[BOOT_CMDLINE_SIZE];
};

struct boot_info {
	const char *loader;		/* "multiboot1", ... */
	char cmdline[BOOT_CMDLINE_SIZE];
	unsigned int nr_modules;
	struct boot_module modules[BOOT_MAX_MODULES];
	unsigned int nr_e820;
	struct e820_entry e820[BOOT_MAX_E820];	/* sorted, as the machine's */
	u64 rsdp;			/* 0: search the BIOS areas */
	bool efi;
};

extern struct boot_info boot_info;

/* Command-line words with a meaning (boot/cmdline.c). */
struct boot_options {
	u64 dom0_mem_bytes;		/* 0: all but a reserve */
	u64 dom0_max_mem_bytes;
	unsigned int dom0_max_vcpus;	/* 0: one for each CPU */
	bool noreboot, sync_console, com1, no_smp;
	unsigned int com1_baud, com1_port;
	int loglvl, guest_loglvl;	/* enum log_level */
	unsigned int maxcpus;
	bool smap, smep;		/* where the CPU has them */
	const char *cpuid;		/* no-NAME,...; NULL: nothing said */
	unsigned int com1_irq;
};

extern struct boot_options boot_options;

/*
 * boot/main.c: the C entry, called by boot/start.S with the magic number and
 * the address that the loader left in EAX and EBX.
 */
void boot_main(u32 magic, u32 info) __noreturn;

/* boot/loader.c: fills boot_info from what the loader left; before paging. */
void boot_info_read(u32 magic, u32 info);

/* boot/bundle.c: a first module that is a bundle becomes several. */
void bundle_unpack(void);

/* boot/cmdline.c: fills boot_options; complaints wait for cmdline_report. */
void cmdline_parse(void);
void cmdline_report(void);

/* boot/memory.c: sorts the map, notes the image and modules as taken. */
void boot_memory_init(void);

/* boot/dom0_build.c: builds and unpauses domain 0; panics when it cannot. */
void dom0_build(void);

#endif
