/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * ns16550 UART.  Output waits for the transmitter, a FIFO's worth at a time
 * (callers hold the console lock); input comes by interrupt.
 */
#include "device/console.h"
#include "device/uart.h"
#include "x86/irq.h"
#include "x86/msr.h"

#define CLOCK_HZ	115200

enum { REG_DATA, REG_IER, REG_FCR, REG_LCR, REG_MCR, REG_LSR, REG_MSR,
       REG_SCRATCH };

#define LSR_DATA_READY	0x01
#define LSR_THR_EMPTY	0x20
#define FIFO_BYTES	16
#define WAIT_LIMIT	1000000

static u16 base;		/* 0: no UART */

bool uart_init(u16 port, unsigned int baud)
{
	unsigned int divisor = baud ? CLOCK_HZ / baud : 1;

	outb(0x5a, port + REG_SCRATCH);
	if (inb(port + REG_SCRATCH) != 0x5a) {
		base = 0;
		return false;
	}
	outb(0, port + REG_IER);
	outb(0x80, port + REG_LCR);		/* divisor latch */
	outb(divisor & 0xff, port + REG_DATA);
	outb(divisor >> 8, port + REG_IER);
	outb(0x03, port + REG_LCR);		/* 8n1 */
	outb(0x07, port + REG_FCR);		/* FIFOs on and empty */
	outb(0x0b, port + REG_MCR);		/* DTR, RTS, interrupts */
	base = port;
	return true;
}

static void put_burst(const char *buf, size_t n)
{
	for (unsigned int i = 0; i < WAIT_LIMIT; i++) {
		if (inb(base + REG_LSR) & LSR_THR_EMPTY) {
			break;
		}
	}
	for (size_t i = 0; i < n; i++) {
		outb((u8)buf[i], base + REG_DATA);
	}
}

/* A newline that follows no carriage return gets one. */
void uart_write(const char *buf, size_t n)
{
	static char last;
	char fifo[FIFO_BYTES];
	size_t used = 0;

	if (!base) {
		return;
	}
	for (size_t i = 0; i < n; i++) {
		if (used + 2 > sizeof(fifo)) {
			put_burst(fifo, used);
			used = 0;
		}
		if (buf[i] == '\n' && last != '\r') {
			fifo[used++] = '\r';
		}
		fifo[used++] = last = buf[i];
	}
	if (used) {
		put_burst(fifo, used);
	}
}

static void uart_interrupt(u32 irq, void *data)
{
	for (unsigned int i = 0; i < 256; i++) {
		if (!(inb(base + REG_LSR) & LSR_DATA_READY)) {
			break;
		}
		console_rx((char)inb(base + REG_DATA));
	}
	inb(base + REG_FCR);			/* interrupt identification */
	irq_eoi_done(irq);
}

void uart_init_irq(u32 gsi, bool level, bool active_low)
{
	if (!base) {
		return;
	}
	if (irq_bind_gsi(gsi, level, active_low, uart_interrupt, NULL)) {
		log_error("Console: no interrupt for the serial line\n");
		return;
	}
	irq_unmask(gsi);
	outb(0x01, base + REG_IER);
}
