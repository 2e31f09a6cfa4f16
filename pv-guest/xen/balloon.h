/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The balloon: pages of ours that we give back to the hypervisor while we do
 * not need them, and take again. What is out has a pfn and no frame.
 */
#ifndef KEEL_XEN_BALLOON_H
#define KEEL_XEN_BALLOON_H

#include "xen/hypercall.h"

/* Pages that the domain has now, by the hypervisor's count; or an errno. */
long balloon_current(void);

/*
 * Gives pages away or takes them, one of the two, until the domain has that
 * many, or has no page to give, or gets none. The number it has then; it never
 * goes above what it began with.
 */
long balloon_resize(unsigned long pages);

#endif
