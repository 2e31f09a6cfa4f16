/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The bits of the two-level ABI (xen/xen.h, shared_info and vcpu_info): port
 * pending, port masked, a selector bit for each word of 64 ports, and the
 * vCPU's "an upcall is due" byte.  The guest changes them at the same time as
 * we do; each step here is one atomic operation.  Pure.
 */
#ifndef EVENT_PORT_BITS_H
#define EVENT_PORT_BITS_H

#include "lib/bits.h"
#include "lib/types.h"

#define PORTS_TWO_LEVEL	4096

/* Makes the port pending; false when it was so already. */
static inline bool port_bits_set(struct shared_info *s, unsigned int port)
{
	return !atomic_test_and_set_bit(s->evtchn_pending, port);
}

/* Clears the mask; true when the port had waited. */
static inline bool port_bits_unmask(struct shared_info *s, unsigned int port)
{
	return atomic_test_and_clear_bit(s->evtchn_mask, port) &&
	       bit_is_set(s->evtchn_pending, port);
}

/*
 * After either: notes in the vCPU's words that a port in word port / 64 waits,
 * if it is not masked.  True when the vCPU did not know that anything waited:
 * it must be told.
 */
static inline bool port_bits_select(const struct shared_info *s,
				    struct vcpu_info *i, unsigned int port)
{
	return !bit_is_set(s->evtchn_mask, port) &&
	       !atomic_test_and_set_bit(&i->evtchn_pending_sel, port / 64) &&
	       !xchg(&i->evtchn_upcall_pending, 1);
}

#endif
