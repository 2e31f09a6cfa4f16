/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Interrupts: from a vector on a CPU to the one who wants it.
 *
 * Irq numbers are GSIs first, MSIs behind them.  Each irq in use has a vector
 * on one CPU, and that CPU's vector_irq says whose it is.  GSIs go to the boot
 * CPU, MSIs to the CPU that asked, where domain 0 runs.
 *
 * A level-triggered pin is masked when it fires and unmasked by irq_eoi_done,
 * so that a guest may take its time; everything else is acknowledged at once.
 */
#include "lib/bits.h"
#include "lib/lock.h"
#include "x86/apic.h"
#include "x86/entry.h"
#include "x86/irq.h"
#include "x86/smp.h"

#define MSI_ADDRESS	0xfee00000ULL

struct irq {
	void (*fn)(u32 irq, void *data);
	void *data;
	bool level, active_low;
	bool masked;			/* by its user */
	bool in_service;		/* level: fired, not done */
	u8 vector;			/* 0: the irq is not in use */
	u8 cpu;
};

static struct irq irqs[MAX_IRQS];
static spinlock_t irq_lock;		/* irqsave; irqs[], vector_irq */

static DEFINE_PER_CPU(struct irq *, vector_irq[256]);

/* The IO-APIC pin, if it is one, as q says. */
static void pin_update(const struct irq *q)
{
	u32 gsi = (u32)(q - irqs);

	if (q->vector && gsi < nr_gsis) {
		ioapic_set(gsi, q->vector |
			   (q->level ? RTE_LEVEL : 0) |
			   (q->active_low ? RTE_ACTIVE_LOW : 0) |
			   (q->masked || q->in_service ? RTE_MASKED : 0));
	}
}

/* Fills q, masked, with a free vector that is no system-call gate. */
static int irq_take(struct irq *q, struct irq new)
{
	struct irq **owners = per_cpu(vector_irq, new.cpu);

	for (new.vector = VECTOR_DEVICE_FIRST;
	     new.vector <= VECTOR_DEVICE_LAST; new.vector++) {
		if (new.vector != 0x80 && new.vector != ENTRY_INT82 &&
		    !owners[new.vector]) {
			new.masked = true;
			*q = new;
			owners[new.vector] = q;
			return 0;
		}
	}
	return -ENOSPC;
}

int irq_bind_gsi(u32 gsi, bool level, bool active_low,
		 void (*fn)(u32 irq, void *data), void *data)
{
	struct irq new = { fn, data, .level = level, .active_low = active_low };
	unsigned long flags;
	int err;

	if (!ioapic_has_gsi(gsi)) {
		return -EINVAL;
	}
	flags = spin_lock_irqsave(&irq_lock);
	err = irqs[gsi].vector ? -EBUSY : irq_take(&irqs[gsi], new);
	if (!err) {
		pin_update(&irqs[gsi]);
	}
	spin_unlock_irqrestore(&irq_lock, flags);
	return err;
}

int irq_alloc_msi(void (*fn)(u32 irq, void *data), void *data,
		  u64 *address, u32 *msg_data)
{
	unsigned long flags = spin_lock_irqsave(&irq_lock);
	unsigned int cpu = apic_ids[this_cpu_id()] < 255 ? this_cpu_id() : 0;
	u32 i = nr_gsis;
	int err = -ENOSPC;

	while (i < MAX_IRQS && irqs[i].vector) {
		i++;
	}
	if (i < MAX_IRQS) {
		err = irq_take(&irqs[i], (struct irq){ fn, data, .cpu = (u8)cpu });
		*address = MSI_ADDRESS | (u64)apic_ids[cpu] << 12;
		*msg_data = irqs[i].vector;
	}
	spin_unlock_irqrestore(&irq_lock, flags);
	return err ? err : (int)i;
}

void irq_release(u32 irq)
{
	struct irq *q = &irqs[irq];
	unsigned long flags = spin_lock_irqsave(&irq_lock);

	q->masked = true;
	pin_update(q);
	per_cpu(vector_irq, q->cpu)[q->vector] = NULL;
	*q = (struct irq){ 0 };
	spin_unlock_irqrestore(&irq_lock, flags);
}

void irq_mask(u32 irq, bool masked)
{
	unsigned long flags = spin_lock_irqsave(&irq_lock);

	irqs[irq].masked = masked;
	pin_update(&irqs[irq]);
	spin_unlock_irqrestore(&irq_lock, flags);
}

void irq_eoi_done(u32 irq)
{
	unsigned long flags = spin_lock_irqsave(&irq_lock);

	if (irqs[irq].in_service) {
		irqs[irq].in_service = false;
		pin_update(&irqs[irq]);
	}
	spin_unlock_irqrestore(&irq_lock, flags);
}

bool irq_is_level(u32 irq)
{
	return irqs[irq].level;
}

static void device_interrupt(struct irq *q)
{
	struct irq was;

	spin_lock(&irq_lock);
	was = *q;
	if (q->level) {
		q->in_service = true;
		pin_update(q);
	}
	spin_unlock(&irq_lock);
	local_apic_eoi();
	if (was.fn) {
		was.fn((u32)(q - irqs), was.data);
	}
}

void do_irq(struct cpu_user_regs *regs)
{
	struct irq *q = this_cpu(vector_irq)[regs->entry_vector & 0xff];

	if (q) {
		device_interrupt(q);
		return;
	}
	if (regs->entry_vector == VECTOR_SPURIOUS) {
		return;
	}
	local_apic_eoi();
	if (regs->entry_vector == VECTOR_TIMER) {
		softirq_raise(SOFTIRQ_TIMER);
	} else if (regs->entry_vector == VECTOR_CALL) {
		smp_call_interrupt();
	}
}
