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

static long op_shutdown(unsigned long arg)
{
	struct sched_shutdown s;

	if (copy_from_guest_va(&s, arg, sizeof(s))) {
		return -EFAULT;
	}
	if (s.reason > SHUTDOWN_MAX) {
		return -EINVAL;
	}
	domain_shutdown(current->domain, (u8)s.reason);
	return 0;
}

/* Remembers why, for a shutdown that follows (a crash kernel's, say). */
static long op_shutdown_code(unsigned long arg)
{
	struct domain *d = current->domain;
	struct sched_shutdown s;

	if (copy_from_guest_va(&s, arg, sizeof(s))) {
		return -EFAULT;
	}
	if (s.reason > SHUTDOWN_MAX) {
		return -EINVAL;
	}
	spin_lock(&d->lock);
	if (!d->shutting_down) {
		d->shutdown_code = (u8)s.reason;
	}
	spin_unlock(&d->lock);
	return 0;
}

static long op_remote_shutdown(unsigned long arg)
{
	struct sched_remote_shutdown s;
	struct domain *d;

	if (copy_from_guest_va(&s, arg, sizeof(s))) {
		return -EFAULT;
	}
	d = domain_get_by_id(s.domain_id);
	if (!d) {
		return -ESRCH;
	}
	if (!current->domain->privileged) {
		domain_put(d);
		return -EPERM;
	}
	domain_shutdown(d, (u8)s.reason);
	domain_put(d);
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
		if (evtchn_is_pending(d, port)) {
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
static long poll(const struct sched_poll *p, evtchn_port_t first)
{
	struct vcpu *v = current;
	int ready;

	v->poll_port = first;
	atomic_or(&v->domain->polling_vcpus, BIT(v->id));
	atomic_or(&v->pause_flags, VPF_POLLING);
	smp_mb();
	ready = poll_ready(v, p);
	if (ready) {
		atomic_and(&v->domain->polling_vcpus, ~BIT(v->id));
		atomic_and(&v->pause_flags, ~VPF_POLLING);
		return ready < 0 ? ready : 0;
	}
	if (p->timeout) {
		timer_migrate(&v->poll, this_cpu_id());
		timer_set(&v->poll, p->timeout);
	} else {
		timer_stop(&v->poll);
	}
	softirq_raise(SOFTIRQ_SCHEDULE);
	return 0;
}

static long op_poll(unsigned long arg)
{
	struct sched_poll p;
	evtchn_port_t first = ~0U;

	if (copy_from_guest_va(&p, arg, sizeof(p))) {
		return -EFAULT;
	}
	if (p.nr_ports > POLL_MAX_PORTS) {
		return -EINVAL;
	}
	if (p.nr_ports == 1 &&
	    copy_from_guest_va(&first, (vaddr_t)p.ports.p, sizeof(first))) {
		return -EFAULT;
	}
	return poll(&p, first);
}

/*
 * Who yields waits for somebody.  With nobody else to run here, that is
 * somebody on another CPU, or asleep: rather than let the guest spin, the CPU
 * rests for a moment, or until an event.
 */
static long op_yield(void)
{
	struct sched_poll rest = { .timeout = now_ns() + YIELD_REST_NS };

	vcpu_yield_current();
	return vcpus_wait_here() ? 0 : poll(&rest, ~0U);
}

static long op_watchdog(unsigned long arg)
{
	struct sched_watchdog w;

	if (copy_from_guest_va(&w, arg, sizeof(w))) {
		return -EFAULT;
	}
	return domain_watchdog(current->domain, w.id, w.timeout);
}

static long op_pin_override(unsigned long arg)
{
	struct sched_pin_override p;

	if (!current->domain->privileged) {
		return -EPERM;
	}
	if (copy_from_guest_va(&p, arg, sizeof(p))) {
		return -EFAULT;
	}
	return vcpu_pin_override(current, p.pcpu);
}

long hc_sched_op(unsigned long cmd, unsigned long arg, unsigned long a3,
		 unsigned long a4, unsigned long a5)
{
	switch (cmd) {
	case SCHEDOP_yield:
		return op_yield();
	case SCHEDOP_block:
		vcpu_block_current();
		return 0;
	case SCHEDOP_shutdown:
		return op_shutdown(arg);
	case SCHEDOP_poll:
		return op_poll(arg);
	case SCHEDOP_remote_shutdown:
		return op_remote_shutdown(arg);
	case SCHEDOP_shutdown_code:
		return op_shutdown_code(arg);
	case SCHEDOP_watchdog:
		return op_watchdog(arg);
	case SCHEDOP_pin_override:
		return op_pin_override(arg);
	default:
		return hypercall_enosys_sub("sched_op", cmd);
	}
}

/* The old number: the reason is the argument itself. */
long hc_sched_op_compat(unsigned long cmd, unsigned long arg,
			unsigned long a3, unsigned long a4, unsigned long a5)
{
	if (cmd == SCHEDOP_shutdown) {
		if (arg > SHUTDOWN_MAX) {
			return -EINVAL;
		}
		domain_shutdown(current->domain, (u8)arg);
		return 0;
	}
	if (cmd == SCHEDOP_yield || cmd == SCHEDOP_block) {
		return hc_sched_op(cmd, 0, 0, 0, 0);
	}
	return hypercall_enosys_sub("sched_op_compat", cmd);
}
