/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The command line, with Xen's words under Xen's names (xen-command-line in
 * xen-doc): those with a meaning here fill boot_options; those that only Xen
 * needs are named in one info line; the rest in one warning.  The words are
 * read before there is a console, so the complaints come later.
 */
#include "boot/boot_info.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "x86/layout.h"

struct boot_options boot_options = {
	.com1 = true,
	.com1_baud = 115200,
	.com1_port = 0x3f8,
	.com1_irq = 4,
	.loglvl = LOG_INFO,
	.guest_loglvl = LOG_WARNING,
	.maxcpus = MAX_CPUS,
	.smap = true,
	.smep = true,
};

/*
 * Xen's words that mean nothing here, each between two blanks; with a star,
 * all that begin so.
 */
static __initdata char ignored_words[] =
	" acpi* allow_unsafe altp2m apic* arat argo asid async-show-all ats"
	" availmem badpage bootscrub* cet clocksource cmci-threshold"
	" cmos-rtc-probe com2 conring_size console_* conswitch core_parking"
	" cpu* crash* credit2_* dbgp debug* dit dma_bits dom0 dom0-cpuid"
	" dom0-iommu dom0_ioports_disable dom0_nodes dom0_vcpus_pin dtuart"
	" e820-* edd edid efi ept ext_regions extra_guest_irqs flask font"
	" force-ept gdb global-pages gnttab* hap* hardware_dom hest_disable"
	" highmem-start hmp-unsafe hpet* hvm_* idle_latency_factor invpcid"
	" ioapic_ack iommu* irq* ivmd lapic* ler low_* max_* mce* mem* mmcfg"
	" mmio-relax msi mtrr.show mwait-idle nmi no-real-mode noapic"
	" noirqbalance nolapic nr_irqs numa pci* pcid pku placeholder ple_*"
	" preferred-cstates psr pv pv-* rcu-idle-timer-period-ms reboot rmrr"
	" sched* scrub-domheap serial_tx_buffer serrors shim_mem smt"
	" snb_igd_quirk spec-ctrl tboot tbuf_size tdt tevt_mask"
	" tickle_one_idle_cpu timer_slop tsc tsx ucode unrestricted_guest"
	" vcpu_migration_delay vesa-ram vga viridian-* vm-notify-window vpid"
	" vpm* vwfi watchdog* x2apic* xen* xpti xsave xsm ";

static __initdata char ignored[160], unknown[160];

static __init void note(char *list, size_t size, const char *word)
{
	size_t n = strlen(list);

	if (n + strlen(word) + 2 < size) {
		if (n) {
			list[n++] = ' ';
		}
		str_copy(list + n, word, size - n);
	}
}

static __init bool starts_with(const char *s, const char *word)
{
	return !strncmp(s, word, strlen(word));
}

/* The item that *s begins with, cut off at the next `end`; *s goes on behind. */
static __init char *split(char **s, char end)
{
	char *item = *s;

	while (**s && **s != end) {
		++*s;
	}
	if (**s) {
		*(*s)++ = 0;
	}
	return item;
}

/* "", "1", "yes", "on", "true", "enable" are true; Xen's rule. */
static __init void set_bool(void *to, char *v)
{
	*(bool *)to = strcmp(v, "0") && strcmp(v, "no") && strcmp(v, "off") &&
		      strcmp(v, "false") && strcmp(v, "disable");
}

/* dom0_mem=[min:]SIZE,max:SIZE; no suffix counts KiB.  min: sets nothing. */
static __init void set_dom0_mem(void *unused, char *v)
{
	struct boot_options *o = &boot_options;

	while (*v) {
		const char *item = split(&v, ','), *end;
		bool most = starts_with(item, "max:");
		bool least = starts_with(item, "min:");
		u64 size;

		item += most || least ? 4 : 0;
		size = str_to_size(item, &end, 1024);
		if (end == item) {
			note(unknown, sizeof(unknown), "dom0_mem");
		} else if (most) {
			o->dom0_max_mem_bytes = size;
		} else if (!least) {
			o->dom0_mem_bytes = size;
		}
	}
	if (!o->dom0_mem_bytes) {
		o->dom0_mem_bytes = o->dom0_max_mem_bytes;
	}
}

/* A list of com1, vga, none.  We write to no screen: the line does for it. */
static __init void set_console(void *to, char *v)
{
	bool *com1 = to;

	*com1 = false;
	while (*v) {
		char *item = split(&v, ',');

		if (starts_with(item, "com1") || starts_with(item, "vga")) {
			*com1 = true;
		} else if (!starts_with(item, "none")) {
			note(unknown, sizeof(unknown), "console");
		}
	}
}

