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
	.maxcpus = 64,
};

/*
 * Xen's words that mean nothing here, each between two blanks; with a star,
 * all that begin so.
 */
static __initdata char ignored_words[] =
	" acpi* allow_unsafe altp2m apic* arat argo asid async-show-all"
	" ats availmem badpage bootscrub* cet clocksource cmci-threshold"
	" cmos-rtc-probe com2 conring_size console_timestamps"
	" console_to_ring conswitch core_parking cpu_type cpufreq"
	" cpuid_mask_* cpuidle cpuinfo crash-debug-* crashinfo_maxaddr"
	" crashkernel credit2_* dbgp debug_stack_lines debugtrace dit"
	" dma_bits dom0 dom0-cpuid dom0-iommu dom0_ioports_disable"
	" dom0_nodes dom0_vcpus_pin dtuart e820-* edd edid efi ept"
	" ext_regions extra_guest_irqs flask font force-ept gdb"
	" global-pages gnttab* hap* hardware_dom hest_disable"
	" highmem-start hmp-unsafe hpet* hvm_* idle_latency_factor invpcid"
	" ioapic_ack iommu* irq-max-guests irq_ratelimit irq_vector_map"
	" ivmd lapic* ler low_crashinfo low_mem_virq_limit max_cstate"
	" max_gsi_irqs max_lpi_bits mce* mem memop-max-order mmcfg"
	" mmio-relax msi mtrr.show mwait-idle nmi no-real-mode noapic"
	" noirqbalance nolapic nr_irqs numa pci* pku placeholder ple_*"
	" preferred-cstates psr pv pv-* rcu-idle-timer-period-ms reboot"
	" rmrr sched* scrub-domheap serial_tx_buffer serrors shim_mem smt"
	" snb_igd_quirk spec-ctrl tboot tbuf_size tdt tevt_mask"
	" tickle_one_idle_cpu timer_slop tsc tsx ucode unrestricted_guest"
	" vcpu_migration_delay vesa-ram vga viridian-* vm-notify-window"
	" vpid vpm* vwfi watchdog* x2apic* xenheap_megabytes xpti xsave"
	" xsm ";

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

/* What follows the next comma. */
static __init const char *next_item(const char *v)
{
	while (*v && *v++ != ',') {
	}
	return v;
}

/* "", "1", "yes", "on", "true", "enable" are true; Xen's rule. */
static __init bool is_true(const char *v)
{
	return strcmp(v, "0") && strcmp(v, "no") && strcmp(v, "off") &&
	       strcmp(v, "false") && strcmp(v, "disable");
}

/* dom0_mem=[min:]SIZE,max:SIZE; no suffix counts KiB.  min: sets nothing. */
static __init void set_dom0_mem(const char *v)
{
	for (; *v; v = next_item(v)) {
		u64 *to = &boot_options.dom0_mem_bytes, ignored_size, size;
		const char *end;

		if (starts_with(v, "max:")) {
			to = &boot_options.dom0_max_mem_bytes;
			v += 4;
		} else if (starts_with(v, "min:")) {
			to = &ignored_size;
			v += 4;
		}
		size = str_to_size(v, &end, 1024);
		if (end == v) {
			note(unknown, sizeof(unknown), "dom0_mem");
			return;
		}
		*to = size;
	}
	if (!boot_options.dom0_mem_bytes) {
		boot_options.dom0_mem_bytes = boot_options.dom0_max_mem_bytes;
	}
}

/* A list of com1, vga, none.  We write to no screen: the line does for it. */
static __init void set_console(const char *v)
{
	boot_options.com1 = false;
	for (; *v; v = next_item(v)) {
		if (starts_with(v, "com1") || starts_with(v, "vga")) {
			boot_options.com1 = true;
		} else if (!starts_with(v, "none")) {
			note(unknown, sizeof(unknown), "console");
		}
	}
}

