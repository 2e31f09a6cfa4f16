/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * sched_op (xen/sched.h): a vCPU gives its CPU away, waits for ports, or ends
 * its domain.  Nothing sleeps here: the vCPU is marked, and the scheduler
 * runs on the way out.
 */
#include "hypercall/hypercall.h"
#include "domain/sched.h"
#include "event/evtchn.h"
#include "mm/guest_copy.h"
#include "x86/clock.h"
#include "x86/smp.h"

#define POLL_MAX_PORTS	128
#define YIELD_REST_NS	50000

static long op_shutdown(struct domain *d, void *arg)
{
	struct sched_shutdown *s = arg;

	if (s->reason > SHUTDOWN_MAX) {
		return -EINVAL;
	}
	domain_shutdown(d, (u8)s->reason);
	return 0;
}

static long op_remote_shutdown(struct domain *d, void *arg)
{
	struct sched_remote_shutdown *s = arg;

	domain_shutdown(d, (u8)s->reason);
	return 0;
}

/* Is one of the ports pending, or an upcall due?  Negative: bad argument. */
static int poll_ready(struct vcpu *v, const struct sched_poll *p)
{
	struct domain *d = v->domain;

	if (vcpu_upcall_due(v)) {
		return 1;
	}
	for (unsigned int i = 0; i < p->nr_ports; i++) {
		vaddr_t at = (vaddr_t)p->ports.p + i * sizeof(evtchn_port_t);
		evtchn_port_t port;

		if (copy_from_guest_va(&port, at, sizeof(port))) {
			return -EFAULT;
		}
		if (port >= d->nr_ports) {
			return -EINVAL;
		}
		if (bit_is_set(d->shared->evtchn_pending, port)) {
			return 1;
		}
	}
	return 0;
}

/*
 * Waits for one of the ports, an upcall, or the time; 0: for ever.  The vCPU
 * is marked as polling before the ports are looked at: what comes after that
 * look finds the mark and unblocks it.
 */
static long poll(struct domain *d, const struct sched_poll *p,
		 evtchn_port_t first)
{
	struct vcpu *v = current;
	int ready;

	v->poll_port = first;
	atomic_or(&d->polling_vcpus, BIT(v->id));
	atomic_or(&v->pause_flags, VPF_POLLING);
	smp_mb();
	ready = poll_ready(v, p);
	if (ready) {
		atomic_and(&d->polling_vcpus, ~BIT(v->id));
		atomic_and(&v->pause_flags, ~VPF_POLLING);
		return ready < 0 ? ready : 0;
	}
	if (p->timeout) {
		timer_set(&v->poll, p->timeout);
	} else {
		timer_stop(&v->poll);
	}
	softirq_raise(SOFTIRQ_SCHEDULE);
	return 0;
}

static long op_poll(struct domain *d, void *arg)
{
	struct sched_poll *p = arg;
	evtchn_port_t first = ~0U;

	if (p->nr_ports > POLL_MAX_PORTS) {
		return -EINVAL;
	}
	if (p->nr_ports == 1 && copy_from_guest(&first, p->ports.p, 1)) {
		return -EFAULT;
	}
	return poll(d, p, first);
}

/*
 * Who yields waits for somebody.  With nobody else to run here, that is
 * somebody on another CPU, or asleep: rather than let the guest spin, the CPU
 * rests for a moment, or until an event.
 */
static long op_yield(void)
{
	struct sched_poll rest = { .timeout = now_ns() + YIELD_REST_NS };

	return vcpu_yield_current() ? 0 : poll(current->domain, &rest, ~0U);
}

static long op_watchdog(struct domain *d, void *arg)
{
	struct sched_watchdog *w = arg;

	return domain_watchdog(d, w->id, w->timeout);
}

#define CALL(name, flags) \
	[SCHEDOP_##name] = { op_##name, sizeof(struct sched_##name), flags }

static const struct subcall calls[] = {
	CALL(shutdown, 0),
	CALL(poll, 0),
	CALL(remote_shutdown, SUB_PRIVILEGED | SUB_DOMAIN),
	CALL(watchdog, 0),
};

HC(sched_op)
{
	switch (a1) {
	case SCHEDOP_yield:
		return op_yield();
	case SCHEDOP_block:
		vcpu_block_current();
		return 0;
	default:
		return subcall(calls, ARRAY_LEN(calls), (u32)a1, a2);
	}
}
