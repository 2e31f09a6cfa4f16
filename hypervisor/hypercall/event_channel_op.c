/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * event_channel_op (xen/event_channel.h): finds the domain that an operation
 * names, and lets event/ do it.  Domain 0 may act for others where the ABI
 * says so; everyone else only for himself.
 */
#include "hypercall/hypercall.h"
#include "event/evtchn.h"
#include "mm/guest_copy.h"
#include "x86/user_copy.h"

static long op_alloc_unbound(struct domain *d, void *arg)
{
	evtchn_alloc_unbound_t *a = arg;

	if (a->remote_dom == DOMID_SELF) {
		a->remote_dom = current->domain->id;
	}
	return evtchn_alloc_unbound(d, a->remote_dom, &a->port);
}

/* The remote domain has agreed: no right over it is needed. */
static long op_bind_interdomain(struct domain *d, void *arg)
{
	evtchn_bind_interdomain_t *b = arg;
	struct domain *remote = domain_get_or_self(b->remote_dom);
	long err;

	if (!remote) {
		return -ESRCH;
	}
	err = evtchn_bind_interdomain(d, remote, b->remote_port,
				      &b->local_port);
	domain_put(remote);
	return err;
}

static long op_bind_virq(struct domain *d, void *arg)
{
	evtchn_bind_virq_t *b = arg;

	return evtchn_bind_virq(d, b->virq, b->vcpu, &b->port);
}

static long op_bind_pirq(struct domain *d, void *arg)
{
	evtchn_bind_pirq_t *b = arg;

	return evtchn_bind_pirq(d, b->pirq, &b->port);
}

static long op_bind_ipi(struct domain *d, void *arg)
{
	evtchn_bind_ipi_t *b = arg;

	return evtchn_bind_ipi(d, b->vcpu, &b->port);
}

static long op_close(struct domain *d, void *arg)
{
	return evtchn_close(d, ((evtchn_close_t *)arg)->port);
}

static long op_status(struct domain *d, void *arg)
{
	return evtchn_status(d, arg);
}

static long op_bind_vcpu(struct domain *d, void *arg)
{
	evtchn_bind_vcpu_t *b = arg;

	return evtchn_bind_vcpu(d, b->port, b->vcpu);
}

static long op_reset(struct domain *d, void *arg)
{
	return evtchn_close_all(d);
}

#define CALL(name, flags) \
	[EVTCHNOP_##name] = { op_##name, sizeof(struct evtchn_##name), flags }

/* No FIFO: Linux falls back to two levels. */
static const struct subcall calls[] = {
	CALL(alloc_unbound, SUB_OUT | SUB_DOMAIN),
	CALL(bind_interdomain, SUB_OUT),
	CALL(bind_virq, SUB_OUT),
	CALL(bind_pirq, SUB_OUT),
	CALL(bind_ipi, SUB_OUT),
	CALL(status, SUB_OUT | SUB_DOMAIN),
	CALL(reset, SUB_DOMAIN),
	CALL(close, 0),
	CALL(bind_vcpu, 0),
};

/* The frequent two take a port each, and nothing else. */
HC(event_channel_op)
{
	u32 port;

	_Static_assert(sizeof(evtchn_send_t) == sizeof(port) &&
		       sizeof(evtchn_unmask_t) == sizeof(port), "port");
	if (unlikely(a1 != EVTCHNOP_send && a1 != EVTCHNOP_unmask)) {
		return subcall(calls, ARRAY_LEN(calls), (u32)a1, a2);
	}
	if (!range_is_guest(a2, sizeof(port)) ||
	    !user_get_u32(&port, (const void *)a2)) {
		return -EFAULT;
	}
	return a1 == EVTCHNOP_send ? evtchn_send(current->domain, port) :
				     evtchn_unmask(current->domain, port);
}
