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
	bool hv_consumer;		/* ours: deliver by function, unused */
	u16 notify_vcpu;
	evtchn_port_t port;
	union {
		struct { domid_t remote; } unbound;
		struct { struct domain *remote; evtchn_port_t port; } inter;
		struct { u32 irq; } pirq;
		u32 virq;
	};
};

int evtchn_init(struct domain *d, unsigned int max_port);
/* Closes every port; budgeted: -ERESTART, then 0. */
int evtchn_close_all(struct domain *d);
void evtchn_free(struct domain *d);

/* EVTCHNOP_send by d: 0, -EINVAL. The hot path; takes no domain-wide lock. */
int evtchn_send(struct domain *d, evtchn_port_t port);

/* Marks a port pending and notifies its vCPU. */
void evtchn_set_pending(struct vcpu *v, evtchn_port_t port);

/* VIRQs that we raise: for one vCPU, or for the domain that bound it. */
void virq_send_vcpu(struct vcpu *v, u32 virq);
void virq_send_global(u32 virq);		/* to its holder (domain 0) */

/* May v take an upcall now?  Pending and not masked. */
static inline bool vcpu_upcall_due(const struct vcpu *v)
{
	return v->info->evtchn_upcall_pending && !v->info->evtchn_upcall_mask;
}

/* The toolstack's console and xenstore ports. */
int evtchn_alloc_unbound(struct domain *d, domid_t remote,
			 evtchn_port_t *out);

/* A physical interrupt for domain 0 arrived (event/pirq.c, IRQ context). */
void pirq_raise(struct domain *d, u32 pirq);

void evtchn_dump(struct domain *d);

#endif
