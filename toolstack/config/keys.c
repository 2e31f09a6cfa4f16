/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The key table, after xl.cfg(5) of Xen 4.17, and the scanner.  A key that is
 * missing from the table is reported as unknown; one that xl has and we lack
 * is refused only where ignoring it would give a different machine.
 */
#include "config/keys.h"

#include <ctype.h>
#include <string.h>

#define HVM_ONLY "is for HVM guests only"
#define NO_DISPLAY \
	"has no effect: there is no virtual display, use the console"

static const char *const used[] = {
	"name", "type", "builder", "uuid", "memory", "maxmem", "vcpus",
	"maxvcpus", "cpus", "cpu_weight", "cap", "kernel", "ramdisk",
	"cmdline", "root", "extra", "disk", "vif", "on_poweroff",
	"on_reboot", "on_crash", "on_watchdog", "on_soft_reset", "tsc_mode",
	"localtime", "rtc_timeoffset", "max_event_channels",
	"max_grant_frames", "max_maptrack_frames", "max_grant_version",
	"claim_mode", "bootloader", "pool",
};

static const char *const silent[] = {
	"nomigrate", "xen_platform_pci", "vmtrace_buf_kb",
	"xend_suspend_evtchn_compat", "device_model_version",
};

static const struct {
	const char *key;
	const char *why;
} no_effect[] = {
	{ "vfb", NO_DISPLAY },
	{ "vkb", NO_DISPLAY },
	{ "vnc", NO_DISPLAY },
	{ "vnclisten", NO_DISPLAY },
	{ "vncdisplay", NO_DISPLAY },
	{ "vncunused", NO_DISPLAY },
	{ "vncpasswd", NO_DISPLAY },
	{ "sdl", NO_DISPLAY },
	{ "opengl", NO_DISPLAY },
	{ "keymap", NO_DISPLAY },
	{ "cpus_soft",
	  "has no effect: the scheduler knows hard affinity only, use cpus=" },
	{ "bootloader_args", "has no effect without a bootloader" },
	{ "bootargs", "has no effect without a bootloader" },
	{ "vpmu", "has no effect: guests see no performance counters" },
	{ "passthrough", "has no effect: there is no device pass-through" },
	{ "e820_host", "has no effect: there is no device pass-through" },
	{ "seclabel", "has no effect: there is no security module" },
	{ "init_seclabel", "has no effect: there is no security module" },
	{ "suppress_spurious_page_faults",
	  "has no effect: spurious faults are never forwarded" },
};

static const struct {
	const char *key;
	const char *why;
} refused[] = {
	{ "pci", "is not supported: there is no PCI pass-through" },
	{ "dtdev", "is not supported: there is no device pass-through" },
	{ "ioports", "is not supported: guests get no hardware access" },
	{ "iomem", "is not supported: guests get no hardware access" },
	{ "irqs", "is not supported: guests get no hardware access" },
	{ "rdm", "is not supported: there is no PCI pass-through" },
	{ "usbctrl", "is not supported: there is no USB backend" },
	{ "usbdev", "is not supported: there is no USB backend" },
	{ "vtpm", "is not supported: there is no TPM backend" },
	{ "p9", "is not supported: there is no 9pfs backend, use a disk" },
	{ "pvcalls", "is not supported: there is no pvcalls backend" },
	{ "channel", "is not supported: the console is the only channel" },
	{ "vdispl", "is not supported: there is no display backend" },
	{ "vsnd", "is not supported: there is no sound backend" },
	{ "vnuma", "is not supported: guests have one NUMA node" },
	{ "cpuid", "is not supported yet: guests see the default policy" },
	{ "driver_domain",
	  "is not supported: backends run in domain 0 only" },
	{ "features", "is not supported: the kernel's own notes decide" },
	{ "virtio", "is not supported: PV devices are disk= and vif=" },
	{ "xenstore_feature_mask",
	  "is not supported: xenstored of 4.17 has no such mask" },
};

