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
	u8 in_flight;			/* level: raised, and no EOI yet; atomic */
	bool mapped;			/* PHYSDEVOP_map_pirq */
	bool routed;			/* a GSI that has a vector */
};

int pirq_init(struct domain *d);
void pirq_free(struct domain *d);

/* d's PIRQ, or NULL when the number is out of range or d may have none. */
struct pirq *pirq_of(const struct domain *d, u32 pirq);

/* PHYSDEVOP_setup_gsi: trigger and polarity, before or after mapping. */
int pirq_setup_gsi(struct domain *d, u32 gsi, bool level, bool active_low);
int pirq_map_gsi(struct domain *d, u32 gsi);
/* A new MSI or MSI-X vector of a device; the PIRQ's number, or -errno. */
struct msi_place;
int pirq_map_msi(struct domain *d, const struct msi_place *where);
int pirq_unmap(struct domain *d, u32 pirq);
/* PHYSDEVOP_restore_msi: writes the device's messages anew. */
int pirq_restore_msi(struct domain *d, u16 bdf);

/* For EVTCHNOP_bind_pirq: without a lock first, then under event_lock. */
int pirq_prepare(struct domain *d, u32 pirq);
bool pirq_is_free(const struct domain *d, u32 pirq);
void pirq_bind(struct domain *d, u32 pirq, evtchn_port_t port);
void pirq_unbind(struct domain *d, u32 pirq);

/* PHYSDEVOP_eoi: the guest has served it. */
int pirq_eoi(struct domain *d, u32 pirq);
bool pirq_needs_eoi(const struct domain *d, u32 pirq);
/* PHYSDEVOP_pirq_eoi_gmfn: a page with a bit for each that wants EOIs. */
int pirq_set_eoi_map(struct domain *d, mfn_t m, bool auto_unmask);
void pirq_release_eoi_map(struct domain *d);

#endif
