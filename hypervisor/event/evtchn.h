/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Event channels, two-level ABI (xen/event_channel.h): a port is a bit in the
 * domain's shared_info, pending and masked, and a summary for each vCPU.
 *
 *   free --alloc--> unbound --bind_interdomain--> interdomain
 *     |                ^-------- peer closed --------+
 *     +--bind_virq--> virq      +--bind_ipi--> ipi
 *     +--bind_pirq--> pirq                 any --close--> free
 */
#ifndef EVENT_EVTCHN_H
#define EVENT_EVTCHN_H

#include "domain/domain.h"
#include <xen/event_channel.h>

enum evtchn_state {
	ECS_FREE, ECS_RESERVED, ECS_UNBOUND, ECS_INTERDOMAIN,
	ECS_PIRQ, ECS_VIRQ, ECS_IPI,
};

struct evtchn {
	spinlock_t lock;		/* irqsave; below event_lock */
	u8 state;
	u16 notify_vcpu;
	evtchn_port_t port;
	union {
		struct { domid_t remote; } unbound;
		struct { u32 irq; } pirq;
		u32 virq;
	};
	/* In no union: senders read it without the lock (event/send.c). */
	struct { struct domain *remote; evtchn_port_t port; } inter;
};

_Static_assert(sizeof(struct evtchn) == 32, "128 in a frame");

int evtchn_init(struct domain *d, unsigned int max_port);
/* Closes every port; budgeted: -ERESTART, then 0. */
int evtchn_close_all(struct domain *d);
void evtchn_free(struct domain *d);

/* Ports in pages of this many; found without a lock, never moved. */
#define EVTCHNS_PER_PAGE	(PAGE_SIZE / sizeof(struct evtchn))

/* The port's struct, whatever its state; NULL when out of range. */
static inline struct evtchn *evtchn_of(const struct domain *d,
				       evtchn_port_t port)
{
	if (unlikely(port >= READ_ONCE(d->nr_ports))) {
		return NULL;
	}
	return &d->ports[port / EVTCHNS_PER_PAGE][port % EVTCHNS_PER_PAGE];
}

/*
 * The operations, as xen/event_channel.h has them; 0 and *out, or -errno.
 * Rights were checked by the caller.
 */
int evtchn_alloc_unbound(struct domain *d, domid_t remote,
			 evtchn_port_t *out);
int evtchn_bind_interdomain(struct domain *d, struct domain *remote,
			    evtchn_port_t remote_port, evtchn_port_t *out);
int evtchn_bind_virq(struct domain *d, u32 virq, u32 vcpu,
		     evtchn_port_t *out);
int evtchn_bind_ipi(struct domain *d, u32 vcpu, evtchn_port_t *out);
int evtchn_bind_pirq(struct domain *d, u32 pirq, bool share,
		     evtchn_port_t *out);
int evtchn_close(struct domain *d, evtchn_port_t port);
int evtchn_bind_vcpu(struct domain *d, evtchn_port_t port, u32 vcpu);
int evtchn_unmask(struct domain *d, evtchn_port_t port);
int evtchn_status(struct domain *d, evtchn_status_t *s);

/*
 * First without a lock: room for a port, or -ENOMEM.  Then, with event_lock
 * held, a free port reserved for the caller, or -ENOSPC.
 */
int evtchn_prepare(struct domain *d);
int evtchn_reserve(struct domain *d, evtchn_port_t *out);

/*
 * EVTCHNOP_send by d: 0, -EINVAL.  The hot path; takes no lock.  Interrupts are
 * on, before and after.
 */
int evtchn_send(struct domain *d, evtchn_port_t port);

/* Marks a port pending and notifies its vCPU. */
void evtchn_set_pending(struct vcpu *v, evtchn_port_t port);
bool evtchn_is_pending(const struct domain *d, evtchn_port_t port);

/* VIRQs that we raise: for one vCPU, or for domain 0. */
void virq_send_vcpu(struct vcpu *v, u32 virq);
void virq_send_global(u32 virq);
bool virq_is_global(u32 virq);

/* May v take an upcall now?  Pending and not masked. */
static inline bool vcpu_upcall_due(const struct vcpu *v)
{
	return READ_ONCE(v->info->evtchn_upcall_pending) &&
	       !READ_ONCE(v->info->evtchn_upcall_mask);
}

/* A physical interrupt for domain 0 arrived (event/pirq.c, IRQ context). */
void pirq_raise(struct domain *d, u32 pirq);

void evtchn_dump(struct domain *d);

/* How many ports do not agree with what they are bound to (audit.c). */
unsigned int evtchn_audit(void);

#endif
