/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/* What the toolstack is told about domains: state and time used. */
#include "domain/domain.h"
#include "domain/sched.h"
#include <xen/domctl.h>

u32 domain_state_flags(struct domain *d)
{
	bool running = false, blocked = true;
	struct vcpu *v;
	u32 flags = 0;

	for_each_vcpu(d, v) {
		u64 f = READ_ONCE(v->pause_flags);

		if (f & VPF_DOWN) {
			continue;
		}
		running |= READ_ONCE(v->sched.running);
		blocked &= (f & (VPF_BLOCKED | VPF_POLLING)) != 0;
	}
	if (running) {
		flags |= XEN_DOMINF_running;
	} else if (blocked) {
		flags |= XEN_DOMINF_blocked;
	}
	if (d->dying) {
		flags |= XEN_DOMINF_dying;
	}
	if (d->shut_down) {
		flags |= XEN_DOMINF_shutdown;
	}
	if (READ_ONCE(d->controller_pauses)) {
		flags |= XEN_DOMINF_paused;
	}
	return flags;
}

u64 domain_cpu_time(struct domain *d)
{
	struct vcpu *v;
	u64 ns = 0;

	for_each_vcpu(d, v) {
		ns += vcpu_cpu_time(v);
	}
	return ns;
}
