/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Spinlocks. The kernel runs with interrupts off, so a holder is never
 * interrupted; it must not sleep.
 */
#ifndef KEEL_KERNEL_LOCK_H
#define KEEL_KERNEL_LOCK_H

#include "platform/platform.h"

struct lock {
	bool taken;
};

static inline void lock(struct lock *l)
{
	while (__atomic_exchange_n(&l->taken, true, __ATOMIC_ACQUIRE)) {
		while (READ_ONCE(l->taken)) {
			cpu_spin();
		}
	}
}

static inline void unlock(struct lock *l)
{
	__atomic_store_n(&l->taken, false, __ATOMIC_RELEASE);
}

#endif
