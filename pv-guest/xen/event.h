/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Event channels: the interrupts of a PV guest. Each port has a pending and a
 * mask bit in the shared page, and each vCPU a word that tells which words of
 * bits to look at.
 */
#ifndef KEEL_XEN_EVENT_H
#define KEEL_XEN_EVENT_H

#include "xen/cpu.h"

typedef void (*event_handler_t)(evtchn_port_t port, void *arg);

/* Upcalls on this vCPU: the PV guest's sti and cli. */
void events_enable(void);
bool events_disable(void);

/* Handles what is pending; called from the upcall, or with upcalls masked. */
void event_dispatch(void);

/* Has `handler` called for events on a bound port, and unmasks it. */
void event_set_handler(evtchn_port_t port, event_handler_t handler, void *arg);

void event_mask(evtchn_port_t port);
void event_unmask(evtchn_port_t port);
bool event_is_pending(evtchn_port_t port);
void event_clear(evtchn_port_t port);

/* Each returns the new port, or a negative errno. The port begins masked. */
int event_bind_virq(unsigned int virq, unsigned int vcpu);
int event_bind_ipi(unsigned int vcpu);
int event_alloc_unbound(domid_t domain, domid_t remote);
int event_bind_interdomain(domid_t remote, evtchn_port_t remote_port);

/*
 * From here on the port's events are that vCPU's, and no other handles them; as
 * those of event_bind_virq and event_bind_ipi are from the start.
 */
int event_bind_vcpu(evtchn_port_t port, unsigned int vcpu);

/* After a resume in another domain: no port is bound, all are masked. */
void event_forget_all(void);

int event_send(evtchn_port_t port);
int event_close(evtchn_port_t port);

#endif
