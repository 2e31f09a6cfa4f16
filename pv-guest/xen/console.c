/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Output to the ring waits for space: a text is never lost while someone
 * reads the console. Indexes run freely and are masked at use; a reader that
 * puts its index out of range only loses us text, never memory.
 */
#include <stdint.h>

#include <xen/io/console.h>

#include "xen/console.h"
#include "xen/event.h"
#include "xen/pagetable.h"
#include "xen/shutdown.h"

static struct xencons_interface *ring(void)
{
	return mfn_to_virt(start_info->console.domU.mfn);
}

static void ring_write(const char *text, size_t n)
{
	struct xencons_interface *r = ring();

	while (n--) {
		XENCONS_RING_IDX prod = r->out_prod;

		while (prod - READ_ONCE(r->out_cons) >= sizeof(r->out)) {
			hc_sched_op(SCHEDOP_yield, NULL);
		}
		r->out[MASK_XENCONS_IDX(prod, r->out)] = *text++;
		barrier();
		WRITE_ONCE(r->out_prod, prod + 1);
	}
	event_send(start_info->console.domU.evtchn);
}

void console_write(const char *text, size_t n)
{
	if (is_initial_domain()) {
		hc_console_io(CONSOLEIO_write, n, (void *)text);
	} else {
		ring_write(text, n);
	}
}

static size_t ring_read(char *buf, size_t size)
{
	struct xencons_interface *r = ring();
	size_t n = 0;

	while (n < size && r->in_cons != READ_ONCE(r->in_prod)) {
		buf[n++] = r->in[MASK_XENCONS_IDX(r->in_cons, r->in)];
		barrier();
		WRITE_ONCE(r->in_cons, r->in_cons + 1);
	}
	if (n) {
		event_send(start_info->console.domU.evtchn);
	}
	return n;
}

size_t console_read(char *buf, size_t n)
{
	long got;

	if (!is_initial_domain()) {
		return ring_read(buf, n);
	}
	got = hc_console_io(CONSOLEIO_read, n, buf);
	return got > 0 ? got : 0;
}

void crash(void)
{
	shutdown(SHUTDOWN_crash);
}
