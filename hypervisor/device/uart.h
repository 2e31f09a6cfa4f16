/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/* The first serial port, an ns16550 at an I/O port. */
#ifndef DEVICE_UART_H
#define DEVICE_UART_H

#include "lib/types.h"

/* As the command line says; where there is none the others do nothing. */
void uart_init(void);
/* Also sends more of what is buffered. */
void uart_write(const char *buf, size_t n);
/* From now on writes return when all is sent. */
void uart_be_synchronous(void);
/* From now on received bytes go to console_rx. */
void uart_init_irq(void);

#endif
