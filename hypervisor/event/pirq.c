/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Physical interrupts of domain 0.
 *
 *   (none) --map--> mapped --bind_pirq--> bound --raised--> in flight
 *                      ^                   |  ^--- PHYSDEVOP_eoi --+
 *                      +---- close --------+   (level-triggered GSIs)
 *
 * A level-triggered line stays quiet from its interrupt to the guest's EOI;
 * edges and MSIs are acknowledged at once and have no "in flight".
 */
#include "event/pirq.h"
#include "event/evtchn.h"
#include "device/acpi.h"
#include "device/msi.h"
#include "domain/sched.h"
#include "mm/alloc.h"
#include "mm/page_type.h"
#include "x86/irq.h"

#define PIRQ_ORDER	2
_Static_assert(MAX_IRQS * sizeof(struct pirq) <= PAGE_SIZE << PIRQ_ORDER,
	       "all PIRQs");

static spinlock_t setup_lock;		/* GSI routing, MSI slots */

int pirq_init(struct domain *d)
{
	if (!d->privileged) {
		return 0;
	}
	d->pirqs = heap_alloc_pages(PIRQ_ORDER);
	return d->pirqs ? 0 : -ENOMEM;
}

void pirq_free(struct domain *d)
{
	if (d->pirqs) {
		heap_free_pages(d->pirqs, PIRQ_ORDER);
	}
}

struct pirq *pirq_of(const struct domain *d, u32 pirq)
{
	return d->pirqs && pirq < MAX_IRQS ? &d->pirqs[pirq] : NULL;
}

static void handler(u32 irq, void *data)
{
	pirq_raise(data, irq);
}

void pirq_raise(struct domain *d, u32 pirq)
{
	struct pirq *p = &d->pirqs[pirq];
	evtchn_port_t port = READ_ONCE(p->port);
	struct evtchn *c;

	if (!port) {
		return;
	}
	c = evtchn_of(d, port);
	if (irq_is_level(pirq)) {
		WRITE_ONCE(p->in_flight, 1);
	}
	evtchn_set_pending(d->vcpus[READ_ONCE(c->notify_vcpu)], port);
}

/* setup_lock held. */
static int route(struct domain *d, u32 gsi, bool level, bool active_low)
{
	struct pirq *p = &d->pirqs[gsi];
	int err;

	if (p->routed) {
		if (p->port || irq_is_level(gsi) == level) {
			return p->port ? -EEXIST : 0;
		}
		irq_release(gsi);
		p->routed = false;
	}
	err = irq_bind_gsi(gsi, level, active_low, handler, d);
	if (!err) {
		p->routed = true;
	}
	return err == -EBUSY ? -EEXIST : err;
}

int pirq_setup_gsi(struct domain *d, u32 gsi, bool level, bool active_low)
{
	int err;

	if (gsi >= nr_gsis || !d->pirqs) {
		return -EINVAL;
	}
	spin_lock(&setup_lock);
	err = route(d, gsi, level, active_low);
	spin_unlock(&setup_lock);
	return err;
}

/* ISA interrupts are edges but where ACPI says otherwise; others are PCI's. */
static int route_default(struct domain *d, u32 gsi)
{
	for (unsigned int i = 0; i < acpi_info.nr_overrides; i++) {
		const struct acpi_override *o = &acpi_info.overrides[i];

		if (o->gsi == gsi) {
			return route(d, gsi, o->level, o->active_low);
		}
	}
	return route(d, gsi, gsi >= 16, gsi >= 16);
}

int pirq_map_gsi(struct domain *d, u32 gsi)
{
	if (gsi >= nr_gsis || !d->pirqs) {
		return -EINVAL;
	}
	d->pirqs[gsi].mapped = true;
	return (int)gsi;
}

int pirq_map_msi(struct domain *d, const struct msi_place *where)
{
	u64 address;
	u32 data;
	struct msi *msi;
	int irq, err;

	if (!d->pirqs) {
		return -EPERM;
	}
	irq = irq_alloc_msi(handler, d, &address, &data);
	if (irq < 0) {
		return irq;
	}
	if (irq >= MAX_IRQS || d->pirqs[irq].mapped) {
		irq_release((u32)irq);
		return -ENOSPC;
	}
	err = msi_setup(where, address, data, &msi);
	if (err) {
		irq_release((u32)irq);
		return err;
	}
	d->pirqs[irq].msi = msi;
	d->pirqs[irq].mapped = true;
	return irq;
}

