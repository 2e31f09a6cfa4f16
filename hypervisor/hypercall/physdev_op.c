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
#include "mm/guest_copy.h"
#include "x86/irq.h"
#include <xen/physdev.h>

static long op_eoi(unsigned long arg)
{
	struct physdev_eoi e;

	if (copy_from_guest_va(&e, arg, sizeof(e))) {
		return -EFAULT;
	}
	return pirq_eoi(current->domain, e.irq);
}

/* Only level-triggered lines wait for PHYSDEVOP_eoi. */
static long op_status_query(unsigned long arg)
{
	struct physdev_irq_status_query q;

	if (copy_from_guest_va(&q, arg, sizeof(q))) {
		return -EFAULT;
	}
	if (!pirq_of(current->domain, q.irq)) {
		return -EINVAL;
	}
	q.flags = irq_is_level(q.irq) ? XENIRQSTAT_needs_eoi : 0;
	return copy_to_guest_va(arg, &q, sizeof(q)) ? -EFAULT : 0;
}

static long op_set_iopl(unsigned long arg)
{
	struct physdev_set_iopl s;

	if (copy_from_guest_va(&s, arg, sizeof(s))) {
		return -EFAULT;
	}
	if (s.iopl > 3) {
		return -EINVAL;
	}
	current->pv.iopl = s.iopl;
	return 0;
}

static long op_set_iobitmap(unsigned long arg)
{
	struct physdev_set_iobitmap s;

	if (copy_from_guest_va(&s, arg, sizeof(s))) {
		return -EFAULT;
	}
	if (s.nr_ports > 65536) {
		return -EINVAL;
	}
	current->pv.iobmp = (vaddr_t)s.bitmap.p;
	current->pv.iobmp_ports = s.nr_ports;
	return 0;
}

static long op_apic(unsigned long arg, bool write)
{
	struct physdev_apic a;
	int err;

	if (copy_from_guest_va(&a, arg, sizeof(a))) {
		return -EFAULT;
	}
	err = ioapic_guest_read(a.apic_physbase, a.reg, &a.value);
	if (err || write) {
		return err;
	}
	return copy_to_guest_va(arg, &a, sizeof(a)) ? -EFAULT : 0;
}

/* Vectors are ours; the guest gets a number that it can give back. */
static long op_alloc_vector(unsigned long arg)
{
	struct physdev_irq i;

	if (copy_from_guest_va(&i, arg, sizeof(i))) {
		return -EFAULT;
	}
	if (i.irq >= nr_gsis) {
		return -EINVAL;
	}
	i.vector = i.irq;
	return copy_to_guest_va(arg, &i, sizeof(i)) ? -EFAULT : 0;
}

static int map_msi(struct domain *d, const struct physdev_map_pirq *m)
{
	struct msi_place at = {
		.bdf = (u16)((u8)m->bus << 8 | (u8)m->devfn),
		.msix = m->table_base != 0, .entry = (u16)m->entry_nr,
		.table_base = m->table_base,
	};

	if (m->type != MAP_PIRQ_TYPE_MSI && (u32)m->bus >> 16) {
		return -ENODEV;		/* segment 0 only: device/pci.h */
	}
	return pirq_map_msi(d, &at);
}

static int map(struct domain *d, const struct physdev_map_pirq *m)
{
	switch (m->type) {
	case MAP_PIRQ_TYPE_GSI:
		if (m->index < 0 || (m->pirq >= 0 && m->pirq != m->index)) {
			return -EINVAL;
		}
		return pirq_map_gsi((u32)m->index);
	case MAP_PIRQ_TYPE_MULTI_MSI:
		/* Adjacent vectors are not to be had; one does. */
		if (m->entry_nr != 1) {
			return -EOPNOTSUPP;
		}
		return map_msi(d, m);
	case MAP_PIRQ_TYPE_MSI:
	case MAP_PIRQ_TYPE_MSI_SEG:
		return map_msi(d, m);
	default:
		return -EINVAL;
	}
}

static long op_map_pirq(unsigned long arg)
{
	struct physdev_map_pirq m;
	int pirq;

	if (copy_from_guest_va(&m, arg, sizeof(m))) {
		return -EFAULT;
	}
	if (m.domid != DOMID_SELF && m.domid != current->domain->id) {
		return -EPERM;
	}
	pirq = map(current->domain, &m);
	if (pirq < 0) {
		return pirq;
	}
	m.pirq = pirq;
	return copy_to_guest_va(arg, &m, sizeof(m)) ? -EFAULT : 0;
}

