/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/* Block I/O, past the page cache, on the disk that the place has. */
#ifndef BENCH_DISK_H
#define BENCH_DISK_H

int disk_usable(void);

/* An operation is one request: 64 KiB in sequence, 4 KiB at random places. */
void disk_seq_read_qd1(int n);
void disk_seq_read_qd32(int n);
void disk_seq_write_qd1(int n);
void disk_rand_read_qd1(int n);
void disk_rand_read_qd32(int n);
void disk_rand_write_qd32(int n);

#endif
