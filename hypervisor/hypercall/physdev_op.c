/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * physdev_op (xen/physdev.h): interrupts, I/O privilege and PCI devices, for
 * domain 0, as stock Linux asks for them.  Devices need not be announced to
 * us: what only informs succeeds and does nothing.
 */
#include "hypercall/hypercall.h"
#include "device/msi.h"
#include "event/pirq.h"
#include "x86/irq.h"
#include <xen/physdev.h>

static long op_eoi(struct domain *d, void *arg)
{
	u32 pirq = ((struct physdev_eoi *)arg)->irq;

	if (!pirq_of(d, pirq)) {
		return -EINVAL;
	}
	irq_eoi_done(pirq);
	return 0;
}

/* Only level-triggered lines wait for PHYSDEVOP_eoi. */
static long op_irq_status_query(struct domain *d, void *arg)
{
	struct physdev_irq_status_query *q = arg;

	if (!pirq_of(d, q->irq)) {
		return -EINVAL;
	}
	q->flags = irq_is_level(q->irq) ? XENIRQSTAT_needs_eoi : 0;
	return 0;
}

static long op_set_iopl(struct domain *d, void *arg)
{
	struct physdev_set_iopl *s = arg;

	if (s->iopl > 3) {
		return -EINVAL;
	}
	current->pv.iopl = s->iopl;
	return 0;
}

static long op_set_iobitmap(struct domain *d, void *arg)
{
	struct physdev_set_iobitmap *s = arg;

	if (s->nr_ports > 65536) {
		return -EINVAL;
	}
	current->pv.iobmp = (vaddr_t)s->bitmap.p;
	current->pv.iobmp_ports = s->nr_ports;
	return 0;
}

static long op_apic_read(struct domain *d, void *arg)
{
	struct physdev_apic *a = arg;

	return ioapic_guest_read(a->apic_physbase, a->reg, &a->value);
}

/* Vectors are ours; the guest gets a number that it can give back. */
static long op_alloc_irq_vector(struct domain *d, void *arg)
{
	struct physdev_irq *i = arg;

	i->vector = i->irq;
	return i->irq < nr_gsis ? 0 : -EINVAL;
}

/* The number of the interrupt, or an error. */
static int map(struct domain *d, const struct physdev_map_pirq *m)
{
	struct msi_place at = {
		.bdf = (u16)((u8)m->bus << 8 | (u8)m->devfn),
		.msix = m->table_base != 0, .entry = (u16)m->entry_nr,
		.table_base = m->table_base,
	};

	switch (m->type) {
	case MAP_PIRQ_TYPE_GSI:
		return m->index < 0 || (m->pirq >= 0 && m->pirq != m->index) ?
		       -EINVAL : pirq_map_gsi((u32)m->index);
	case MAP_PIRQ_TYPE_MSI:
	case MAP_PIRQ_TYPE_MULTI_MSI:
	case MAP_PIRQ_TYPE_MSI_SEG:
		/* Adjacent vectors are not to be had; segment 0 only. */
		if (m->type == MAP_PIRQ_TYPE_MULTI_MSI && m->entry_nr != 1) {
			return -EOPNOTSUPP;
		}
		return (u32)m->bus >> 16 ? -ENODEV : pirq_map_msi(d, &at);
	default:
		return -EINVAL;
	}
}

static long op_map_pirq(struct domain *d, void *arg)
{
	struct physdev_map_pirq *m = arg;
	int pirq = d == current->domain ? map(d, m) : -EPERM;

	if (pirq < 0) {
		return pirq;
	}
	m->pirq = pirq;
	return 0;
}

static long op_unmap_pirq(struct domain *d, void *arg)
{
	struct physdev_unmap_pirq *u = arg;

	if (d != current->domain) {
		return -EPERM;
	}
	return u->pirq < 0 ? -EINVAL : pirq_unmap(d, (u32)u->pirq);
}

static long op_setup_gsi(struct domain *d, void *arg)
{
	struct physdev_setup_gsi *s = arg;

	return s->gsi < 0 ? -EINVAL : pirq_setup_gsi(d, (u32)s->gsi,
						     s->triggering,
						     s->polarity);
}

static long op_restore_msi_ext(struct domain *d, void *arg)
{
	struct physdev_pci_device *p = arg;

	return p->seg ? -ENODEV :
	       pirq_restore_msi(d, (u16)(p->bus << 8 | p->devfn));
}

#define CALL(name, type, flags) \
	[PHYSDEVOP_##name] = { op_##name, sizeof(struct physdev_##type), flags }
#define NOTHING(name) \
	[PHYSDEVOP_##name] = { subcall_nothing, 0, SUB_PRIVILEGED }

/* What is not privileged is about the caller's own interrupts and ports. */
static const struct subcall calls[] = {
	CALL(eoi, eoi, 0),
	CALL(set_iopl, set_iopl, 0),
	CALL(set_iobitmap, set_iobitmap, 0),
	CALL(irq_status_query, irq_status_query, SUB_PRIVILEGED | SUB_OUT),
	CALL(map_pirq, map_pirq, SUB_PRIVILEGED | SUB_DOMAIN | SUB_OUT),
	CALL(unmap_pirq, unmap_pirq, SUB_PRIVILEGED | SUB_DOMAIN),
	CALL(setup_gsi, setup_gsi, SUB_PRIVILEGED),
	CALL(apic_read, apic, SUB_PRIVILEGED | SUB_OUT),
	/* Let pass: the registers are ours. */
	[PHYSDEVOP_apic_write] = { op_apic_read, sizeof(struct physdev_apic),
				   SUB_PRIVILEGED },
	CALL(alloc_irq_vector, irq, SUB_PRIVILEGED | SUB_OUT),
	CALL(restore_msi_ext, pci_device, SUB_PRIVILEGED),
	NOTHING(pci_device_add),
	NOTHING(pci_device_remove),
	NOTHING(pci_mmcfg_reserved),
	NOTHING(dbgp_op),
};

HC(physdev_op)
{
	return subcall(calls, ARRAY_LEN(calls), (u32)a1, a2);
}
