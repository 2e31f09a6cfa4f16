/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The audit of ports: what is bound in two places must agree in both.  Only
 * meaningful while no guest runs.
 */
#include "event/evtchn.h"
#include "event/pirq.h"

static bool virq_agrees(const struct domain *d, const struct evtchn *c)
{
	unsigned int n = 0;
	struct vcpu *v;

	for_each_vcpu(d, v) {
		n += v->virq_port[c->virq] == c->port;
	}
	return n == 1;
}

static bool port_agrees(const struct domain *d, const struct evtchn *c)
{
	const struct evtchn *other;

	switch (c->state) {
	case ECS_RESERVED:
		return c->port == 0;
	case ECS_INTERDOMAIN:
		other = evtchn_of(c->inter.remote, c->inter.port);
		return other && other->state == ECS_INTERDOMAIN &&
		       other->inter.remote == d && other->inter.port == c->port;
	case ECS_PIRQ:
		return pirq_of(d, c->pirq.irq)->port == c->port;
	case ECS_VIRQ:
		return virq_agrees(d, c);
	default:
		return true;
	}
}

static int audit_domain(struct domain *d, void *bad)
{
	struct vcpu *v;

	for (evtchn_port_t p = 0; d->ports && p < d->nr_ports; p++) {
		const struct evtchn *c = evtchn_of(d, p);

		*(unsigned int *)bad += !port_agrees(d, c) ||
			c->notify_vcpu >= d->max_vcpus;
	}
	for_each_vcpu(d, v) {
		for (unsigned int i = 0; i < NR_VIRQS; i++) {
			const struct evtchn *c = evtchn_of(d, v->virq_port[i]);

			*(unsigned int *)bad += v->virq_port[i] &&
				(c->state != ECS_VIRQ || c->virq != i);
		}
	}
	return 0;
}

unsigned int evtchn_audit(void)
{
	unsigned int bad = 0;

	(void)domain_for_each(0, audit_domain, &bad);
	return bad;
}
