/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * What the loader knows, in either of its two forms, and the first column of
 * initialisations.
 */
#include "platform/native/start.h"

#define MULTIBOOT_MAGIC	0x2badb002
#define HAS_CMDLINE	0x04
#define HAS_MODULES	0x08
#define HAS_MAP		0x40
#define RAM		1
#define MEGABYTE	0x100000UL

struct multiboot {
	uint32_t flags, mem_lower, mem_upper, boot_device, cmdline;
	uint32_t modules, modules_at, symbols[4], map_size, map_at;
};

struct multiboot_module {
	uint32_t start, end, string, reserved;
};

struct multiboot_range {
	uint32_t size;			/* of what follows */
	uint64_t start, length;
	uint32_t type;
} __attribute__((packed));

struct pvh {
	uint32_t magic, version, flags, modules;
	uint64_t modules_at, cmdline, rsdp, map_at;
	uint32_t map_entries, reserved;
};

struct pvh_module {
	uint64_t start, size, cmdline, reserved;
};

struct pvh_range {
	uint64_t start, length;
	uint32_t type, reserved;
};

extern char _end[];
void start_native(uint32_t magic, uint32_t info);

static char cmdline[1024];
static uint64_t module_start, module_end, end_of_memory, rsdp;

static void add_pages(uint64_t start, uint64_t end)
{
	page_init((start + PAGE_SIZE - 1) >> PAGE_SHIFT, end >> PAGE_SHIFT);
}

/* Memory behind the kernel, from 1 MiB up, without the module. */
static void add_ram(uint64_t start, uint64_t length)
{
	uint64_t end = start + length, kernel_end = (uint64_t)_end - KEEL_BASE;

	end_of_memory = end > end_of_memory ? end : end_of_memory;
	start = start > kernel_end ? start : kernel_end;
	if (start < module_end && module_start < end) {
		add_pages(start, module_start);
		start = module_end;
	}
	add_pages(start, end);
}

static void take_module(uint64_t start, uint64_t end)
{
	boot.initrd = physical(start);
	boot.initrd_size = end - start;
	module_start = start;
	module_end = end;
}

/* What the loader has in memory is ours to give away: a copy. */
static void take_cmdline(const char *text)
{
	size_t n = strlen(text);

	n = n < sizeof(cmdline) - 1 ? n : sizeof(cmdline) - 1;
	memcpy(cmdline, text, n);
}

static void read_multiboot(const struct multiboot *m)
{
	const char *at = physical(m->map_at), *end = at + m->map_size;

	if (m->flags & HAS_CMDLINE) {
		/* Its first word is the kernel's own name. */
		const char *words = strchr(physical(m->cmdline), ' ');

		take_cmdline(words ? words + 1 : "");
	}
	if (m->flags & HAS_MODULES && m->modules) {
		const struct multiboot_module *module =
			physical(m->modules_at);

		take_module(module->start, module->end);
	}
	while (m->flags & HAS_MAP && at < end) {
		const struct multiboot_range *r = (const void *)at;

		if (r->type == RAM) {
			add_ram(r->start, r->length);
		}
		at += r->size + sizeof(r->size);
	}
}

static void read_pvh(const struct pvh *p)
{
	const struct pvh_range *r = physical(p->map_at);

	if (p->cmdline) {
		take_cmdline(physical(p->cmdline));
	}
	rsdp = p->rsdp;
	if (p->modules) {
		const struct pvh_module *module = physical(p->modules_at);

		take_module(module->start, module->start + module->size);
	}
	for (unsigned int i = 0; i < p->map_entries; i++, r++) {
		if (r->type == RAM) {
			add_ram(r->start, r->length);
		}
	}
}

static void pic_disable(void)
{
	out8(0x21, 0xff);
	out8(0xa1, 0xff);
}

void start_native(uint32_t magic, uint32_t info)
{
	serial_init();
	boot.platform = "bare x86-64";
	boot.cmdline = cmdline;
	if (magic == MULTIBOOT_MAGIC) {
		read_multiboot(physical(info));
	} else {
		read_pvh(physical(info));
	}
	cpu_setup(0);
	tables_setup(end_of_memory);
	pic_disable();
	clock_calibrate();
	apic_setup();
	boot.cpus = acpi_init(rsdp);
	apic_calibrate();
	kernel_main();
}
