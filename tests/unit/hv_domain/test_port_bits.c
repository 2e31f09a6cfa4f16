/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The two-level bits: who must be told when, and what a guest finds when it
 * scans as the ABI says.
 */
#include <criterion/criterion.h>
#include <string.h>
#include "event/port_bits.h"

static struct shared_info s;
static struct vcpu_info *i = &s.vcpu_info[0];

TestSuite(port_bits);

/* Pending, and whether its vCPU must be told; *new is false if it was already. */
static bool set(unsigned int port, bool *new)
{
	*new = port_bits_set(&s, port);
	return *new && port_bits_select(&s, i, port);
}

static bool unmask(unsigned int port)
{
	return port_bits_unmask(&s, port) && port_bits_select(&s, i, port);
}

Test(port_bits, first_event_tells)
{
	bool new;

	cr_assert(set(70, &new));
	cr_assert(new);
	cr_assert_eq(s.evtchn_pending[1], 1UL << 6);
	cr_assert_eq(i->evtchn_pending_sel, 2);
	cr_assert_eq(i->evtchn_upcall_pending, 1);
	/* Again: nothing is new. */
	cr_assert_not(set(70, &new));
	cr_assert_not(new);
	/* Another port of the word, then of another word: told already. */
	cr_assert_not(set(71, &new));
	cr_assert(new);
	cr_assert_not(set(4095, &new));
	cr_assert_eq(i->evtchn_pending_sel, 2 | 1UL << 63);
}

Test(port_bits, masked_waits_for_unmask)
{
	bool new;

	s.evtchn_mask[0] = 1UL << 5;
	cr_assert_not(set(5, &new));
	cr_assert(new);
	cr_assert_eq(i->evtchn_pending_sel, 0);
	cr_assert(unmask(5));
	cr_assert_eq(i->evtchn_pending_sel, 1);
	cr_assert_eq(s.evtchn_mask[0], 0);
	/* It was not masked any more. */
	cr_assert_not(unmask(5));
}

Test(port_bits, unmask_of_an_idle_port_tells_nobody)
{
	s.evtchn_mask[0] = ~0UL;
	cr_assert_not(unmask(9));
	cr_assert_eq(i->evtchn_upcall_pending, 0);
}

/* As a guest scans (xen/xen.h): clear the byte, swap the selector, the words. */
static unsigned int guest_scan(void)
{
	unsigned int n = 0;
	unsigned long sel;

	i->evtchn_upcall_pending = 0;
	sel = xchg(&i->evtchn_pending_sel, 0);
	for (; sel; sel &= sel - 1) {
		unsigned int w = bit_lowest(sel);
		unsigned long due = s.evtchn_pending[w] & ~s.evtchn_mask[w];

		n += bits_count(due);
		s.evtchn_pending[w] &= ~due;
	}
	return n;
}

Test(port_bits, no_event_is_lost)
{
	unsigned int x = 12345, sent = 0, seen = 0, told = 0;

	for (unsigned int n = 0; n < 100000; n++) {
		unsigned int port;
		bool new;

		x = x * 1103515245 + 12345;
		port = 1 + (x >> 8) % 4095;
		told += set(port, &new);
		sent += new;
		if (told) {
			seen += guest_scan();
			told = 0;
		}
	}
	cr_assert_eq(sent, seen);
}
