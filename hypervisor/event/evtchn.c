/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The port table: reserving, closing, status, and the end of a domain's
 * ports.  A port's state changes under its domain's event_lock and its own
 * lock; readers need only its own.  An interdomain pair is changed under both
 * event locks (lower address first) and the lock of each side in turn, so
 * while one end's lock is held the other end's domain cannot go away.
 */
#include "event/evtchn.h"
#include "event/pair.h"
#include "event/pirq.h"
#include "event/port_bits.h"
#include "domain/sched.h"
#include "mm/alloc.h"
#include "x86/smp.h"
#include "lib/printk.h"

int evtchn_init(struct domain *d, unsigned int max_port)
{
	evtchn_port_t port;
	int err;

	d->max_ports = min(max_port, PORTS_TWO_LEVEL - 1U) + 1;
	d->ports = heap_alloc(DIV_ROUND_UP(PORTS_TWO_LEVEL, EVTCHNS_PER_PAGE) *
			      sizeof(d->ports[0]));
	if (!d->ports) {
		return -ENOMEM;
	}
	/* Port 0 is never given out: guests take it for "none". */
	err = evtchn_prepare(d);
	if (!err) {
		err = evtchn_reserve(d, &port);
	}
	return err ? err : pirq_init(d);
}

void evtchn_free(struct domain *d)
{
	for (unsigned int p = 0; d->ports && p < d->nr_ports;
	     p += EVTCHNS_PER_PAGE) {
		heap_free_pages(d->ports[p / EVTCHNS_PER_PAGE], 0);
	}
	heap_free(d->ports);
	pirq_free(d);
}

static bool has_free(const struct domain *d)
{
	unsigned int n = min(d->max_ports, READ_ONCE(d->nr_ports));

	for (unsigned int p = 0; p < n; p++) {
		if (READ_ONCE(evtchn_of(d, p)->state) == ECS_FREE) {
			return true;
		}
	}
	return false;
}

/*
 * Memory is allocated before a lock is taken: it may have to wait for other
 * CPUs.
 */
int evtchn_prepare(struct domain *d)
{
	unsigned int first = READ_ONCE(d->nr_ports);
	struct evtchn *page;
	unsigned long flags;

	if (has_free(d) || first >= d->max_ports) {
		return 0;
	}
	page = heap_alloc_pages(0);
	if (!page) {
		return -ENOMEM;
	}
	for (unsigned int i = 0; i < EVTCHNS_PER_PAGE; i++) {
		page[i].port = first + i;
	}
	flags = spin_lock_irqsave(&d->event_lock);
	if (d->nr_ports == first) {
		d->ports[first / EVTCHNS_PER_PAGE] = page;
		smp_wmb();
		WRITE_ONCE(d->nr_ports, first + EVTCHNS_PER_PAGE);
		page = NULL;
	}
	spin_unlock_irqrestore(&d->event_lock, flags);
	if (page) {
		heap_free_pages(page, 0);
	}
	return 0;
}

int evtchn_reserve(struct domain *d, evtchn_port_t *out)
{
	unsigned int n = min(d->max_ports, d->nr_ports);

	for (unsigned int p = 0; p < n; p++) {
		struct evtchn *c = evtchn_of(d, p);

		if (c->state == ECS_FREE) {
			c->state = ECS_RESERVED;
			c->notify_vcpu = 0;
			*out = p;
			return 0;
		}
	}
	return -ENOSPC;
}

unsigned long event_lock_pair(struct domain *a, struct domain *b)
{
	unsigned long flags;

	if (a > b) {
		struct domain *t = a;

		a = b;
		b = t;
	}
	flags = spin_lock_irqsave(&a->event_lock);
	if (a != b) {
		spin_lock(&b->event_lock);
	}
	return flags;
}

void event_unlock_pair(struct domain *a, struct domain *b,
		       unsigned long flags)
{
	if (a != b) {
		spin_unlock(&b->event_lock);
	}
	spin_unlock_irqrestore(&a->event_lock, flags);
}

static void set_free(struct domain *d, struct evtchn *c)
{
	spin_lock(&c->lock);
	c->state = ECS_FREE;
	c->notify_vcpu = 0;
	spin_unlock(&c->lock);
	atomic_clear_bit(d->shared->evtchn_pending, c->port);
}

/* The other end of a closed channel waits for a new partner. */
static void set_remote_unbound(struct domain *d, struct evtchn *other)
{
	spin_lock(&other->lock);
	other->state = ECS_UNBOUND;
	other->unbound.remote = d->id;
	spin_unlock(&other->lock);
}

