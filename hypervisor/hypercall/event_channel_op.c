/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * event_channel_op (xen/event_channel.h): copies the argument in, finds the
 * domain that it names, checks rights, and lets event/ do it.  Domain 0 may
 * act for others where the ABI says so; everyone else only for himself.
 */
#include "hypercall/hypercall.h"
#include "event/evtchn.h"
#include "mm/guest_copy.h"
#include "x86/user_copy.h"

union op {
	evtchn_alloc_unbound_t alloc_unbound;
	evtchn_bind_interdomain_t bind_interdomain;
	evtchn_bind_virq_t bind_virq;
	evtchn_bind_pirq_t bind_pirq;
	evtchn_bind_ipi_t bind_ipi;
	evtchn_close_t close;
	evtchn_send_t send;
	evtchn_status_t status;
	evtchn_bind_vcpu_t bind_vcpu;
	evtchn_unmask_t unmask;
	struct evtchn_reset reset;
};

/* The domain that an operation is for; with a reference. */
static struct domain *target(domid_t id, int *err)
{
	struct domain *d = domain_get_or_self(id);

	*err = 0;
	if (!d) {
		*err = -ESRCH;
	} else if (d != current->domain && !current->domain->privileged) {
		domain_put(d);
		d = NULL;
		*err = -EPERM;
	}
	return d;
}

static long alloc_unbound(evtchn_alloc_unbound_t *a)
{
	int err;
	struct domain *d = target(a->dom, &err);

	if (!d) {
		return err;
	}
	if (a->remote_dom == DOMID_SELF) {
		a->remote_dom = current->domain->id;
	}
	err = evtchn_alloc_unbound(d, a->remote_dom, &a->port);
	domain_put(d);
	return err;
}

static long bind_interdomain(evtchn_bind_interdomain_t *b)
{
	struct domain *remote = domain_get_or_self(b->remote_dom);
	int err;

	if (!remote) {
		return -ESRCH;
	}
	err = evtchn_bind_interdomain(current->domain, remote, b->remote_port,
				      &b->local_port);
	domain_put(remote);
	return err;
}

static long status(evtchn_status_t *s)
{
	int err;
	struct domain *d = target(s->dom, &err);

	if (!d) {
		return err;
	}
	err = evtchn_status(d, s);
	domain_put(d);
	return err;
}

static long reset(domid_t id, unsigned long cmd, unsigned long arg)
{
	int err;
	struct domain *d = target(id, &err);

	if (!d) {
		return err;
	}
	err = evtchn_close_all(d);
	domain_put(d);
	if (err == -ERESTART) {
		return hypercall_restart(__HYPERVISOR_event_channel_op, 2, cmd,
					 arg);
	}
	return err;
}

/* How much of the argument is read, and whether it is written back. */
static size_t arg_size(unsigned long cmd, bool *out)
{
	union op *o;

	*out = true;
	switch (cmd) {
	case EVTCHNOP_alloc_unbound:
		return sizeof(o->alloc_unbound);
	case EVTCHNOP_bind_interdomain:
		return sizeof(o->bind_interdomain);
	case EVTCHNOP_bind_virq:
		return sizeof(o->bind_virq);
	case EVTCHNOP_bind_pirq:
		return sizeof(o->bind_pirq);
	case EVTCHNOP_bind_ipi:
		return sizeof(o->bind_ipi);
	case EVTCHNOP_status:
		return sizeof(o->status);
	}
	*out = false;
	switch (cmd) {
	case EVTCHNOP_close:
		return sizeof(o->close);
	case EVTCHNOP_bind_vcpu:
		return sizeof(o->bind_vcpu);
	case EVTCHNOP_unmask:
		return sizeof(o->unmask);
	case EVTCHNOP_reset:
		return sizeof(o->reset);
	default:
		return 0;
	}
}

static long perform(unsigned long cmd, union op *o, unsigned long arg)
{
	struct domain *d = current->domain;

	switch (cmd) {
	case EVTCHNOP_alloc_unbound:
		return alloc_unbound(&o->alloc_unbound);
	case EVTCHNOP_bind_interdomain:
		return bind_interdomain(&o->bind_interdomain);
	case EVTCHNOP_bind_virq:
		return evtchn_bind_virq(d, o->bind_virq.virq,
					o->bind_virq.vcpu, &o->bind_virq.port);
	case EVTCHNOP_bind_pirq:
		return evtchn_bind_pirq(d, o->bind_pirq.pirq,
					&o->bind_pirq.port);
	case EVTCHNOP_bind_ipi:
		return evtchn_bind_ipi(d, o->bind_ipi.vcpu, &o->bind_ipi.port);
	case EVTCHNOP_close:
		return evtchn_close(d, o->close.port);
	case EVTCHNOP_status:
		return status(&o->status);
	case EVTCHNOP_bind_vcpu:
		return evtchn_bind_vcpu(d, o->bind_vcpu.port,
					o->bind_vcpu.vcpu);
	case EVTCHNOP_unmask:
		return evtchn_unmask(d, o->unmask.port);
	default:
		return reset(o->reset.dom, cmd, arg);
	}
}

/* All operations but the one that counts. */
static __attribute__((noinline)) long general(unsigned long cmd,
					      unsigned long arg)
{
	union op o;
	size_t size;
	bool out;
	long ret;

	size = arg_size(cmd, &out);
	if (!size) {
		/* FIFO among them: Linux falls back to two levels. */
		return hypercall_enosys_sub("event_channel_op", cmd);
	}
	if (copy_from_guest_va(&o, arg, size)) {
		return -EFAULT;
	}
	ret = perform(cmd, &o, arg);
	if (!ret && out && copy_to_guest_va(arg, &o, size)) {
		ret = -EFAULT;
	}
	return ret;
}

long hc_event_channel_op(unsigned long cmd, unsigned long arg,
			 unsigned long a3, unsigned long a4, unsigned long a5)
{
	u32 port;

	_Static_assert(sizeof(evtchn_send_t) == sizeof(port), "port");
	if (unlikely(cmd != EVTCHNOP_send)) {
		return general(cmd, arg);
	}
	if (!range_is_guest(arg, sizeof(port)) ||
	    !user_get_u32(&port, (const void *)arg)) {
		return -EFAULT;
	}
	return evtchn_send(current->domain, port);
}
