/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Physical interrupts as event channels, for domain 0 (xen/physdev.h).  A
 * PIRQ has the number of our IRQ: GSIs first, then MSIs.
 */
#ifndef EVENT_PIRQ_H
#define EVENT_PIRQ_H

#include "domain/domain.h"

struct msi;

struct pirq {
	struct msi *msi;		/* NULL: a GSI */
	evtchn_port_t port;		/* 0: not bound */
	bool mapped;			/* PHYSDEVOP_map_pirq */
	bool routed;			/* a GSI that has a vector */
};

/* d's PIRQ, or NULL when the number is out of range or d may have none. */
struct pirq *pirq_of(const struct domain *d, u32 pirq);

/* PHYSDEVOP_setup_gsi: trigger and polarity, before or after mapping. */
int pirq_setup_gsi(struct domain *d, u32 gsi, bool level, bool active_low);
int pirq_map_gsi(u32 gsi);
/* A new MSI or MSI-X vector of a device; the PIRQ's number, or -errno. */
struct msi_place;
int pirq_map_msi(struct domain *d, const struct msi_place *where);
int pirq_unmap(struct domain *d, u32 pirq);
/* PHYSDEVOP_restore_msi: writes the device's messages anew. */
int pirq_restore_msi(struct domain *d, u16 bdf);

/*
 * For EVTCHNOP_bind_pirq: may d bind it?  Without a lock; then, under
 * event_lock, with the port in place: interrupts come.
 */
int pirq_prepare(struct domain *d, u32 pirq);
void pirq_start(u32 pirq);
/* Nothing happens if it is not this port's any more. */
void pirq_stop(u32 pirq, evtchn_port_t port);

#endif