/* N, or MIN-MAX of which the greater counts; 0 changes nothing. */
static __init void set_number(void *to, char *v)
{
	const char *end;
	u64 n = str_to_u64(v, &end);

	if (*end == '-' && end[1]) {
		n = str_to_u64(end + 1, &end);
	}
	if (n) {
		*(unsigned int *)to = min(n, 0xffffffffULL);
	}
}

/*
 * BAUD[/CLOCK][,8n1[,PORT[,IRQ]]]; the format is always 8n1, and a line in
 * memory is none of ours.
 */
static __init void set_com1(void *unused, char *v)
{
	unsigned int format, port = boot_options.com1_port, *const fields[] = {
		&boot_options.com1_baud, &format, &port, &boot_options.com1_irq,
	};

	for (unsigned int i = 0; *v && i < ARRAY_LEN(fields); i++) {
		set_number(fields[i], split(&v, ','));
	}
	if (port <= 0xfff8) {
		boot_options.com1_port = port;
	} else {
		note(unknown, sizeof(unknown), "com1");
	}
}

/* Names in the order of enum log_level, from -1. */
static __init void set_level(void *to, char *v)
{
	static const char *const names[] = {
		"none", "error", "warning", "info", "debug", "all",
	};

	for (int i = 0; i < (int)ARRAY_LEN(names); i++) {
		if (starts_with(v, names[i])) {
			*(int *)to = min(i - 1, (int)LOG_DEBUG);
			return;
		}
	}
	note(unknown, sizeof(unknown), "loglvl");
}

/* Read when features are (x86/cpu_features.c), from the line itself. */
static __init void set_text(void *to, char *v)
{
	*(const char **)to = v;
}

struct word {
	const char *name;
	void (*set)(void *to, char *value);
	void *to;
};

static __initdata struct word words[] = {
	{ "dom0_mem", set_dom0_mem, NULL },
	{ "dom0_max_vcpus", set_number, &boot_options.dom0_max_vcpus },
	{ "console", set_console, &boot_options.com1 },
	{ "com1", set_com1, NULL },
	{ "loglvl", set_level, &boot_options.loglvl },
	{ "guest_loglvl", set_level, &boot_options.guest_loglvl },
	{ "noreboot", set_bool, &boot_options.noreboot },
	{ "sync_console", set_bool, &boot_options.sync_console },
	{ "maxcpus", set_number, &boot_options.maxcpus },
	{ "nosmp", set_bool, &boot_options.no_smp },
	{ "smap", set_bool, &boot_options.smap },
	{ "smep", set_bool, &boot_options.smep },
	{ "cpuid", set_text, &boot_options.cpuid },
};

static __init bool is_ignored(const char *name)
{
	for (const char *p = ignored_words; (p = strchr(p, ' ')) && *++p;) {
		size_t n = (size_t)(strchr(p, ' ') - p);
		bool family = p[n - 1] == '*';

		if (!strncmp(p, name, n - family) && (family || !name[n])) {
			return true;
		}
	}
	return false;
}

static __init bool set_known(const char *name, char *value)
{
	for (unsigned int i = 0; i < ARRAY_LEN(words); i++) {
		if (!strcmp(name, words[i].name)) {
			words[i].set(words[i].to, value);
			return true;
		}
	}
	return false;
}

/* "no-NAME" is NAME=0, for words that take a boolean. */
static __init void set_word(const char *name, char *value)
{
	const char *of = starts_with(name, "no-") ? name + 3 : "";
	char no[] = "0";

	if (set_known(name, value) || set_known(of, no)) {
		return;
	}
	if (is_ignored(name) || is_ignored(of)) {
		note(ignored, sizeof(ignored), name);
	} else {
		note(unknown, sizeof(unknown), name);
	}
}

__init void cmdline_parse(void)
{
	static __initdata char line[BOOT_CMDLINE_SIZE];
	char *rest = line;

	str_copy(line, boot_info.cmdline, sizeof(line));
	while (*rest) {
		char *value = split(&rest, ' ');
		char *name = split(&value, '=');

		if (*name) {
			set_word(name, value);
		}
	}
}

__init void cmdline_report(void)
{
	if (ignored[0]) {
		log_info("Command line: without meaning here: %s\n", ignored);
	}
	if (unknown[0]) {
		log_warn("Command line: not understood: %s\n", unknown);
	}
}
