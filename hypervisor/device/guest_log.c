/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Messages that a guest can cause.  Each domain has a bucket of tokens, filled
 * at 10 a second; a message without a token is counted and, with the next one
 * that has a token, told as a number.
 */
#include "device/console.h"
#include "domain/domain.h"
#include "x86/clock.h"

#define TOKENS		10
#define REFILL_NS	100000000ULL

/* A token of d's; races cost a token or give one, no more. */
static bool take_token(struct domain *d)
{
	u64 now = now_ns();
	u64 new = (now - d->log_refill) / REFILL_NS;

	if (new) {
		d->log_tokens = (u32)min(new + d->log_tokens, (u64)TOKENS);
		d->log_refill = now;
	}
	if (!d->log_tokens) {
		d->log_dropped++;
		return false;
	}
	d->log_tokens--;
	return true;
}

void guest_printk(enum log_level level, unsigned int domid,
		  const char *fmt, ...)
{
	struct domain *d = domain_get_by_id((domid_t)domid);
	char text[224];
	va_list args;
	u32 dropped;

	if (!d) {
		return;
	}
	if (take_token(d)) {
		dropped = xchg(&d->log_dropped, 0);
		va_start(args, fmt);
		vformat(text, sizeof(text), fmt, args);
		va_end(args);
		if (dropped) {
			printk(level | LOG_GUEST, "d%u: %u messages left out\n",
			       domid, dropped);
		}
		printk(level | LOG_GUEST, "d%u: %s", domid, text);
	}
	domain_put(d);
}
