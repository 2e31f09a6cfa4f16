/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Interrupts: from a vector on a CPU to the one who wants it.
 *
 * Irq numbers are GSIs first, MSIs behind them.  Each irq in use has a vector
 * on one CPU, and that CPU's vector_irq says which.  When an irq moves, the
 * old vector stays its own until the next move or release: an interrupt that
 * was under way still arrives.
 *
 * A level-triggered pin is masked when it fires and unmasked by irq_eoi_done,
 * so that a guest may take its time; everything else is acknowledged at once.
 */
#include "lib/bits.h"
#include "lib/lock.h"
#include "lib/printk.h"
#include "x86/apic.h"
#include "x86/ioapic.h"
#include "x86/irq.h"
#include "x86/irq_entry.h"
#include "x86/regs.h"
#include "x86/smp.h"

#define NO_IRQ		0xffff
#define MSI_ADDRESS	0xfee00000ULL

struct irq {
	struct irq_action action;
	bool used, level, active_low;
	bool masked;			/* by its user */
	bool in_service;		/* level: fired, not done */
	u8 vector, old_vector;
	u8 cpu, old_cpu;
};

static struct irq irqs[MAX_IRQS];
static spinlock_t irq_lock;		/* irqsave; irqs[], vector_irq */

DEFINE_PER_CPU(u16, vector_irq[256]);

/* A vector that an irq may have: not a system-call gate. */
static bool vector_usable(unsigned int v)
{
	return v != 0x80 && v != ENTRY_INT82;
}

/* Spreads irqs over the classes of 16 so that priorities do not matter. */
static int vector_alloc(unsigned int cpu, u32 irq)
{
	for (unsigned int v = VECTOR_DEVICE_FIRST; v <= VECTOR_DEVICE_LAST;
	     v++) {
		if (vector_usable(v) && per_cpu(vector_irq, cpu)[v] == NO_IRQ) {
			per_cpu(vector_irq, cpu)[v] = (u16)irq;
			return (int)v;
		}
	}
	return -ENOSPC;
}

static void vector_free(unsigned int cpu, u8 vector)
{
	if (vector) {
		per_cpu(vector_irq, cpu)[vector] = NO_IRQ;
	}
}

static void pin_mask(u32 irq)
{
	const struct irq *q = &irqs[irq];

	if (irq < ioapic_nr_gsis()) {
		ioapic_mask(irq, q->masked || q->in_service);
	}
}

static void pin_route(u32 irq)
{
	const struct irq *q = &irqs[irq];

	ioapic_route(irq, q->vector, apic_ids[q->cpu], q->level,
		     q->active_low, q->masked || q->in_service);
}

unsigned int nr_gsis(void)
{
	return ioapic_nr_gsis();
}

void irq_init_cpu(unsigned int cpu)
{
	for (unsigned int v = 0; v < 256; v++) {
		per_cpu(vector_irq, cpu)[v] = NO_IRQ;
	}
}

/* irq_lock held. */
static int irq_take(u32 irq, unsigned int cpu,
		    void (*fn)(u32 irq, void *data), void *data)
{
	struct irq *q = &irqs[irq];
	int vector = vector_alloc(cpu, irq);

	if (vector < 0) {
		return vector;
	}
	*q = (struct irq){
		.action = { fn, data },
		.used = true,
		.masked = true,
		.vector = (u8)vector,
		.cpu = (u8)cpu,
	};
	return 0;
}

int irq_bind_gsi(u32 gsi, bool level, bool active_low,
		 void (*fn)(u32 irq, void *data), void *data)
{
	unsigned long flags;
	int err;

	if (gsi >= MAX_GSIS || !ioapic_has_gsi(gsi)) {
		return -EINVAL;
	}
	flags = spin_lock_irqsave(&irq_lock);
	err = irqs[gsi].used ? -EBUSY : irq_take(gsi, 0, fn, data);
	if (!err) {
		irqs[gsi].level = level;
		irqs[gsi].active_low = active_low;
		pin_route(gsi);
	}
	spin_unlock_irqrestore(&irq_lock, flags);
	return err;
}

