/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/* The text screen at 0xb8000, 80x25; for console=vga until domain 0 runs. */
#ifndef DEVICE_VGA_H
#define DEVICE_VGA_H

#include "lib/types.h"

void vga_init(void);
void vga_write(const char *buf, size_t n);
/* Domain 0 takes the screen over. */
void vga_release(void);

#endif
