/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * What a PV domain is to be: the settings of one xl.cfg file, checked and in
 * the units the rest of the toolstack uses.  Filled by config/read.c, read by
 * lib/.  Nothing here is changed after reading, so a watcher can rebuild the
 * same domain when the guest reboots.
 */
#ifndef TOOLSTACK_CONFIG_CONFIG_H
#define TOOLSTACK_CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/cpus.h"
#include "config/disk.h"
#include "config/vif.h"

#define CONFIG_MAX_DISKS 32
#define CONFIG_MAX_VIFS 16
#define CONFIG_MAX_VCPUS 64

/* What follows when the guest stops for one of the reasons below. */
enum end_action {
	END_DESTROY,
	END_RESTART,
	END_PRESERVE,
};

/* tsc_mode= of xl.cfg; the values are those of XEN_DOMCTL_settscinfo. */
enum tsc_mode {
	TSC_DEFAULT = 0,
	TSC_ALWAYS_EMULATE = 1,
	TSC_NATIVE = 2,
};

struct domain_config {
	char *name;
	char *kernel;
	char *ramdisk;			/* NULL: none */
	char *cmdline;			/* never NULL */
	uint8_t uuid[16];
	uint64_t memory_kib;		/* what it starts with */
	uint64_t maxmem_kib;		/* what it may grow to */
	unsigned int vcpus;		/* online at start */
	unsigned int maxvcpus;
	struct cpu_list affinity[CONFIG_MAX_VCPUS];
	unsigned int nr_affinity;	/* 0: any CPU; 1: same for all vCPUs */
	unsigned int weight;		/* 0: the scheduler's default */
	unsigned int cap;		/* percent of one CPU; 0: none */
	enum tsc_mode tsc;
	int32_t time_offset;		/* seconds added to the wall clock */
	unsigned int max_event_channels;
	int32_t max_grant_frames;	/* -1: the hypervisor's default */
	int32_t max_maptrack_frames;
	bool claim;
	enum end_action on_poweroff;
	enum end_action on_reboot;
	enum end_action on_crash;
	enum end_action on_watchdog;
	struct disk disks[CONFIG_MAX_DISKS];
	unsigned int nr_disks;
	struct vif vifs[CONFIG_MAX_VIFS];
	unsigned int nr_vifs;
};

/*
 * Read @path ("-": standard input), then the @nr_extra "key=value" lines of
 * @extra, which win.  Warns about keys that are unknown or have no effect,
 * fails on settings that Paravane cannot honour.  NULL after an error, which
 * has been printed; config_free() the result.
 */
struct domain_config *config_read_file(const char *path,
				       char *const *extra, int nr_extra);

/* The same from memory; @label names the source in messages. */
struct domain_config *config_read_text(const char *label, const char *text,
				       char *const *extra, int nr_extra);

void config_free(struct domain_config *cfg);

#endif
