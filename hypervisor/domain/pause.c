/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Stopping domains: pauses, which nest, and the ends that a domain comes to:
 * its own shutdown, a crash, or the watchdog.  Domain 0's end is the
 * machine's.
 */
#include "domain/sched.h"
#include "device/power.h"
#include "event/evtchn.h"
#include "pvcpu/pvcpu.h"
#include "x86/clock.h"
#include "x86/smp.h"
#include "lib/printk.h"

static void pause_nosync(struct domain *d)
{
	struct vcpu *v;

	atomic_inc(&d->pause_count);
	for_each_vcpu(d, v) {
		vcpu_sleep_nosync(v);
	}
}

void domain_pause(struct domain *d)
{
	struct vcpu *v;

	pause_nosync(d);
	for_each_vcpu(d, v) {
		vcpu_sleep_sync(v);
	}
}

void domain_unpause(struct domain *d)
{
	struct vcpu *v;

	if (!atomic_sub_return(&d->pause_count, 1)) {
		for_each_vcpu(d, v) {
			vcpu_wake(v);
		}
	}
}

int domain_controller_pause(struct domain *d)
{
	u32 n = READ_ONCE(d->controller_pauses);

	do {
		if (n == 255) {
			return -EOVERFLOW;
		}
	} while (!try_cmpxchg(&d->controller_pauses, &n, n + 1));
	domain_pause(d);
	return 0;
}

int domain_controller_unpause(struct domain *d)
{
	u32 n = READ_ONCE(d->controller_pauses);

	do {
		if (!n) {
			return -EINVAL;
		}
	} while (!try_cmpxchg(&d->controller_pauses, &n, n - 1));
	domain_unpause(d);
	return 0;
}

static const char *reason_name(u8 reason)
{
	static const char *const names[] = {
		[SHUTDOWN_poweroff] = "powered off",
		[SHUTDOWN_reboot] = "wants a reboot",
		[SHUTDOWN_suspend] = "suspended",
		[SHUTDOWN_crash] = "crashed",
		[SHUTDOWN_watchdog] = "ended by its watchdog",
		[SHUTDOWN_soft_reset] = "wants a soft reset",
	};

	return reason < ARRAY_LEN(names) ? names[reason] : "shut down";
}

/* Domain 0's end: the machine's. */
static void machine_follows(u8 reason)
{
	log_info("Domain 0 %s\n", reason_name(reason));
	switch (reason) {
	case SHUTDOWN_poweroff:
		machine_poweroff();
	case SHUTDOWN_reboot:
		machine_reboot();
	case SHUTDOWN_crash:
	case SHUTDOWN_watchdog:
		machine_restart();
	default:
		machine_halt();
	}
}

void domain_shutdown(struct domain *d, u8 reason)
{
	spin_lock(&d->lock);
	if (d->shutdown_code == SHUTDOWN_CODE_NONE) {
		d->shutdown_code = reason;
	}
	reason = d->shutdown_code;
	if (d == dom0) {
		spin_unlock(&d->lock);
		machine_follows(reason);
	}
	if (d->shut_down || d->dying) {
		spin_unlock(&d->lock);
		return;
	}
	log_info("Domain %u: %s\n", d->id, reason_name(reason));
	pause_nosync(d);
	d->shut_down = true;
	spin_unlock(&d->lock);
	virq_send_global(VIRQ_DOM_EXC);
}

void domain_resume(struct domain *d)
{
	bool resume;

	spin_lock(&d->lock);
	resume = d->shut_down && !d->dying;
	if (resume) {
		d->shut_down = false;
		d->shutdown_code = SHUTDOWN_CODE_NONE;
	}
	spin_unlock(&d->lock);
	if (resume) {
		domain_unpause(d);
	}
}

void domain_crash(struct domain *d, const char *fmt, ...)
{
	char why[160];
	va_list args;

	if (!xchg(&d->crashed_reported, true)) {
		va_start(args, fmt);
		(void)vformat(why, sizeof(why), fmt, args);
		va_end(args);
		log_warn("Domain %u: crashed: %s\n", d->id, why);
		if (current->domain == d) {
			vcpu_report(current);
		}
	}
	domain_shutdown(d, SHUTDOWN_crash);
}

static void watchdog_fired(void *data)
{
	struct domain *d = data;

	log_warn("Domain %u: its watchdog ran out\n", d->id);
	domain_shutdown(d, SHUTDOWN_watchdog);
}

void domain_watchdog_init(struct domain *d)
{
	timer_init(&d->watchdog[0], watchdog_fired, d);
	timer_init(&d->watchdog[1], watchdog_fired, d);
}

int domain_watchdog(struct domain *d, u32 id, u32 timeout_s)
{
	u64 expires = now_ns() + timeout_s * 1000000000ULL;
	struct timer *t = d->watchdog, *end = t + ARRAY_LEN(d->watchdog);
	int ret = 0;

	if (id > ARRAY_LEN(d->watchdog) || (!id && !timeout_s)) {
		return -EINVAL;
	}
	spin_lock(&d->lock);
	if (!id) {
		while (t < end && t->node.queued) {
			t++;
		}
		ret = t < end ? (int)(t - d->watchdog) + 1 : -ENOSPC;
	} else {
		t += id - 1;
		ret = t->node.queued ? 0 : -EINVAL;
	}
	if (ret >= 0 && timeout_s) {
		timer_set(t, expires);
	} else if (ret >= 0) {
		timer_stop(t);
	}
	spin_unlock(&d->lock);
	return ret;
}
