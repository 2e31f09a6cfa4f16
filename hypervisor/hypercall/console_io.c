/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * console_io (xen/xen.h): domain 0's bytes go to the serial line as they are;
 * what other domains say becomes lines of the log, at their rate limit.
 * Input is domain 0's.
 */
#include "hypercall/hypercall.h"
#include "device/console.h"
#include "mm/alloc.h"
#include "mm/guest_copy.h"

#define CHUNK		128
#define LINE		160

/* Printable bytes, tabs as blanks; a full buffer is a line too. */
static void guest_bytes(struct domain *d, const char *s, unsigned int n)
{
	spin_lock(&d->lock);
	if (!d->console_buf) {
		d->console_buf = heap_alloc(LINE);
	}
	for (unsigned int i = 0; d->console_buf && i < n; i++) {
		char c = s[i];

		if (c == '\n' || d->console_len == LINE - 1) {
			d->console_buf[d->console_len] = 0;
			guest_printk(LOG_DEBUG, d->id, "%s\n",
				     d->console_buf);
			d->console_len = 0;
		}
		if (c == '\t' || (c >= ' ' && c < 0x7f)) {
			d->console_buf[d->console_len++] = c == '\t' ? ' ' : c;
		}
	}
	spin_unlock(&d->lock);
}

static long op_write(unsigned long count, unsigned long from)
{
	struct domain *d = current->domain;
	char buf[CHUNK];

	while (count) {
		unsigned int n = (unsigned int)min(count, sizeof(buf));

		if (copy_from_guest_va(buf, from, n)) {
			return -EFAULT;
		}
		if (d->privileged) {
			console_write(buf, n);
		} else {
			guest_bytes(d, buf, n);
		}
		count -= n;
		from += n;
		if (count && hypercall_preempt()) {
			return hypercall_restart(__HYPERVISOR_console_io, 3,
						 (unsigned long)CONSOLEIO_write,
						 count, from);
		}
	}
	return 0;
}

static long op_read(unsigned long count, unsigned long to)
{
	char buf[CHUNK];
	unsigned int n;

	if (!current->domain->privileged) {
		return -EPERM;
	}
	n = console_read_input(buf, (unsigned int)min(count, sizeof(buf)),
			       false);
	return copy_to_guest_va(to, buf, n) ? -EFAULT : n;
}

HC(console_io)
{
	/* The ABI's count is an int. */
	if ((int)a2 < 0) {
		return -EINVAL;
	}
	switch (a1) {
	case CONSOLEIO_write:
		return op_write((u32)a2, a3);
	case CONSOLEIO_read:
		return op_read((u32)a2, a3);
	default:
		return hypercall_enosys(a1);
	}
}
