/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/* Two domains: an event there and back, a page of the other's. */
#ifndef BENCH_PAIR_H
#define BENCH_PAIR_H

/* Makes the other domain, which stays. */
void pair_begin(void);

/* Each n times. */
void event_between(int n);
void grant_map_between(int n);
void grant_copy_between(int n);

#endif
