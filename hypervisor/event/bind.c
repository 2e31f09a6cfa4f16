/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Binding ports (xen/event_channel.h): each call reserves a port, checks, and
 * gives it its new state in one step under the port's lock.
 */
#include "event/evtchn.h"
#include "event/pair.h"
#include "event/pirq.h"
#include "event/port_bits.h"
#include "domain/sched.h"

int evtchn_alloc_unbound(struct domain *d, domid_t remote,
			 evtchn_port_t *out)
{
	unsigned long flags;
	int err = evtchn_prepare(d);

	if (err) {
		return err;
	}
	flags = spin_lock_irqsave(&d->event_lock);
	err = d->dying ? -EINVAL : evtchn_reserve(d, out);
	if (!err) {
		struct evtchn *c = evtchn_of(d, *out);

		spin_lock(&c->lock);
		c->state = ECS_UNBOUND;
		c->unbound.remote = remote;
		spin_unlock(&c->lock);
	}
	spin_unlock_irqrestore(&d->event_lock, flags);
	return err;
}

static void connect(struct evtchn *c, struct domain *remote,
		    evtchn_port_t port)
{
	spin_lock(&c->lock);
	WRITE_ONCE(c->inter.remote, remote);
	WRITE_ONCE(c->inter.port, port);
	smp_wmb();
	WRITE_ONCE(c->state, ECS_INTERDOMAIN);
	spin_unlock(&c->lock);
}

int evtchn_bind_interdomain(struct domain *d, struct domain *remote,
			    evtchn_port_t remote_port, evtchn_port_t *out)
{
	struct evtchn *other;
	unsigned long flags;
	unsigned int vcpu;
	int err = evtchn_prepare(d);

	if (err) {
		return err;
	}
	flags = event_lock_pair(d, remote);
	other = evtchn_of(remote, remote_port);
	err = -EINVAL;
	if (d->dying || remote->dying || !other ||
	    other->state != ECS_UNBOUND || other->unbound.remote != d->id) {
		goto out_unlock;
	}
	err = evtchn_reserve(d, out);
	if (err) {
		goto out_unlock;
	}
	connect(evtchn_of(d, *out), remote, remote_port);
	connect(other, d, *out);
	/* What the partner sent before we came is not lost. */
	vcpu = evtchn_of(d, *out)->notify_vcpu;
	evtchn_set_pending(d->vcpus[vcpu], *out);
out_unlock:
	event_unlock_pair(d, remote, flags);
	return err;
}

int evtchn_bind_virq(struct domain *d, u32 virq, u32 vcpu,
		     evtchn_port_t *out)
{
	unsigned long flags;
	struct vcpu *v;
	int err;

	if (virq >= NR_VIRQS || (virq_is_global(virq) && vcpu)) {
		return -EINVAL;
	}
	if (vcpu >= d->max_vcpus || !d->vcpus[vcpu]) {
		return -ENOENT;
	}
	v = d->vcpus[vcpu];
	err = evtchn_prepare(d);
	if (err) {
		return err;
	}
	flags = spin_lock_irqsave(&d->event_lock);
	err = v->virq_port[virq] ? -EEXIST : evtchn_reserve(d, out);
	if (!err) {
		struct evtchn *c = evtchn_of(d, *out);

		spin_lock(&c->lock);
		c->state = ECS_VIRQ;
		c->virq = virq;
		c->notify_vcpu = (u16)vcpu;
		spin_unlock(&c->lock);
		WRITE_ONCE(v->virq_port[virq], *out);
	}
	spin_unlock_irqrestore(&d->event_lock, flags);
	return err;
}

int evtchn_bind_ipi(struct domain *d, u32 vcpu, evtchn_port_t *out)
{
	unsigned long flags;
	int err;

	if (vcpu >= d->max_vcpus || !d->vcpus[vcpu]) {
		return -ENOENT;
	}
	err = evtchn_prepare(d);
	if (err) {
		return err;
	}
	flags = spin_lock_irqsave(&d->event_lock);
	err = evtchn_reserve(d, out);
	if (!err) {
		struct evtchn *c = evtchn_of(d, *out);

		spin_lock(&c->lock);
		c->state = ECS_IPI;
		c->notify_vcpu = (u16)vcpu;
		spin_unlock(&c->lock);
	}
	spin_unlock_irqrestore(&d->event_lock, flags);
	return err;
}

int evtchn_bind_pirq(struct domain *d, u32 pirq, bool share,
		     evtchn_port_t *out)
{
	unsigned long flags;
	int err = evtchn_prepare(d);

	if (!err) {
		err = pirq_prepare(d, pirq);
	}
	if (err) {
		return err;
	}
	flags = spin_lock_irqsave(&d->event_lock);
	err = pirq_is_free(d, pirq) ? evtchn_reserve(d, out) : -EEXIST;
	if (!err) {
		struct evtchn *c = evtchn_of(d, *out);

		spin_lock(&c->lock);
		c->state = ECS_PIRQ;
		c->pirq.irq = pirq;
		spin_unlock(&c->lock);
		pirq_bind(d, pirq, *out);
	}
	spin_unlock_irqrestore(&d->event_lock, flags);
	return err;
}

int evtchn_bind_vcpu(struct domain *d, evtchn_port_t port, u32 vcpu)
{
	struct evtchn *c = evtchn_of(d, port);
	unsigned long flags;
	int err = 0;

	if (vcpu >= d->max_vcpus || !d->vcpus[vcpu]) {
		return -ENOENT;
	}
	if (!c) {
		return -EINVAL;
	}
	flags = spin_lock_irqsave(&d->event_lock);
	spin_lock(&c->lock);
	switch (c->state) {
	case ECS_VIRQ:
		if (!virq_is_global(c->virq)) {
			err = -EINVAL;
			break;
		}
		c->notify_vcpu = (u16)vcpu;
		break;
	case ECS_UNBOUND:
	case ECS_INTERDOMAIN:
	case ECS_PIRQ:
		c->notify_vcpu = (u16)vcpu;
		break;
	default:
		err = -EINVAL;
	}
	spin_unlock(&c->lock);
	spin_unlock_irqrestore(&d->event_lock, flags);
	return err;
}
