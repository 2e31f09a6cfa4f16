/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * ns16550 UART.  Output goes through a buffer: as much as the transmitter takes
 * is sent at once, the rest when it interrupts, so that nobody waits for the
 * line but when the buffer is full, at boot, in a panic, and always with
 * sync_console.  Input comes by interrupt.  Callers hold the console lock.
 */
#include "boot/boot_info.h"
#include "device/acpi.h"
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

#define BUFFER_SIZE	4096U
#define IER_RX		0x01
#define IER_TX		0x02

static u16 base;		/* 0: no UART */
static char buffer[BUFFER_SIZE];
static u32 head, tail;		/* bytes put in, and sent */
static bool synchronous = true;

__init void uart_init(void)
{
	unsigned int baud = boot_options.com1_baud;
	unsigned int divisor = baud ? CLOCK_HZ / baud : 1;
	u16 port = (u16)boot_options.com1_port;

	if (!boot_options.com1) {
		return;
	}
	outb(0x5a, port + REG_SCRATCH);
	if (inb(port + REG_SCRATCH) != 0x5a) {
		return;
	}
	outb(0, port + REG_IER);
	outb(0x80, port + REG_LCR);		/* divisor latch */
	outb(divisor & 0xff, port + REG_DATA);
	outb(divisor >> 8, port + REG_IER);
	outb(0x03, port + REG_LCR);		/* 8n1 */
	outb(0x07, port + REG_FCR);		/* FIFOs on and empty */
	outb(0x0b, port + REG_MCR);		/* DTR, RTS, interrupts */
	base = port;
}

static bool transmitter_empty(void)
{
	return inb(base + REG_LSR) & LSR_THR_EMPTY;
}

/* Fills the transmitter once, from the buffer. */
static void send_burst(void)
{
	for (unsigned int i = 0; i < FIFO_BYTES && tail != head; i++) {
		outb((u8)buffer[tail++ % BUFFER_SIZE], base + REG_DATA);
	}
}

static void wait_and_send(void)
{
	for (unsigned int i = 0; i < WAIT_LIMIT && !transmitter_empty(); i++) {
	}
	send_burst();
}

static void put_byte(char c)
{
	if (head - tail == BUFFER_SIZE) {
		wait_and_send();
	}
	buffer[head++ % BUFFER_SIZE] = c;
}

/* Sends what the transmitter takes now; the rest by interrupt. */
static void send(void)
{
	while (tail != head && (synchronous || transmitter_empty())) {
		wait_and_send();
	}
	if (!synchronous) {
		outb(tail != head ? IER_RX | IER_TX : IER_RX, base + REG_IER);
	}
}

/* A newline that follows no carriage return gets one. */
void uart_write(const char *buf, size_t n)
{
	static char last;

	if (!base) {
		return;
	}
	for (size_t i = 0; i < n; i++) {
		if (buf[i] == '\n' && last != '\r') {
			put_byte('\r');
		}
		put_byte(last = buf[i]);
	}
	send();
}

void uart_be_synchronous(void)
{
	synchronous = true;
	uart_write(NULL, 0);
}

static void uart_interrupt(u32 irq, void *data)
{
	for (unsigned int i = 0;
	     i < 256 && (inb(base + REG_LSR) & LSR_DATA_READY); i++) {
		console_rx((char)inb(base + REG_DATA));
	}
	console_write(NULL, 0);			/* more of the buffer */
	inb(base + REG_FCR);			/* interrupt identification */
	irq_eoi_done(irq);
}

/* An ISA interrupt: the GSI of the same number, but where ACPI overrides it. */
__init void uart_init_irq(void)
{
	struct acpi_override at = { .gsi = boot_options.com1_irq };

	for (unsigned int i = 0; i < acpi_info.nr_overrides; i++) {
		if (acpi_info.overrides[i].irq == boot_options.com1_irq) {
			at = acpi_info.overrides[i];
		}
	}
	if (!base) {
		return;
	}
	if (irq_bind_gsi(at.gsi, at.level, at.active_low, uart_interrupt,
			 NULL)) {
		log_error("Console: no interrupt for the serial line\n");
		return;
	}
	irq_mask(at.gsi, false);
	outb(IER_RX, base + REG_IER);
	synchronous = boot_options.sync_console;
}
