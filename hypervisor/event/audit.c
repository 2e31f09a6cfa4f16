/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The audit of ports: what is bound in two places must agree in both.  Only
 * meaningful while no guest runs.
 */
#include "event/evtchn.h"
#include "event/pirq.h"

static bool port_agrees(const struct domain *d, evtchn_port_t port)
{
	const struct evtchn *c = evtchn_of(d, port), *other;

	switch (c->state) {
	case EVTCHNSTAT_interdomain:
		other = evtchn_of(c->remote, c->remote_port);
		return other && other->state == EVTCHNSTAT_interdomain &&
		       other->remote == d && other->remote_port == port;
	case EVTCHNSTAT_pirq:
		return pirq_of(d, c->pirq)->port == port;
	default:
		return true;
	}
}

static int audit_domain(struct domain *d, void *arg)
{
	unsigned int *bad = arg, virqs = 0;
	struct vcpu *v;

	for (evtchn_port_t p = 0; p < d->nr_ports; p++) {
		*bad += !port_agrees(d, p) ||
			d->ports[p].notify_vcpu >= d->max_vcpus;
		virqs += d->ports[p].state == EVTCHNSTAT_virq;
	}
	for_each_vcpu(d, v) {
		for (unsigned int i = 0; i < NR_VIRQS; i++) {
			const struct evtchn *c = evtchn_of(d, v->virq_port[i]);

			virqs -= v->virq_port[i] != 0;
			*bad += v->virq_port[i] &&
				(c->state != EVTCHNSTAT_virq || c->virq != i);
		}
	}
	*bad += virqs != 0;
	return 0;
}

unsigned int evtchn_audit(void)
{
	unsigned int bad = 0;

	(void)domain_for_each(0, audit_domain, &bad);
	return bad;
}
