/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/* One entry of a guest's IDT (trap_table.c). */
#ifndef PVCPU_TRAP_TABLE_H
#define PVCPU_TRAP_TABLE_H

#include "domain/domain.h"

void trap_entry_set(struct vcpu *v, const struct trap_info *info);

#endif