int pirq_unmap(struct domain *d, u32 pirq)
{
	struct pirq *p = pirq_of(d, pirq);
	unsigned long flags;
	struct msi *msi;

	if (!p || !p->mapped) {
		return -EINVAL;
	}
	flags = spin_lock_irqsave(&d->event_lock);
	msi = p->msi;
	pirq_unbind(d, pirq);
	p->mapped = false;
	p->msi = NULL;
	spin_unlock_irqrestore(&d->event_lock, flags);
	if (msi) {
		msi_release(msi);
		irq_release(pirq);
	}
	return 0;
}

int pirq_restore_msi(struct domain *d, u16 bdf)
{
	bool any = false;

	for (u32 i = nr_gsis; d->pirqs && i < MAX_IRQS; i++) {
		struct msi *m = d->pirqs[i].msi;

		any |= m && msi_restore(m, bdf);
	}
	return any ? 0 : -ENODEV;
}

int pirq_prepare(struct domain *d, u32 pirq)
{
	struct pirq *p = pirq_of(d, pirq);
	int err = 0;

	if (!p) {
		return pirq < MAX_IRQS ? -EPERM : -EINVAL;
	}
	if (p->msi) {
		return 0;
	}
	if (pirq >= nr_gsis) {
		return -EINVAL;
	}
	spin_lock(&setup_lock);
	if (!p->routed) {
		err = route_default(d, pirq);
	}
	spin_unlock(&setup_lock);
	return err == -EEXIST ? -EBUSY : err;
}

bool pirq_is_free(const struct domain *d, u32 pirq)
{
	return !d->pirqs[pirq].port;
}

static void note_eoi(struct domain *d, u32 pirq)
{
	if (!d->pirq_eoi_map) {
		return;
	}
	if (d->pirqs[pirq].port && irq_is_level(pirq)) {
		atomic_set_bit(d->pirq_eoi_map, pirq);
	} else {
		atomic_clear_bit(d->pirq_eoi_map, pirq);
	}
}

void pirq_bind(struct domain *d, u32 pirq, evtchn_port_t port)
{
	struct pirq *p = &d->pirqs[pirq];

	p->in_flight = 0;
	WRITE_ONCE(p->port, port);
	note_eoi(d, pirq);
	if (p->msi) {
		msi_mask(p->msi, false);
	} else {
		irq_eoi_done(pirq);
		irq_mask(pirq, false);
	}
}

void pirq_unbind(struct domain *d, u32 pirq)
{
	struct pirq *p = &d->pirqs[pirq];

	if (!p->port) {
		return;
	}
	WRITE_ONCE(p->port, 0);
	if (p->msi) {
		msi_mask(p->msi, true);
		return;
	}
	irq_mask(pirq, true);
	p->in_flight = 0;
	irq_eoi_done(pirq);
	note_eoi(d, pirq);
}

int pirq_eoi(struct domain *d, u32 pirq)
{
	struct pirq *p = pirq_of(d, pirq);
	evtchn_port_t port;

	if (!p) {
		return -EINVAL;
	}
	port = READ_ONCE(p->port);
	if (!port) {
		return 0;
	}
	if (d->pirq_auto_unmask) {
		(void)evtchn_unmask(d, port);
	}
	if (xchg(&p->in_flight, 0)) {
		irq_eoi_done(pirq);
	}
	return 0;
}

bool pirq_needs_eoi(const struct domain *d, u32 pirq)
{
	return !d->pirqs[pirq].msi && d->pirqs[pirq].routed &&
	       irq_is_level(pirq);
}

int pirq_set_eoi_map(struct domain *d, mfn_t m, bool auto_unmask)
{
	unsigned long flags;

	if (page_type_get(m, FT_WRITABLE, d, false)) {
		return -EINVAL;
	}
	flags = spin_lock_irqsave(&d->event_lock);
	if (d->pirq_eoi_map || d->dying) {
		spin_unlock_irqrestore(&d->event_lock, flags);
		(void)page_type_put(m, false);
		return -EBUSY;
	}
	d->pirq_eoi_mfn = m;
	d->pirq_eoi_map = mfn_to_virt(m);
	d->pirq_auto_unmask = auto_unmask;
	for (u32 i = 0; d->pirqs && i < nr_gsis; i++) {
		if (d->pirqs[i].port) {
			note_eoi(d, i);
		}
	}
	spin_unlock_irqrestore(&d->event_lock, flags);
	return 0;
}

void pirq_release_eoi_map(struct domain *d)
{
	mfn_t m = d->pirq_eoi_mfn;

	if (d->pirq_eoi_map) {
		d->pirq_eoi_map = NULL;
		d->pirq_eoi_mfn = INVALID_MFN;
		(void)page_type_put(m, false);
	}
}
