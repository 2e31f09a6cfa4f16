/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Debug keys: one letter on the serial line (after Ctrl-a three times) or by
 * XEN_SYSCTL_debug_keys.  They print and, but for R, change nothing.
 */
#include "device/console.h"
#include "device/power.h"
#include "domain/domain.h"
#include "event/evtchn.h"
#include "grant/grant.h"
#include "mm/page_type.h"

static int print_domain(struct domain *d, void *arg)
{
	struct vcpu *v;

	log_error("d%u: %lu of %lu pages, refs %u%s%s, pauses %u\n", d->id,
		  d->tot_pages, d->max_pages, d->refs,
		  d->dying ? ", dying" : "",
		  d->shut_down ? ", shut down" : "", d->pause_count);
	for_each_vcpu(d, v) {
		log_error("  v%u: CPU %u state %d flags %lx pauses %u pending %u mask %u\n",
			  v->id, v->sched.cpu, v->runstate_info.state, v->pause_flags,
			  v->pause_count, v->info->evtchn_upcall_pending,
			  v->info->evtchn_upcall_mask);
	}
	return 0;
}

void debug_key(char key)
{
	switch (key) {
	case 'a':
		log_error("audit: %u frames, %u ports, %u grants differ\n",
			  frame_audit(), evtchn_audit(), grant_audit());
		break;
	case 'q':
		(void)domain_for_each(0, print_domain, NULL);
		break;
	case 'R':
		machine_restart();
	default:
		log_error("Keys: a audit, q domains, R restart\n");
	}
}
