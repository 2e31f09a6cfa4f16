/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Spin locks, in no order: where CPUs are themselves scheduled, a queue waits
 * for whichever waiter is not running.  A lock is either taken with interrupts
 * on everywhere, or with interrupts off everywhere (the _irqsave forms);
 * docs/locking.md lists every lock with its kind and its place in the order.
 * No TLB shoot-down may be waited for while interrupts are off.
 */
#ifndef LIB_LOCK_H
#define LIB_LOCK_H

#include "lib/types.h"
#include "lib/atomic.h"

typedef struct {
	u32 word;			/* 0 or 1 */
} spinlock_t;

static inline bool spin_trylock(spinlock_t *l)
{
	return !READ_ONCE(l->word) && !xchg(&l->word, 1);
}

static inline void spin_lock(spinlock_t *l)
{
	while (!spin_trylock(l)) {
		cpu_relax();
	}
}

static inline void spin_unlock(spinlock_t *l)
{
	__atomic_store_n(&l->word, 0, __ATOMIC_RELEASE);
}

/* Interrupt flag of this CPU; on the host, in tests, these do nothing. */
#ifdef PARAVANE_HOST_TEST
static inline unsigned long irq_save(void) { return 0; }
static inline void irq_restore(unsigned long flags) { (void)flags; }
static inline void irq_disable(void) { }
static inline void irq_enable(void) { }
static inline bool irqs_are_off(void) { return false; }
#else
static inline void irq_disable(void)
{
	__asm__ volatile("cli" ::: "memory");
}

static inline void irq_enable(void)
{
	__asm__ volatile("sti" ::: "memory");
}

static inline bool irqs_are_off(void)
{
	unsigned long flags;

	__asm__ volatile("pushfq; popq %0" : "=r" (flags) : : "memory");
	return !(flags & 0x200);
}

static inline unsigned long irq_save(void)
{
	unsigned long flags;

	__asm__ volatile("pushfq; popq %0; cli" : "=r" (flags) : : "memory");
	return flags;
}

static inline void irq_restore(unsigned long flags)
{
	if (flags & 0x200) {
		irq_enable();
	}
}
#endif

static inline unsigned long spin_lock_irqsave(spinlock_t *l)
{
	unsigned long flags = irq_save();

	spin_lock(l);
	return flags;
}

static inline void spin_unlock_irqrestore(spinlock_t *l, unsigned long flags)
{
	spin_unlock(l);
	irq_restore(flags);
}

#endif
