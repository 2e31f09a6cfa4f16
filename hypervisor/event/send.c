/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Sending events: the hot path.  It takes the lock of the sender's own port
 * and nothing else; that lock keeps the partner alive.  The rest is atomic
 * bits in memory shared with guests.
 */
#include "event/evtchn.h"
#include "event/port_bits.h"
#include "domain/sched.h"

bool evtchn_is_pending(const struct domain *d, evtchn_port_t port)
{
	return bit_is_set(d->shared->evtchn_pending, port);
}

/* Those that wait in SCHEDOP_poll for this port, or for several ports. */
static void wake_pollers(struct domain *d, evtchn_port_t port)
{
	u64 mask = READ_ONCE(d->polling_vcpus);

	for (; mask; mask &= mask - 1) {
		struct vcpu *v = d->vcpus[bit_lowest(mask)];
		evtchn_port_t p = READ_ONCE(v->poll_port);

		if (p == port || p == ~0U) {
			vcpu_unblock(v);
		}
	}
}

void evtchn_set_pending(struct vcpu *v, evtchn_port_t port)
{
	struct domain *d = v->domain;
	bool new;

	if (port_bits_set(d->shared, READ_ONCE(v->info), port, &new)) {
		vcpu_kick(v);
	}
	if (new && unlikely(READ_ONCE(d->polling_vcpus))) {
		wake_pollers(d, port);
	}
}

int evtchn_send(struct domain *d, evtchn_port_t port)
{
	struct evtchn *c = evtchn_of(d, port);
	unsigned long flags;
	int err = 0;

	if (unlikely(!c)) {
		return -EINVAL;
	}
	flags = spin_lock_irqsave(&c->lock);
	if (likely(c->state == ECS_INTERDOMAIN)) {
		struct domain *to = c->inter.remote;
		struct evtchn *other = evtchn_of(to, c->inter.port);

		evtchn_set_pending(to->vcpus[READ_ONCE(other->notify_vcpu)],
				   c->inter.port);
	} else if (c->state == ECS_IPI) {
		evtchn_set_pending(d->vcpus[c->notify_vcpu], port);
	} else if (c->state != ECS_UNBOUND) {
		err = -EINVAL;
	}
	spin_unlock_irqrestore(&c->lock, flags);
	return err;
}

int evtchn_unmask(struct domain *d, evtchn_port_t port)
{
	struct evtchn *c = evtchn_of(d, port);
	struct vcpu *v;

	if (!c) {
		return -EINVAL;
	}
	v = d->vcpus[READ_ONCE(c->notify_vcpu)];
	if (port_bits_unmask(d->shared, READ_ONCE(v->info), port)) {
		vcpu_kick(v);
	}
	return 0;
}
