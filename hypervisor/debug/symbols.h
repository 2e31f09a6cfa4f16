/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/* Addresses as names, for reports: printk's %pS. */
#ifndef DEBUG_SYMBOLS_H
#define DEBUG_SYMBOLS_H

#include "lib/types.h"

/* "name+0x12", or the bare number when addr is in no function of ours. */
void symbol_format(char *buf, size_t size, u64 addr);

#endif
