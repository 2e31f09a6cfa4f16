/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The console: a ring in memory that keeps the last 32 KiB of what was said,
 * and the serial line.  Lines of ours come through printk; bytes of domains
 * through console_write.  Input from the serial line is domain 0's, until
 * Ctrl-a was pressed three times: then keys are the hypervisor's debug keys.
 */
#ifndef DEVICE_CONSOLE_H
#define DEVICE_CONSOLE_H

#include "lib/types.h"
#include "lib/printk.h"

/* Boot, when interrupts work: UART input by interrupt. */
void console_init_irq(void);

/*
 * Bytes for the serial line, as they are.  Any context.  (Domain 0's
 * CONSOLEIO_write; guests' complete lines go through guest_printk.)
 */
void console_write(const char *buf, size_t n);

/*
 * XEN_SYSCTL_readconsole.  Copies up to count bytes of the ring into dst and
 * returns how many.  Bytes are numbered from boot on, modulo 2^32: with
 * `incremental` it begins at *index, or at the oldest byte kept when that is
 * gone; otherwise at the oldest byte since the last clear.  *index becomes the
 * number of the byte after the last one copied.  `clear` then forgets all that
 * is in the ring for later readers that do not read incrementally.
 */
int console_ring_read(char *dst, u32 *index, u32 count, bool incremental,
		      bool clear);

/*
 * CONSOLEIO_read: takes up to n bytes of input, if it is domain 0's (or our
 * debug keys') turn to have them.  VIRQ_CONSOLE was sent when they arrived.
 */
unsigned int console_read_input(char *buf, unsigned int n, bool for_keys);

/* What printk and panic are made of: one text of up to 255 bytes. */
void console_vprint(bool to_line, const char *fmt, va_list args);

/* Our own call chain from rip and rbp on, for reports of our faults. */
void stack_trace_print(unsigned long rip, unsigned long rbp);

/* A byte from the serial line (device/uart.c, IRQ context). */
void console_rx(char c);

/* Debug keys (debug/keys.c): what one key does.  Timer softirq context. */
void debug_key(char key);

/* Panic: takes the console from whoever holds its lock. */
void console_force_unlock(void);

#endif
