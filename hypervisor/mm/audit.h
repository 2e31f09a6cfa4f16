/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * For those who hold frames: during an audit they say which (mm/audit.c).
 */
#ifndef MM_AUDIT_H
#define MM_AUDIT_H

#include "mm/frame.h"

struct domain;

void audit_add(mfn_t m, unsigned int refs, unsigned int types);

/* grant/: device mappings that d holds. */
void grant_audit_frames(struct domain *d);

#endif
