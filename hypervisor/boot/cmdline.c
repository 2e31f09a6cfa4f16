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

/* Xen's words that mean nothing here, each between two blanks. */
static __initdata char ignored_words[] =
	" acpi acpi_apic_instance acpi_pstate_strict"
	" acpi_skip_timer_override acpi_sleep allow_unsafe altp2m apic"
	" apic_verbosity apicv arat argo asid async-show-all ats availmem"
	" badpage bootscrub bootscrub_chunk cet clocksource cmci-threshold"
	" cmos-rtc-probe com2 conring_size console_timestamps"
	" console_to_ring conswitch core_parking cpu_type cpufreq"
	" cpuid_mask_cpu cpuid_mask_ecx cpuid_mask_edx cpuid_mask_ext_ecx"
	" cpuid_mask_ext_edx cpuid_mask_l7s0_eax cpuid_mask_l7s0_ebx"
	" cpuid_mask_thermal_ecx cpuid_mask_xsave_eax cpuidle cpuinfo"
	" crash-debug-debugkey crash-debug-hwdom crash-debug-kexeccmd"
	" crash-debug-panic crash-debug-watchdog crashinfo_maxaddr"
	" crashkernel credit2_balance_over credit2_balance_under"
	" credit2_cap_period_ms credit2_load_precision_shift"
	" credit2_load_window_shift credit2_runqueue dbgp"
	" debug_stack_lines debugtrace dit dma_bits dom0 dom0-cpuid"
	" dom0-iommu dom0_ioports_disable dom0_nodes dom0_vcpus_pin dtuart"
	" e820-mtrr-clip e820-verbose edd edid efi ept ext_regions"
	" extra_guest_irqs flask font force-ept gdb global-pages gnttab"
	" gnttab_max_frames gnttab_max_maptrack_frames hap hap_1gb hap_2mb"
	" hardware_dom hest_disable highmem-start hmp-unsafe hpet"
	" hpetbroadcast hvm_debug hvm_fep hvm_port80 idle_latency_factor"
	" invpcid ioapic_ack iommu iommu_dev_iotlb_timeout"
	" iommu_inclusive_mapping irq-max-guests irq_ratelimit"
	" irq_vector_map ivmd lapic lapic_timer_c2_ok ler low_crashinfo"
	" low_mem_virq_limit max_cstate max_gsi_irqs max_lpi_bits mce"
	" mce_fb mce_verbosity mem memop-max-order mmcfg mmio-relax msi"
	" mtrr.show mwait-idle nmi no-real-mode noapic noirqbalance"
	" nolapic nr_irqs numa pci pci-passthrough pci-phantom pku"
	" placeholder ple_gap ple_window preferred-cstates psr pv pv-l1tf"
	" pv-linear-pt pv-shim rcu-idle-timer-period-ms reboot rmrr ro-"
	" hpet sched sched-gran sched_credit2_max_cpus_runqueue"
	" sched_credit2_migrate_resist sched_credit_tslice_ms"
	" sched_ratelimit_us sched_smt_power_savings scrub-domheap"
	" serial_tx_buffer serrors shim_mem smt snb_igd_quirk spec-ctrl"
	" tboot tbuf_size tdt tevt_mask tickle_one_idle_cpu timer_slop tsc"
	" tsx ucode unrestricted_guest vcpu_migration_delay vesa-ram vga"
	" viridian-spinlock-retry-count viridian-version vm-notify-window"
	" vpid vpmu vwfi watchdog watchdog_timeout x2apic x2apic-mode"
	" x2apic_phys xenheap_megabytes xpti xsave xsm ";

struct word {
	const char *name;
	void (*set)(const char *value);
};

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

/* "", "1", "yes", "on", "true", "enable" are true; Xen's rule. */
static __init bool is_true(const char *v)
{
	return strcmp(v, "0") && strcmp(v, "no") && strcmp(v, "off") &&
	       strcmp(v, "false") && strcmp(v, "disable");
}

/* dom0_mem=[min:]SIZE,max:SIZE; no suffix counts KiB.  min: sets nothing. */
static __init void set_dom0_mem(const char *v)
{
	while (*v) {
		const char *end;
		u64 *to = &boot_options.dom0_mem_bytes;
		u64 ignored_size, size;

		if (!strncmp(v, "max:", 4)) {
			to = &boot_options.dom0_max_mem_bytes;
			v += 4;
		} else if (!strncmp(v, "min:", 4)) {
			to = &ignored_size;
			v += 4;
		}
		size = str_to_size(v, &end, 1024);
		if (end == v) {
			note(unknown, sizeof(unknown), "dom0_mem");
			return;
		}
		*to = size;
		while (*end && *end != ',') {
			end++;
		}
		v = *end ? end + 1 : end;
	}
	if (!boot_options.dom0_mem_bytes) {
		boot_options.dom0_mem_bytes = boot_options.dom0_max_mem_bytes;
	}
}

/* N, or MIN-MAX of which the greater counts. */
static __init void set_dom0_max_vcpus(const char *v)
{
	const char *end;
	u64 n = str_to_u64(v, &end);

	if (*end == '-' && end[1]) {
		n = str_to_u64(end + 1, &end);
	}
	boot_options.dom0_max_vcpus = min(n, (u64)MAX_VCPUS);
}

