/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Virtual interrupts: raised by us, for one vCPU (timer) or for
 * domain 0, which handles what concerns the machine (console, deaths).
 */
#include "event/evtchn.h"
#include "domain/sched.h"

bool virq_is_global(u32 virq)
{
	return !(BIT(virq) & (BIT(VIRQ_TIMER) | BIT(VIRQ_DEBUG) |
			      BIT(VIRQ_XENOPROF) | BIT(VIRQ_XENPMU)));
}

void virq_send_vcpu(struct vcpu *v, u32 virq)
{
	evtchn_port_t port = READ_ONCE(v->virq_port[virq]);
	struct evtchn *c = evtchn_of(v->domain, port);

	/* One that closes just now, or is bound anew, gets a vain event. */
	if (port && READ_ONCE(c->state) == EVTCHNSTAT_virq) {
		evtchn_set_pending(
			v->domain->vcpus[READ_ONCE(c->notify_vcpu)], port);
	}
}

void virq_send_global(u32 virq)
{
	if (dom0 && dom0->vcpus[0]) {
		virq_send_vcpu(dom0->vcpus[0], virq);
	}
}
