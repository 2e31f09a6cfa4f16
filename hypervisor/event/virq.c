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
	switch (virq) {
	case VIRQ_TIMER:
	case VIRQ_DEBUG:
	case VIRQ_XENOPROF:
	case VIRQ_XENPMU:
		return false;
	default:
		return true;
	}
}

void virq_send_vcpu(struct vcpu *v, u32 virq)
{
	struct domain *d = v->domain;
	evtchn_port_t port = READ_ONCE(v->virq_port[virq]);
	struct evtchn *c;
	unsigned long flags;

	if (!port) {
		return;
	}
	c = evtchn_of(d, port);
	flags = spin_lock_irqsave(&c->lock);
	if (c->state == ECS_VIRQ && c->virq == virq) {
		evtchn_set_pending(d->vcpus[c->notify_vcpu], port);
	}
	spin_unlock_irqrestore(&c->lock, flags);
}

void virq_send_global(u32 virq)
{
	if (dom0 && dom0->vcpus[0]) {
		virq_send_vcpu(dom0->vcpus[0], virq);
	}
}
