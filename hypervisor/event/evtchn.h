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

/*
 * Its fields change under event_lock, the state last; senders read them
 * without (event/send.c).
 */
struct evtchn {
	u8 state;			/* EVTCHNSTAT_*; closed: free */
	u16 notify_vcpu;
	union {
		u32 remote_id;		/* unbound: who may bind to it */
		u32 virq, pirq;
	};
	/* Interdomain, and in no union: valid as long as the state was read. */
	evtchn_port_t remote_port;
	struct domain *remote;
};

int evtchn_init(struct domain *d, unsigned int max_port);
/* Closes every port; budgeted: -ERESTART, then 0. */
int evtchn_close_all(struct domain *d);
void evtchn_free(struct domain *d);

/* The port's struct, whatever its state; NULL when out of range. */
static inline struct evtchn *evtchn_of(const struct domain *d,
				       evtchn_port_t port)
{
	return unlikely(port >= d->nr_ports) ? NULL : &d->ports[port];
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
int evtchn_bind_pirq(struct domain *d, u32 pirq, evtchn_port_t *out);
int evtchn_close(struct domain *d, evtchn_port_t port);
int evtchn_bind_vcpu(struct domain *d, evtchn_port_t port, u32 vcpu);
int evtchn_unmask(struct domain *d, evtchn_port_t port);
int evtchn_status(struct domain *d, evtchn_status_t *s);

/*
 * EVTCHNOP_send by d: 0, -EINVAL.  The hot path; takes no lock.  Interrupts are
 * on, before and after.
 */
int evtchn_send(struct domain *d, evtchn_port_t port);

/* Marks a port pending and notifies its vCPU. */
void evtchn_set_pending(struct domain *d, evtchn_port_t port);

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

/* How many ports do not agree with what they are bound to (audit.c). */
unsigned int evtchn_audit(void);

#endif