static long op_unmap_pirq(unsigned long arg)
{
	struct physdev_unmap_pirq u;

	if (copy_from_guest_va(&u, arg, sizeof(u))) {
		return -EFAULT;
	}
	if (u.domid != DOMID_SELF && u.domid != current->domain->id) {
		return -EPERM;
	}
	return u.pirq < 0 ? -EINVAL : pirq_unmap(current->domain,
						 (u32)u.pirq);
}

static long op_setup_gsi(unsigned long arg)
{
	struct physdev_setup_gsi s;

	if (copy_from_guest_va(&s, arg, sizeof(s))) {
		return -EFAULT;
	}
	if (s.gsi < 0) {
		return -EINVAL;
	}
	return pirq_setup_gsi(current->domain, (u32)s.gsi, s.triggering,
			      s.polarity);
}

static long op_get_free_pirq(unsigned long arg)
{
	struct physdev_get_free_pirq g;

	if (copy_from_guest_va(&g, arg, sizeof(g))) {
		return -EFAULT;
	}
	for (u32 i = MAX_IRQS - 1; i >= 16; i--) {
		if (!pirq_of(current->domain, i)->mapped) {
			g.pirq = i;
			return copy_to_guest_va(arg, &g, sizeof(g)) ?
			       -EFAULT : 0;
		}
	}
	return -ENOSPC;
}

static long op_restore_msi(unsigned long arg, bool with_segment)
{
	struct physdev_pci_device p = { 0 };
	struct physdev_restore_msi r;

	if (with_segment) {
		if (copy_from_guest_va(&p, arg, sizeof(p))) {
			return -EFAULT;
		}
	} else {
		if (copy_from_guest_va(&r, arg, sizeof(r))) {
			return -EFAULT;
		}
		p.bus = r.bus;
		p.devfn = r.devfn;
	}
	return p.seg ? -ENODEV :
	       pirq_restore_msi((u16)(p.bus << 8 | p.devfn));
}

/* Calls for the machine: domain 0's alone. */
static long machine_call(unsigned long cmd, unsigned long arg)
{
	switch (cmd) {
	case PHYSDEVOP_irq_status_query:
		return op_status_query(arg);
	case PHYSDEVOP_map_pirq:
		return op_map_pirq(arg);
	case PHYSDEVOP_unmap_pirq:
		return op_unmap_pirq(arg);
	case PHYSDEVOP_setup_gsi:
		return op_setup_gsi(arg);
	case PHYSDEVOP_get_free_pirq:
		return op_get_free_pirq(arg);
	case PHYSDEVOP_apic_read:
		return op_apic(arg, false);
	case PHYSDEVOP_apic_write:
		return op_apic(arg, true);
	case PHYSDEVOP_alloc_irq_vector:
		return op_alloc_vector(arg);
	case PHYSDEVOP_restore_msi:
		return op_restore_msi(arg, false);
	case PHYSDEVOP_restore_msi_ext:
		return op_restore_msi(arg, true);
	case PHYSDEVOP_free_irq_vector:
	case PHYSDEVOP_manage_pci_add:
	case PHYSDEVOP_manage_pci_remove:
	case PHYSDEVOP_manage_pci_add_ext:
	case PHYSDEVOP_pci_device_add:
	case PHYSDEVOP_pci_device_remove:
	case PHYSDEVOP_prepare_msix:
	case PHYSDEVOP_release_msix:
	case PHYSDEVOP_dbgp_op:
	case PHYSDEVOP_pci_mmcfg_reserved:
		return 0;
	default:
		return hypercall_enosys_sub("physdev_op", cmd);
	}
}

long hc_physdev_op(unsigned long cmd, unsigned long arg, unsigned long a3,
		   unsigned long a4, unsigned long a5)
{
	switch (cmd) {
	case PHYSDEVOP_eoi:
		return op_eoi(arg);
	case PHYSDEVOP_set_iopl:
		return op_set_iopl(arg);
	case PHYSDEVOP_set_iobitmap:
		return op_set_iobitmap(arg);
	default:
		break;
	}
	if (!current->domain->privileged) {
		return -EPERM;
	}
	return machine_call(cmd, arg);
}