/* BAUD[/CLOCK][,8n1[,PORT[,IRQ]]]; the format is always 8n1. */
static __init void set_com1(const char *v)
{
	unsigned int format, *const fields[] = {
		&boot_options.com1_baud, &format, &boot_options.com1_port,
		&boot_options.com1_irq,
	};

	for (unsigned int i = 0; *v && i < ARRAY_LEN(fields); i++) {
		const char *end;
		u64 n = str_to_u64(v, &end);

		if (n) {
			*fields[i] = n;
		}
		v = next_item(v);
	}
}

static __init void set_level(int *to, const char *v)
{
	static const struct { const char *name; int level; } levels[] = {
		{ "none", -1 }, { "error", LOG_ERROR },
		{ "warning", LOG_WARNING }, { "info", LOG_INFO },
		{ "debug", LOG_DEBUG }, { "all", LOG_DEBUG },
	};

	for (unsigned int i = 0; i < ARRAY_LEN(levels); i++) {
		if (starts_with(v, levels[i].name)) {
			*to = levels[i].level;
			return;
		}
	}
	note(unknown, sizeof(unknown), "loglvl");
}

/* N, or MIN-MAX of which the greater counts; 0 changes nothing. */
static __init void set_number(unsigned int *to, const char *v, u64 most)
{
	const char *end;
	u64 n = str_to_u64(v, &end);

	if (*end == '-' && end[1]) {
		n = str_to_u64(end + 1, &end);
	}
	if (n) {
		*to = min(n, most);
	}
}

static __init void set_cpuid(const char *v);

/* What a word sets: one of these. */
struct word {
	const char *name;
	bool *yes, *no;			/* no: the opposite */
	int *level;
	unsigned int *number, most;
	void (*set)(const char *value);
};

static __initdata struct word words[] = {
	{ "dom0_mem", .set = set_dom0_mem },
	{ "dom0_max_vcpus", .number = &boot_options.dom0_max_vcpus,
	  .most = MAX_VCPUS },
	{ "console", .set = set_console },
	{ "com1", .set = set_com1 },
	{ "loglvl", .level = &boot_options.loglvl },
	{ "guest_loglvl", .level = &boot_options.guest_loglvl },
	{ "noreboot", .yes = &boot_options.noreboot },
	{ "sync_console", .yes = &boot_options.sync_console },
	{ "maxcpus", .number = &boot_options.maxcpus, .most = MAX_CPUS },
	{ "nosmp", .yes = &boot_options.no_smp },
	{ "smap", .no = &boot_options.nosmap },
	{ "smep", .no = &boot_options.nosmep },
	{ "pcid", .no = &boot_options.nopcid },
	{ "cpuid", .set = set_cpuid },
};

/* "no-smap", "no-smep", "no-pcid" act here; the policy reads all. */
static __init void set_cpuid(const char *v)
{
	str_copy(boot_options.cpuid, v, sizeof(boot_options.cpuid));
	for (; *v; v = next_item(v)) {
		for (unsigned int i = 0; i < ARRAY_LEN(words); i++) {
			if (words[i].no && starts_with(v, "no-") &&
			    starts_with(v + 3, words[i].name)) {
				*words[i].no = true;
			}
		}
	}
}

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

static __init bool set_known(const char *name, const char *value)
{
	const struct word *w = words;

	while (w < words + ARRAY_LEN(words) && strcmp(name, w->name)) {
		w++;
	}
	if (w == words + ARRAY_LEN(words)) {
		return false;
	}
	if (w->yes) {
		*w->yes = is_true(value);
	} else if (w->no) {
		*w->no = !is_true(value);
	} else if (w->number) {
		set_number(w->number, value, w->most);
	} else if (w->level) {
		set_level(w->level, value);
	} else {
		w->set(value);
	}
	return true;
}

/* "no-NAME" is NAME=0, for words that take a boolean. */
static __init void set_word(const char *name, const char *value)
{
	const char *of = starts_with(name, "no-") ? name + 3 : "";

	if (set_known(name, value) || set_known(of, "0")) {
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
	char *p = line;

	str_copy(line, boot_info.cmdline, sizeof(line));
	while (*p) {
		char *name = p, *value = "";

		while (*p && *p != ' ') {
			if (*p == '=' && !*value) {
				*p = 0;
				value = p + 1;
			}
			p++;
		}
		if (*p) {
			*p++ = 0;
		}
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