/* HVM and Arm keys share one fate: said once each, then ignored. */
static const char *const hvm_only[] = {
	"acpi", "acpi_firmware", "acpi_laptop_slate", "acpi_s3", "acpi_s4",
	"altp2m", "altp2mhvm", "apic", "assisted_xapic", "bios",
	"bios_path_override", "boot", "device_model_args",
	"device_model_args_hvm", "device_model_args_pv",
	"device_model_override", "device_model_stubdomain_override",
	"device_model_stubdomain_seclabel", "device_model_user",
	"device_tree", "dm_restrict", "firmware", "firmware_override",
	"gfx_passthru", "gic_version", "hap", "hdtype", "hpet",
	"mca_caps", "mmio_hole", "ms_vm_genid", "msr_relaxed", "nested_hvm",
	"nestedhvm", "nographic", "nx", "oos", "pae", "pci_msitranslate",
	"pci_permissive", "pci_power_mgmt", "pci_seize", "pvh", "pvshim",
	"pvshim_cmdline", "pvshim_extra", "pvshim_path",
	"rdm_mem_boundary", "serial", "shadow_memory", "smbios_firmware",
	"soundhw", "spice", "spice_clipboard_sharing",
	"spice_image_compression", "spice_streaming_video",
	"spiceagent_mouse", "spicedisable_ticketing", "spicehost",
	"spicepasswd", "spiceport", "spicetls_port", "spiceusbredirection",
	"spicevdagent", "stdvga", "stubdomain_cmdline", "stubdomain_kernel",
	"stubdomain_memory", "stubdomain_ramdisk", "tee", "timer_mode",
	"usb", "usbdevice", "usbversion", "vendor_device", "vga",
	"videoram", "viridian", "vkb_device", "vpt_align", "vuart",
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static int in_list(const char *key, const char *const *list, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		if (!strcmp(key, list[i])) {
			return 1;
		}
	}
	return 0;
}

enum key_class key_classify(const char *key, const char **why)
{
	unsigned int i;

	*why = "";
	if (in_list(key, used, COUNT(used))) {
		return KEY_USED;
	}
	if (in_list(key, silent, COUNT(silent))) {
		return KEY_SILENT;
	}
	if (in_list(key, hvm_only, COUNT(hvm_only))) {
		*why = "has no effect: it " HVM_ONLY;
		return KEY_NO_EFFECT;
	}
	for (i = 0; i < COUNT(no_effect); i++) {
		if (!strcmp(key, no_effect[i].key)) {
			*why = no_effect[i].why;
			return KEY_NO_EFFECT;
		}
	}
	for (i = 0; i < COUNT(refused); i++) {
		if (!strcmp(key, refused[i].key)) {
			*why = refused[i].why;
			return KEY_REFUSED;
		}
	}
	return KEY_UNKNOWN;
}

static int is_name_char(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* Step over a quoted string, a comment or one character of anything else. */
static const char *skip_one(const char *p, int *line)
{
	if (*p == '"' || *p == '\'') {
		char quote = *p++;

		while (*p && *p != quote) {
			if (*p == '\\' && p[1]) {
				p++;
			}
			*line += *p == '\n';
			p++;
		}
		return *p ? p + 1 : p;
	}
	if (*p == '#') {
		while (*p && *p != '\n') {
			p++;
		}
		return p;
	}
	*line += *p == '\n';
	return p + 1;
}

void keys_scan(const char *text,
	       void (*fn)(const char *key, int line, void *arg), void *arg)
{
	const char *p = text;
	int line = 1, depth = 0;

	while (*p) {
		char key[64];
		size_t len = 0;
		const char *after;

		if (*p == '[' || *p == ']') {
			depth += *p == '[' ? 1 : -1;
		}
		if (depth || !is_name_char(*p)) {
			p = skip_one(p, &line);
			continue;
		}
		while (is_name_char(p[len])) {
			len++;
		}
		after = p + len;
		while (*after == ' ' || *after == '\t') {
			after++;
		}
		if ((*after == '=' || (*after == '+' && after[1] == '=')) &&
		    len < sizeof(key)) {
			memcpy(key, p, len);
			key[len] = '\0';
			fn(key, line, arg);
			/* The value of a bare word must not look like a key. */
			after += *after == '+' ? 2 : 1;
		}
		p = after;
	}
}