/* MSIs go to the CPU that asked: domain 0 runs there. */
int irq_alloc_msi(void (*fn)(u32 irq, void *data), void *data,
		  u64 *address, u32 *msg_data)
{
	unsigned long flags = spin_lock_irqsave(&irq_lock);
	unsigned int cpu = apic_ids[this_cpu_id()] < 255 ? this_cpu_id() : 0;
	int ret = -ENOSPC;

	for (u32 i = ioapic_nr_gsis(); i < MAX_IRQS; i++) {
		if (irqs[i].used) {
			continue;
		}
		ret = irq_take(i, cpu, fn, data);
		if (!ret) {
			*address = MSI_ADDRESS | (u64)apic_ids[cpu] << 12;
			*msg_data = irqs[i].vector;
			ret = (int)i;
		}
		break;
	}
	spin_unlock_irqrestore(&irq_lock, flags);
	return ret;
}

void irq_release(u32 irq)
{
	struct irq *q = &irqs[irq];
	unsigned long flags = spin_lock_irqsave(&irq_lock);

	if (q->used) {
		q->masked = true;
		pin_mask(irq);
		vector_free(q->cpu, q->vector);
		vector_free(q->old_cpu, q->old_vector);
		q->used = false;
	}
	spin_unlock_irqrestore(&irq_lock, flags);
}

static void set_masked(u32 irq, bool masked)
{
	unsigned long flags = spin_lock_irqsave(&irq_lock);

	irqs[irq].masked = masked;
	pin_mask(irq);
	spin_unlock_irqrestore(&irq_lock, flags);
}

void irq_mask(u32 irq)
{
	set_masked(irq, true);
}

void irq_unmask(u32 irq)
{
	set_masked(irq, false);
}

void irq_eoi_done(u32 irq)
{
	unsigned long flags = spin_lock_irqsave(&irq_lock);

	if (irqs[irq].in_service) {
		irqs[irq].in_service = false;
		pin_mask(irq);
	}
	spin_unlock_irqrestore(&irq_lock, flags);
}

bool irq_is_level(u32 irq)
{
	return irqs[irq].level;
}

int irq_set_cpu(u32 irq, unsigned int cpu)
{
	struct irq *q = &irqs[irq];
	unsigned long flags;
	int vector;

	if (irq >= ioapic_nr_gsis() || !(cpus_online & CPUMASK(cpu)) ||
	    apic_ids[cpu] >= 255) {
		return -EINVAL;
	}
	flags = spin_lock_irqsave(&irq_lock);
	vector = !q->used ? -EINVAL : q->cpu == cpu ? 0 :
		 vector_alloc(cpu, irq);
	if (vector > 0) {
		vector_free(q->old_cpu, q->old_vector);
		q->old_cpu = q->cpu;
		q->old_vector = q->vector;
		q->cpu = (u8)cpu;
		q->vector = (u8)vector;
		pin_route(irq);
	}
	spin_unlock_irqrestore(&irq_lock, flags);
	return min(vector, 0);
}

static void device_interrupt(u8 vector)
{
	u32 irq = this_cpu(vector_irq)[vector];
	struct irq *q;
	struct irq_action action = { NULL, NULL };

	if (irq == NO_IRQ) {
		local_apic_eoi();
		return;
	}
	q = &irqs[irq];
	spin_lock(&irq_lock);
	if (q->used) {
		action = q->action;
		if (q->level) {
			q->in_service = true;
			pin_mask(irq);
		}
	}
	spin_unlock(&irq_lock);
	local_apic_eoi();
	if (action.fn) {
		action.fn(irq, action.data);
	}
}

void do_irq(struct cpu_user_regs *regs)
{
	u8 vector = (u8)regs->entry_vector;

	switch (vector) {
	case VECTOR_TIMER:
		local_apic_eoi();
		softirq_raise(SOFTIRQ_TIMER);
		break;
	case VECTOR_KICK:
		local_apic_eoi();
		break;
	case VECTOR_TLB:
		local_apic_eoi();
		tlb_interrupt();
		break;
	case VECTOR_CALL:
		local_apic_eoi();
		smp_call_interrupt();
		break;
	case VECTOR_SPURIOUS:
		break;
	case VECTOR_ERROR:
		local_apic_eoi();
		break;
	default:
		device_interrupt(vector);
		break;
	}
}

void irq_dump(void)
{
	for (u32 i = 0; i < MAX_IRQS; i++) {
		const struct irq *q = &irqs[i];

		if (q->used) {
			log_error("irq %u: CPU %u vector 0x%x %s%s%s%s\n", i,
				  q->cpu, q->vector,
				  i >= ioapic_nr_gsis() ? "MSI" :
				  q->level ? "level" : "edge",
				  q->active_low ? " low" : "",
				  q->masked ? " masked" : "",
				  q->in_service ? " in service" : "");
		}
	}
}
