/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Debug keys: one letter on the serial line (after Ctrl-a three times) or by
 * XEN_SYSCTL_debug_keys.  They print and, but for R, change nothing.
 */
#include "debug/report.h"
#include "device/console.h"
#include "device/power.h"
#include "domain/domain.h"
#include "grant/grant.h"
#include "mm/alloc.h"
#include "mm/page_type.h"
#include "pvcpu/pvcpu.h"
#include "x86/clock.h"

static int print_domain(struct domain *d, void *arg)
{
	struct vcpu *v;

	log_error("d%u: %lu of %lu pages, refs %u%s%s%s, pauses %u\n", d->id,
		  d->tot_pages, d->max_pages, d->refs,
		  d->dying ? ", dying" : "",
		  d->shut_down ? ", shut down" : "",
		  d->privileged ? ", privileged" : "", d->pause_count);
	for_each_vcpu(d, v) {
		log_error("  v%u: CPU %u state %d flags %lx pauses %u pending %u mask %u\n",
			  v->id, v->sched.cpu, v->runstate, v->pause_flags,
			  v->pause_count, v->info->evtchn_upcall_pending,
			  v->info->evtchn_upcall_mask);
	}
	return 0;
}

static int print_vcpus(struct domain *d, void *arg)
{
	struct vcpu *v;

	for_each_vcpu(d, v) {
		if (v->initialised) {
			vcpu_report(v);
		}
	}
	return 0;
}

static int print_grants(struct domain *d, void *arg)
{
	grant_dump(d);
	return 0;
}

static void key_domains(void)
{
	domain_for_each(0, print_domain, NULL);
}

static void key_vcpus(void)
{
	domain_for_each(0, print_vcpus, NULL);
}

static void key_grants(void)
{
	domain_for_each(0, print_grants, NULL);
}

static void key_memory(void)
{
	log_error("Memory: %lu KiB free, %lu KiB unclaimed\n",
		  frames_free_count() * 4,
		  (frames_free_count() - frames_claimed_count()) * 4);
}

static void key_audit(void)
{
	log_error("audit: %u frames, %u ports, %u grants differ\n",
		  frame_audit(), evtchn_audit(), grant_audit());
}

static void key_time(void)
{
	log_error("System time %lu ns, TSC %lu kHz\n", now_ns(), tsc_khz);
}

static const struct {
	char key;
	const char *what;
	void (*fn)(void);
} keys[] = {
	{ 'a', "audit frames, ports and grants", key_audit },
	{ 'c', "entries by kind, on each CPU", report_counters },
	{ 'd', "registers and stacks of all vCPUs", key_vcpus },
	{ 'g', "grants", key_grants },
	{ 'm', "memory", key_memory },
	{ 'q', "domains and vCPUs", key_domains },
	{ 't', "time", key_time },
	{ 'R', "restart the machine", machine_restart },
};

static void help(void)
{
	for (unsigned int i = 0; i < ARRAY_LEN(keys); i++) {
		log_error("  %c  %s\n", keys[i].key, keys[i].what);
	}
}

void debug_key(char key)
{
	for (unsigned int i = 0; i < ARRAY_LEN(keys); i++) {
		if (keys[i].key == key) {
			keys[i].fn();
			return;
		}
	}
	help();
}
