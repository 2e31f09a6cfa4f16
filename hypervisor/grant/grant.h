/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Grant tables, version 1 (xen/grant_table.h): how one domain lets another
 * map or copy single frames of its.
 */
#ifndef GRANT_GRANT_H
#define GRANT_GRANT_H

#include "domain/domain.h"
#include <xen/grant_table.h>

int grant_table_init(struct domain *d, s32 max_frames, s32 max_maptrack);
/* Takes back what d has mapped from others; -ERESTART until done, then 0. */
int grant_release_mappings(struct domain *d);
void grant_table_free(struct domain *d);

/* How many entries' pins or domains' handles do not add up (audit.c). */
unsigned int grant_audit(void);

#endif
