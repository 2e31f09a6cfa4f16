/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The port table (xen/event_channel.h): binding, closing, status.  A port
 * changes under its domain's event_lock, an interdomain pair under both.
 */
#include "event/evtchn.h"
#include "event/pirq.h"
#include "event/port_bits.h"
#include "domain/sched.h"
#include "mm/alloc.h"
#include "x86/smp.h"

static unsigned int table_order(const struct domain *d)
{
	unsigned int order = 0;

	while (PAGE_SIZE << order < d->nr_ports * sizeof(d->ports[0])) {
		order++;
	}
	return order;
}

int evtchn_init(struct domain *d, unsigned int max_port)
{
	d->nr_ports = min(max_port, PORTS_TWO_LEVEL - 1U) + 1;
	d->ports = heap_alloc_pages(table_order(d));
	return d->ports ? 0 : -ENOMEM;
}

void evtchn_free(struct domain *d)
{
	heap_free_pages(d->ports, table_order(d));
}

/* The event locks of two domains, or of one; interrupts are off. */
static void lock_pair(struct domain *a, struct domain *b)
{
	spin_lock(&min(a, b)->event_lock);
	if (a != b) {
		spin_lock(&max(a, b)->event_lock);
	}
}

static void unlock_pair(struct domain *a, struct domain *b)
{
	spin_unlock(&a->event_lock);
	if (a != b) {
		spin_unlock(&b->event_lock);
	}
}

/*
 * Senders look at a port at any time: its state goes last, and a partner once
 * there is never wiped out.
 */
static void become(struct evtchn *c, struct evtchn new)
{
	c->notify_vcpu = new.notify_vcpu;
	c->virq = new.virq;
	if (new.remote) {
		WRITE_ONCE(c->remote, new.remote);
		WRITE_ONCE(c->remote_port, new.remote_port);
	}
	smp_wmb();
	WRITE_ONCE(c->state, new.state);
}

/*
 * A free port becomes `new`; locked.  Port 0 is "none" to guests.  Whoever was
 * sending when it was closed may have made it pending since.
 */
static int take_port(struct domain *d, struct evtchn new, evtchn_port_t *out)
{
	for (evtchn_port_t p = 1; p < d->nr_ports; p++) {
		if (d->ports[p].state == EVTCHNSTAT_closed) {
			atomic_clear_bit(d->shared->evtchn_pending, p);
			become(&d->ports[p], new);
			*out = p;
			return 0;
		}
	}
	return -ENOSPC;
}

/* slot, if any, is where the port's number is kept; there can be one only. */
static int bind(struct domain *d, struct evtchn new, evtchn_port_t *slot,
		evtchn_port_t *out)
{
	unsigned long flags = spin_lock_irqsave(&d->event_lock);
	int err = d->dying ? -EINVAL : slot && *slot ? -EEXIST :
		  take_port(d, new, out);

	if (!err && slot) {
		WRITE_ONCE(*slot, *out);
	}
	if (!err && new.state == EVTCHNSTAT_pirq) {
		pirq_start(new.pirq);
	}
	spin_unlock_irqrestore(&d->event_lock, flags);
	return err;
}

int evtchn_alloc_unbound(struct domain *d, domid_t remote,
			 evtchn_port_t *out)
{
	struct evtchn new = {
		.state = EVTCHNSTAT_unbound, .remote_id = remote,
	};

	return bind(d, new, NULL, out);
}

int evtchn_bind_virq(struct domain *d, u32 virq, u32 vcpu,
		     evtchn_port_t *out)
{
	struct evtchn new = {
		.state = EVTCHNSTAT_virq, .virq = virq,
		.notify_vcpu = (u16)vcpu,
	};
	struct vcpu *v = domain_vcpu(d, vcpu);

	if (virq >= NR_VIRQS || (virq_is_global(virq) && vcpu)) {
		return -EINVAL;
	}
	return v ? bind(d, new, &v->virq_port[virq], out) : -ENOENT;
}

int evtchn_bind_ipi(struct domain *d, u32 vcpu, evtchn_port_t *out)
{
	struct evtchn new = {
		.state = EVTCHNSTAT_ipi, .notify_vcpu = (u16)vcpu,
	};

	return domain_vcpu(d, vcpu) ? bind(d, new, NULL, out) : -ENOENT;
}

int evtchn_bind_pirq(struct domain *d, u32 pirq, evtchn_port_t *out)
{
	struct evtchn new = { .state = EVTCHNSTAT_pirq, .pirq = pirq };
	int err = pirq_prepare(d, pirq);

	return err ? err : bind(d, new, &pirq_of(d, pirq)->port, out);
}

