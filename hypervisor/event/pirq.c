/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Physical interrupts of domain 0.
 *
 *   (none) --map--> mapped --bind_pirq--> bound --raised--> in service
 *                      ^                   |  ^--- PHYSDEVOP_eoi --+
 *                      +---- close --------+   (level-triggered GSIs)
 *
 * A level-triggered line stays quiet from its interrupt to the guest's EOI
 * (x86/irq.c keeps that); edges and MSIs are acknowledged at once.
 */
#include "event/pirq.h"
#include "event/evtchn.h"
#include "device/acpi.h"
#include "device/msi.h"
#include "domain/sched.h"
#include "x86/irq.h"

static struct pirq pirqs[MAX_IRQS];
static spinlock_t setup_lock;		/* GSI routing */

struct pirq *pirq_of(const struct domain *d, u32 pirq)
{
	return d->privileged && pirq < MAX_IRQS ? &pirqs[pirq] : NULL;
}

/* An interrupt arrived; IRQ context. */
static void pirq_raise(u32 pirq, void *data)
{
	evtchn_port_t port = READ_ONCE(pirqs[pirq].port);

	if (port) {
		evtchn_set_pending(data, port);
	}
}

int pirq_setup_gsi(struct domain *d, u32 gsi, bool level, bool active_low)
{
	struct pirq *p = &pirqs[gsi];
	int err = 0;

	if (gsi >= nr_gsis) {
		return -EINVAL;
	}
	spin_lock(&setup_lock);
	if (p->routed && p->port) {
		err = -EEXIST;
	} else if (!p->routed || irq_is_level(gsi) != level) {
		if (p->routed) {
			irq_release(gsi);
		}
		err = irq_bind_gsi(gsi, level, active_low, pirq_raise, d);
		p->routed = !err;
	}
	spin_unlock(&setup_lock);
	return err == -EBUSY ? -EEXIST : err;
}

/* ISA interrupts are edges but where ACPI says otherwise; others are PCI's. */
static int route_default(struct domain *d, u32 gsi)
{
	for (unsigned int i = 0; i < acpi_info.nr_overrides; i++) {
		const struct acpi_override *o = &acpi_info.overrides[i];

		if (o->gsi == gsi) {
			return pirq_setup_gsi(d, gsi, o->level,
					      o->active_low);
		}
	}
	return pirq_setup_gsi(d, gsi, gsi >= 16, gsi >= 16);
}

int pirq_map_gsi(u32 gsi)
{
	if (gsi >= nr_gsis) {
		return -EINVAL;
	}
	pirqs[gsi].mapped = true;
	return (int)gsi;
}

int pirq_map_msi(struct domain *d, const struct msi_place *where)
{
	u64 address;
	u32 data;
	struct msi *msi;
	int irq = irq_alloc_msi(pirq_raise, d, &address, &data), err;

	if (irq < 0) {
		return irq;
	}
	err = msi_setup(where, address, data, &msi);
	if (err) {
		irq_release((u32)irq);
		return err;
	}
	pirqs[irq].msi = msi;
	pirqs[irq].mapped = true;
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
	pirq_stop(pirq, p->port);
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
	unsigned long flags = spin_lock_irqsave(&d->event_lock);
	int err = -ENODEV;

	for (u32 i = nr_gsis; i < MAX_IRQS; i++) {
		if (pirqs[i].msi && msi_restore(pirqs[i].msi, bdf)) {
			err = 0;
		}
	}
	spin_unlock_irqrestore(&d->event_lock, flags);
	return err;
}

int pirq_prepare(struct domain *d, u32 pirq)
{
	struct pirq *p = pirq_of(d, pirq);
	int err = 0;

	if (!p) {
		return pirq < MAX_IRQS ? -EPERM : -EINVAL;
	}
	if (!p->msi && !p->routed) {
		err = pirq < nr_gsis ? route_default(d, pirq) : -EINVAL;
	}
	return err == -EEXIST ? -EBUSY : err;
}

void pirq_start(u32 pirq)
{
	if (pirqs[pirq].msi) {
		msi_mask(pirqs[pirq].msi, false);
	} else {
		irq_eoi_done(pirq);
		irq_mask(pirq, false);
	}
}

void pirq_stop(u32 pirq, evtchn_port_t port)
{
	struct pirq *p = &pirqs[pirq];

	if (!port || p->port != port) {
		return;
	}
	WRITE_ONCE(p->port, 0);
	if (p->msi) {
		msi_mask(p->msi, true);
	} else {
		irq_mask(pirq, true);
		irq_eoi_done(pirq);
	}
}
