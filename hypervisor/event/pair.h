/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/* The event locks of two domains, or of one, in their order. */
#ifndef EVENT_PAIR_H
#define EVENT_PAIR_H

#include "domain/domain.h"

unsigned long event_lock_pair(struct domain *a, struct domain *b)
	__must_check;
void event_unlock_pair(struct domain *a, struct domain *b,
		       unsigned long flags);

#endif