/* A list of com1, vga, none.  We write to no screen: the line does for it. */
static __init void set_console(const char *v)
{
	boot_options.com1 = false;
	while (*v) {
		if (!strncmp(v, "com1", 4) || !strncmp(v, "vga", 3)) {
			boot_options.com1 = true;
		} else if (strncmp(v, "none", 4)) {
			note(unknown, sizeof(unknown), "console");
		}
		while (*v && *v++ != ',') {
		}
	}
}

/* BAUD[/CLOCK][,8n1[,PORT[,IRQ]]]; the format is always 8n1. */
static __init void set_com1(const char *v)
{
	const char *end;
	u64 n = str_to_u64(v, &end);

	if (end != v && n) {
		boot_options.com1_baud = n;
	}
	for (unsigned int field = 1; *end; field++) {
		while (*end && *end != ',') {
			end++;
		}
		if (!*end) {
			break;
		}
		v = end + 1;
		n = str_to_u64(v, &end);
		if (field == 2 && end != v) {
			boot_options.com1_port = n;
		} else if (field == 3 && end != v) {
			boot_options.com1_irq = n;
		}
	}
}

static __init int log_level_of(const char *v, int otherwise)
{
	static const struct { const char *name; int level; } levels[] = {
		{ "none", -1 }, { "error", LOG_ERROR },
		{ "warning", LOG_WARNING }, { "info", LOG_INFO },
		{ "debug", LOG_DEBUG }, { "all", LOG_DEBUG },
	};

	for (unsigned int i = 0; i < ARRAY_LEN(levels); i++) {
		if (!strncmp(v, levels[i].name, strlen(levels[i].name))) {
			return levels[i].level;
		}
	}
	note(unknown, sizeof(unknown), "loglvl");
	return otherwise;
}

static __init void set_loglvl(const char *v)
{
	boot_options.loglvl = log_level_of(v, boot_options.loglvl);
}

static __init void set_guest_loglvl(const char *v)
{
	boot_options.guest_loglvl = log_level_of(v, boot_options.guest_loglvl);
}

static __init void set_noreboot(const char *v)
{
	boot_options.noreboot = is_true(v);
}

static __init void set_sync_console(const char *v)
{
	boot_options.sync_console = is_true(v);
}

static __init void set_maxcpus(const char *v)
{
	const char *end;
	u64 n = str_to_u64(v, &end);

	if (end != v && n) {
		boot_options.maxcpus = min(n, (u64)MAX_CPUS);
	}
}

static __init void set_nosmp(const char *v)
{
	boot_options.no_smp = is_true(v);
}

static __init void set_smap(const char *v)
{
	boot_options.nosmap = !is_true(v);
}

static __init void set_smep(const char *v)
{
	boot_options.nosmep = !is_true(v);
}

static __init void set_pcid(const char *v)
{
	boot_options.nopcid = !is_true(v);
}

/* Words "no-smap", "no-smep", "no-pcid" act here; the policy reads all. */
static __init void set_cpuid(const char *v)
{
	str_copy(boot_options.cpuid, v, sizeof(boot_options.cpuid));
	while (*v) {
		if (!strncmp(v, "no-smap", 7)) {
			boot_options.nosmap = true;
		} else if (!strncmp(v, "no-smep", 7)) {
			boot_options.nosmep = true;
		} else if (!strncmp(v, "no-pcid", 7)) {
			boot_options.nopcid = true;
		}
		while (*v && *v++ != ',') {
		}
	}
}

static __initdata struct word words[] = {
	{ "dom0_mem", set_dom0_mem },
	{ "dom0_max_vcpus", set_dom0_max_vcpus },
	{ "console", set_console },
	{ "com1", set_com1 },
	{ "loglvl", set_loglvl },
	{ "guest_loglvl", set_guest_loglvl },
	{ "noreboot", set_noreboot },
	{ "sync_console", set_sync_console },
	{ "maxcpus", set_maxcpus },
	{ "nosmp", set_nosmp },
	{ "smap", set_smap },
	{ "smep", set_smep },
	{ "pcid", set_pcid },
	{ "cpuid", set_cpuid },
};

static __init bool is_ignored(const char *name)
{
	size_t n = strlen(name);

	for (const char *p = ignored_words; (p = strchr(p, ' ')); p++) {
		if (!strncmp(p + 1, name, n) && p[n + 1] == ' ') {
			return n != 0;
		}
	}
	return false;
}

/* "no-NAME" is NAME=0, for words that take a boolean. */
static __init void set_word(char *name, const char *value)
{
	for (unsigned int i = 0; i < ARRAY_LEN(words); i++) {
		if (!strcmp(name, words[i].name)) {
			words[i].set(value);
			return;
		}
	}
	if (!strncmp(name, "no-", 3)) {
		for (unsigned int i = 0; i < ARRAY_LEN(words); i++) {
			if (!strcmp(name + 3, words[i].name)) {
				words[i].set("0");
				return;
			}
		}
	}
	if (is_ignored(name) ||
	    (!strncmp(name, "no-", 3) && is_ignored(name + 3))) {
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
