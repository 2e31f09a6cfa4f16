/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Suspend: the domain stops so that its toolstack can save it. It goes on
 * either in the same domain, because nothing came of it, or in another one
 * that was made from what was saved.
 */
#ifndef KEEL_XEN_SUSPEND_H
#define KEEL_XEN_SUSPEND_H

#include "xen/hypercall.h"

enum suspend_result {
	SUSPEND_RESUMED = 0,	/* another domain: ports and grants are gone */
	SUSPEND_CANCELLED = 1,	/* the same: nothing has changed */
};

/* Says where our p2m is; who saves us reads it before we stop. */
void suspend_offer(void);

/*
 * Stops: for the first vCPU, while no other does anything. Devices are to be
 * opened anew when it was resumed. Events are masked when it returns; a
 * negative errno when the hypervisor refuses.
 */
int suspend(void);

#endif