/* event_lock held; not for interdomain ports. */
static void close_simple(struct domain *d, struct evtchn *c)
{
	struct vcpu *v;

	if (c->state == ECS_VIRQ) {
		for_each_vcpu(d, v) {
			if (v->virq_port[c->virq] == c->port) {
				WRITE_ONCE(v->virq_port[c->virq], 0);
			}
		}
	}
	if (c->state == ECS_PIRQ) {
		pirq_unbind(d, c->pirq.irq);
	}
	set_free(d, c);
}

/*
 * Closes an interdomain port.  The partner's event lock may have to be taken
 * first, so all is looked at again: -EAGAIN when it changed meanwhile.
 */
static int close_interdomain(struct domain *d, struct evtchn *c)
{
	struct domain *remote;
	unsigned long flags;
	int err = -EAGAIN;

	/* Our end's lock keeps the partner while we take a reference. */
	flags = spin_lock_irqsave(&c->lock);
	if (c->state != ECS_INTERDOMAIN) {
		spin_unlock_irqrestore(&c->lock, flags);
		return err;
	}
	remote = c->inter.remote;
	domain_get(remote);
	spin_unlock_irqrestore(&c->lock, flags);

	flags = event_lock_pair(d, remote);
	if (c->state == ECS_INTERDOMAIN && c->inter.remote == remote) {
		evtchn_port_t other = c->inter.port;

		set_free(d, c);
		if (remote != d || other != c->port) {
			set_remote_unbound(d, evtchn_of(remote, other));
		}
		err = 0;
	}
	event_unlock_pair(d, remote, flags);
	domain_put(remote);
	return err;
}

int evtchn_close(struct domain *d, evtchn_port_t port)
{
	struct evtchn *c = evtchn_of(d, port);
	int err;

	if (!c) {
		return -EINVAL;
	}
	do {
		unsigned long flags = spin_lock_irqsave(&d->event_lock);
		u8 state = c->state;

		err = 0;
		if (state == ECS_FREE || state == ECS_RESERVED) {
			err = -EINVAL;
		} else if (state != ECS_INTERDOMAIN) {
			close_simple(d, c);
		}
		spin_unlock_irqrestore(&d->event_lock, flags);
		if (state == ECS_INTERDOMAIN) {
			err = close_interdomain(d, c);
		}
	} while (err == -EAGAIN);
	return err;
}

int evtchn_close_all(struct domain *d)
{
	if (!d->ports) {
		return 0;
	}
	for (unsigned int p = 1; p < READ_ONCE(d->nr_ports); p++) {
		if (evtchn_of(d, p)->state == ECS_FREE) {
			continue;
		}
		(void)evtchn_close(d, p);
		if (p % 64 == 0 && READ_ONCE(this_cpu(softirq_pending))) {
			return -ERESTART;
		}
	}
	return 0;
}

static u32 status_of(const struct evtchn *c, evtchn_status_t *s)
{
	switch (c->state) {
	case ECS_UNBOUND:
		s->u.unbound.dom = c->unbound.remote;
		return EVTCHNSTAT_unbound;
	case ECS_INTERDOMAIN:
		s->u.interdomain.dom = c->inter.remote->id;
		s->u.interdomain.port = c->inter.port;
		return EVTCHNSTAT_interdomain;
	case ECS_PIRQ:
		s->u.pirq = c->pirq.irq;
		return EVTCHNSTAT_pirq;
	case ECS_VIRQ:
		s->u.virq = c->virq;
		return EVTCHNSTAT_virq;
	case ECS_IPI:
		return EVTCHNSTAT_ipi;
	default:
		return EVTCHNSTAT_closed;
	}
}

int evtchn_status(struct domain *d, evtchn_status_t *s)
{
	struct evtchn *c = evtchn_of(d, s->port);
	unsigned long flags;

	if (!c) {
		return -EINVAL;
	}
	flags = spin_lock_irqsave(&c->lock);
	s->status = status_of(c, s);
	s->vcpu = c->notify_vcpu;
	spin_unlock_irqrestore(&c->lock, flags);
	return 0;
}

void evtchn_dump(struct domain *d)
{
	static const char *const names[] = {
		"free", "reserved", "unbound", "interdomain", "pirq", "virq",
		"ipi",
	};

	printk(LOG_INFO, "Domain %u: event channels\n", d->id);
	for (unsigned int p = 1; p < d->nr_ports; p++) {
		struct evtchn *c = evtchn_of(d, p);
		evtchn_status_t s = { .port = p };

		if (c->state == ECS_FREE || evtchn_status(d, &s)) {
			continue;
		}
		printk(LOG_INFO, "  port %u %s vCPU %u %s%s to %u\n", p,
		       names[c->state], s.vcpu,
		       bit_is_set(d->shared->evtchn_pending, p) ? "P" : "-",
		       bit_is_set(d->shared->evtchn_mask, p) ? "M" : "-",
		       c->state == ECS_INTERDOMAIN ? s.u.interdomain.dom :
		       s.u.virq);
	}
}
