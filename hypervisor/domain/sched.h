/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The scheduler: which vCPU runs where, by credits (weight, cap, affinity).
 * Nothing in the hypervisor sleeps, so a switch happens only on the way out
 * to a guest (the schedule softirq) or in the idle loop.
 */
#ifndef DOMAIN_SCHED_H
#define DOMAIN_SCHED_H

#include "domain/domain.h"

/* Called by boot: run queues, then each CPU's idle vCPU. */
void sched_init(void);
void sched_init_cpu(unsigned int cpu);
void sched_init_vcpu(struct vcpu *v);

/* v has become runnable (or not): wake or put to sleep.  Any context. */
void vcpu_wake(struct vcpu *v);
void vcpu_sleep_nosync(struct vcpu *v);
void vcpu_sleep_sync(struct vcpu *v);

/* An event is pending for v: unblock it, or interrupt it where it runs. */
void vcpu_kick(struct vcpu *v);

/* Blocks the current vCPU until an event; nothing happens if one is there. */
void vcpu_block_current(void);
/* True if somebody is queued on this CPU. */
bool vcpu_yield_current(void);

/* -EINVAL when no online CPU is in `hard`. */
int vcpu_set_affinity(struct vcpu *v, cpumask_t hard, cpumask_t soft);

/* Where idle CPUs are; never returns. */
void idle_loop(void) __noreturn;

/*
 * x86's half: saves prev's state from this CPU and loads next's, then the
 * caller goes on as next (x86/switch.c, an upcall).
 */
void context_switch(struct vcpu *prev, struct vcpu *next);

/* CPU time that v has used, ns, with what it uses right now. */
u64 vcpu_cpu_time(struct vcpu *v);

#endif
