/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/* Channel 2 of the interval timer as domain 0 has it (pit.c). */
#ifndef PVCPU_PIT_H
#define PVCPU_PIT_H

#include "domain/domain.h"

static inline bool pit_port(unsigned int port, unsigned int bytes)
{
	return bytes == 1 && (port == 0x42 || port == 0x43 || port == 0x61);
}

u8 pit_read(struct domain *d, unsigned int port);
void pit_write(struct domain *d, unsigned int port, u8 val);

#endif