int evtchn_bind_interdomain(struct domain *d, struct domain *remote,
			    evtchn_port_t remote_port, evtchn_port_t *out)
{
	struct evtchn *other = evtchn_of(remote, remote_port);
	struct evtchn ours = {
		.state = EVTCHNSTAT_interdomain, .remote = remote,
		.remote_port = remote_port,
	}, theirs = { .state = EVTCHNSTAT_interdomain, .remote = d };
	unsigned long flags = irq_save();
	int err = -EINVAL;

	lock_pair(d, remote);
	if (!d->dying && !remote->dying && other &&
	    other->state == EVTCHNSTAT_unbound && other->remote_id == d->id) {
		err = take_port(d, ours, out);
	}
	if (!err) {
		theirs.remote_port = *out;
		theirs.notify_vcpu = other->notify_vcpu;
		become(other, theirs);
		/* What the partner sent before we came is not lost. */
		evtchn_set_pending(d, *out);
	}
	unlock_pair(d, remote);
	irq_restore(flags);
	return err;
}

int evtchn_bind_vcpu(struct domain *d, evtchn_port_t port, u32 vcpu)
{
	struct evtchn *c = evtchn_of(d, port);
	unsigned long flags;
	int err = 0;

	if (!domain_vcpu(d, vcpu)) {
		return -ENOENT;
	}
	if (!c) {
		return -EINVAL;
	}
	flags = spin_lock_irqsave(&d->event_lock);
	if (c->state == EVTCHNSTAT_closed || c->state == EVTCHNSTAT_ipi ||
	    (c->state == EVTCHNSTAT_virq && !virq_is_global(c->virq))) {
		err = -EINVAL;
	} else {
		WRITE_ONCE(c->notify_vcpu, (u16)vcpu);
	}
	spin_unlock_irqrestore(&d->event_lock, flags);
	return err;
}

/* What the port was bound to forgets it; locked. */
static void unbind(struct domain *d, struct evtchn *c, evtchn_port_t port)
{
	struct evtchn *other;
	struct vcpu *v;

	switch (c->state) {
	case EVTCHNSTAT_interdomain:
		/* The other end waits for a new partner. */
		other = &c->remote->ports[c->remote_port];
		other->remote_id = d->id;
		WRITE_ONCE(other->state, EVTCHNSTAT_unbound);
		break;
	case EVTCHNSTAT_virq:
		for_each_vcpu(d, v) {
			if (v->virq_port[c->virq] == port) {
				WRITE_ONCE(v->virq_port[c->virq], 0);
			}
		}
		break;
	case EVTCHNSTAT_pirq:
		pirq_stop(c->pirq, port);
		break;
	}
}

/* Whose lock is needed too: the partner's, if there is one. */
static struct domain *partner(struct domain *d, const struct evtchn *c)
{
	return READ_ONCE(c->state) == EVTCHNSTAT_interdomain ?
	       READ_ONCE(c->remote) : d;
}

int evtchn_close(struct domain *d, evtchn_port_t port)
{
	struct evtchn *c = evtchn_of(d, port);
	struct domain *remote;
	unsigned long flags;
	int err = 0;

	if (!c) {
		return -EINVAL;
	}
	/* Off, so that a partner just read is still there to be locked. */
	flags = irq_save();
	for (;;) {
		remote = partner(d, c);
		lock_pair(d, remote);
		if (partner(d, c) == remote) {
			break;
		}
		unlock_pair(d, remote);
	}
	if (c->state == EVTCHNSTAT_closed) {
		err = -EINVAL;
	} else {
		unbind(d, c, port);
		WRITE_ONCE(c->state, EVTCHNSTAT_closed);
		atomic_clear_bit(d->shared->evtchn_pending, port);
	}
	unlock_pair(d, remote);
	irq_restore(flags);
	return err;
}

int evtchn_close_all(struct domain *d)
{
	unsigned long flags = spin_lock_irqsave(&d->event_lock);

	/* Who binds from now on has seen that d is dying, if it is. */
	spin_unlock_irqrestore(&d->event_lock, flags);
	for (evtchn_port_t p = 1; p < d->nr_ports; p++) {
		if (READ_ONCE(d->ports[p].state) == EVTCHNSTAT_closed) {
			continue;
		}
		(void)evtchn_close(d, p);
		if (READ_ONCE(cpu_info()->softirq_pending)) {
			return -ERESTART;
		}
	}
	return 0;
}

int evtchn_status(struct domain *d, evtchn_status_t *s)
{
	struct evtchn *c = evtchn_of(d, s->port);
	unsigned long flags;

	if (!c) {
		return -EINVAL;
	}
	flags = spin_lock_irqsave(&d->event_lock);
	s->status = c->state;
	s->vcpu = c->notify_vcpu;
	s->u.virq = c->virq;
	if (c->state == EVTCHNSTAT_unbound) {
		s->u.unbound.dom = (domid_t)c->remote_id;
	} else if (c->state == EVTCHNSTAT_interdomain) {
		s->u.interdomain.dom = c->remote->id;
		s->u.interdomain.port = c->remote_port;
	}
	spin_unlock_irqrestore(&d->event_lock, flags);
	return 0;
}
