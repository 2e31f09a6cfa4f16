/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/* Between the files of domain/: making and ending the parts of a domain. */
#ifndef DOMAIN_LIFETIME_H
#define DOMAIN_LIFETIME_H

#include "domain/domain.h"

#define SHUTDOWN_CODE_NONE	0xff	/* shutdown_code: not shut down yet */

/* Boot: lookup works from here on. */
void domains_init(void);

int vcpu_create(struct domain *d, unsigned int id);
/* Gives back what the vCPU holds of its domain's frames; it is paused. */
void vcpu_release(struct vcpu *v);
void vcpu_free(struct vcpu *v);		/* NULL is nothing */

void domain_watchdog_init(struct domain *d);
void domain_watchdog_kill(struct domain *d);

#endif
