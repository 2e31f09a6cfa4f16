/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Sending events: the hot path, which takes no lock at all.  With interrupts
 * off nobody's memory is given back (domain/domain.c), so a partner that was
 * read from a port may be gone, but is still there to look at; and he is only
 * sent to when his port names ours back.  The rest is atomic bits in memory
 * shared with guests.
 */
#include "event/evtchn.h"
#include "event/port_bits.h"
#include "domain/sched.h"

/* Those that wait in SCHEDOP_poll for this port, or for several ports. */
static void wake_pollers(struct domain *d, evtchn_port_t port)
{
	u64 mask = READ_ONCE(d->polling_vcpus);

	for (; mask; mask &= mask - 1) {
		struct vcpu *v = d->vcpus[bit_lowest(mask)];
		evtchn_port_t p = READ_ONCE(v->poll_port);

		if ((p == port || p == ~0U) &&
		    READ_ONCE(v->pause_flags) & VPF_POLLING) {
			vcpu_unblock(v);
		}
	}
}

/*
 * The vCPU that runs here looks at its events on its way out anyway.  One that
 * runs elsewhere is interrupted even while it masks events: it may be about to
 * unmask them, has looked already, and no fence of its own orders the two.
 */
static inline void tell(struct vcpu *v)
{
	if (v != current || READ_ONCE(v->pause_flags) & VPF_ASLEEP) {
		vcpu_kick(v);
	}
}

/*
 * Of a port that is pending.  Only now is looked whose it is, and where his
 * bits are: who moves either looks for what is pending when he has done so.
 */
static inline void notify(struct domain *d, evtchn_port_t port)
{
	struct vcpu *v = d->vcpus[READ_ONCE(d->ports[port].notify_vcpu)];

	if (port_bits_select(d->shared, READ_ONCE(v->info), port)) {
		tell(v);
	}
}

void evtchn_set_pending(struct domain *d, evtchn_port_t port)
{
	if (!port_bits_set(d->shared, port)) {
		return;
	}
	notify(d, port);
	if (unlikely(READ_ONCE(d->polling_vcpus))) {
		wake_pollers(d, port);
	}
}

/* One that is closing, or bound anew, is sent nothing. */
static void send_to_partner(struct domain *d, struct evtchn *c,
			    evtchn_port_t port)
{
	struct domain *to = READ_ONCE(c->remote);
	evtchn_port_t to_port = READ_ONCE(c->remote_port);
	struct evtchn *other = evtchn_of(to, to_port);

	if (likely(other &&
		   READ_ONCE(other->state) == EVTCHNSTAT_interdomain &&
		   READ_ONCE(other->remote) == d &&
		   READ_ONCE(other->remote_port) == port)) {
		current->sched.sending = true;
		evtchn_set_pending(to, to_port);
		current->sched.sending = false;
	}
}

int evtchn_send(struct domain *d, evtchn_port_t port)
{
	struct evtchn *c = evtchn_of(d, port);
	int err = 0;

	if (unlikely(!c)) {
		return -EINVAL;
	}
	irq_disable();
	switch (READ_ONCE(c->state)) {
	case EVTCHNSTAT_interdomain:
		send_to_partner(d, c, port);
		break;
	case EVTCHNSTAT_ipi:
		evtchn_set_pending(d, port);
		break;
	case EVTCHNSTAT_unbound:
		break;
	default:
		err = -EINVAL;
	}
	irq_enable();
	return err;
}

int evtchn_unmask(struct domain *d, evtchn_port_t port)
{
	if (!evtchn_of(d, port)) {
		return -EINVAL;
	}
	if (port_bits_unmask(d->shared, port)) {
		notify(d, port);
	}
	return 0;
}

/*
 * Virtual interrupts, raised by us: for one vCPU (timer), or for domain 0,
 * which handles what concerns the machine (console, deaths).
 */
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
		evtchn_set_pending(v->domain, port);
	}
}

void virq_send_global(u32 virq)
{
	if (dom0 && dom0->vcpus[0]) {
		virq_send_vcpu(dom0->vcpus[0], virq);
	}
}
