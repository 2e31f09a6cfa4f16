/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The end of a domain, in an order that leaves nothing dangling: it stops,
 * its event channels close, what it mapped of others goes back, its vCPUs let
 * go of page tables, then its frames are freed.  Each step may need several
 * calls; kill_step remembers how far it came.
 */
#include "domain/sched.h"
#include "event/evtchn.h"
#include "grant/grant.h"
#include "mm/page_type.h"
#include "x86/smp.h"
#include "lib/printk.h"

static int step_begin(struct domain *d)
{
	spin_lock(&d->lock);
	WRITE_ONCE(d->dying, true);
	spin_unlock(&d->lock);
	domain_pause(d);
	timer_kill(&d->watchdog[0]);
	timer_kill(&d->watchdog[1]);
	log_info("Domain %u: being destroyed\n", d->id);
	return 0;
}

static int step_vcpus(struct domain *d)
{
	struct vcpu *v;

	for_each_vcpu(d, v) {
		vcpu_release(v);
	}
	return 0;
}

static int step_end(struct domain *d)
{
	domain_put(d);	/* the first one, of its life */
	virq_send_global(VIRQ_DOM_EXC);
	return 0;
}

static int (*const steps[])(struct domain *d) = {
	step_begin, evtchn_close_all, grant_release_mappings, step_vcpus,
	domain_relinquish_memory, step_end,
};

int domain_kill(struct domain *d)
{
	int err = 0;

	if (xchg(&d->kill_busy, 1)) {
		return -ERESTART;
	}
	while (!err && d->kill_step < ARRAY_LEN(steps)) {
		err = steps[d->kill_step](d);
		if (!err && ++d->kill_step < ARRAY_LEN(steps) &&
		    READ_ONCE(cpu_info()->softirq_pending)) {
			err = -ERESTART;
		}
	}
	WRITE_ONCE(d->kill_busy, 0);
	return err;
}
