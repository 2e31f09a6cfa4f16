/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/* The C entry, called by boot/start.S. */
#ifndef BOOT_MAIN_H
#define BOOT_MAIN_H

#include "lib/types.h"

/* Magic number and address as the loader left them in EAX and EBX. */
void boot_main(u32 magic, u32 info) __noreturn;

#endif
