/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Virtual interrupts: raised by us, for one vCPU (timer) or for the one
 * domain that handles what concerns the machine (console, deaths).
 */
#include "event/evtchn.h"
#include "domain/sched.h"

static struct domain *handlers[NR_VIRQS];	/* NULL: domain 0 */
static spinlock_t handlers_lock;		/* irqsave */

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
	unsigned long flags = spin_lock_irqsave(&handlers_lock);
	struct domain *d = handlers[virq] ? handlers[virq] : dom0;

	if (d && d->vcpus[0]) {
		virq_send_vcpu(d->vcpus[0], virq);
	}
	spin_unlock_irqrestore(&handlers_lock, flags);
}

int virq_set_handler(struct domain *d, u32 virq)
{
	unsigned long flags;

	if (virq >= NR_VIRQS || !virq_is_global(virq)) {
		return -EINVAL;
	}
	flags = spin_lock_irqsave(&handlers_lock);
	handlers[virq] = d == dom0 ? NULL : d;
	spin_unlock_irqrestore(&handlers_lock, flags);
	return 0;
}

void virq_forget_handler(struct domain *d)
{
	unsigned long flags = spin_lock_irqsave(&handlers_lock);

	for (unsigned int i = 0; i < NR_VIRQS; i++) {
		if (handlers[i] == d) {
			handlers[i] = NULL;
		}
	}
	spin_unlock_irqrestore(&handlers_lock, flags);
}
