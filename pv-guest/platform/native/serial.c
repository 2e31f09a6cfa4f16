/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/* The console: the first serial port, at the speed its loader left or 115200. */
#include "platform/native/start.h"

#define COM1		0x3f8
#define LINE_STATUS	(COM1 + 5)
#define RECEIVED	0x01
#define CAN_SEND	0x20

void serial_init(void)
{
	out8(COM1 + 1, 0);		/* no interrupts */
	out8(COM1 + 3, 0x80);		/* the divisor: 1 */
	out8(COM1 + 0, 1);
	out8(COM1 + 1, 0);
	out8(COM1 + 3, 0x03);		/* 8 bits, no parity, 1 stop bit */
	out8(COM1 + 2, 0x07);		/* FIFOs on and empty */
	out8(COM1 + 4, 0x03);
}

static void put(char c)
{
	while (!(in8(LINE_STATUS) & CAN_SEND)) {
		cpu_relax();
	}
	out8(COM1, c);
}

void console_write(const char *text, size_t n)
{
	for (; n; n--, text++) {
		if (*text == '\n') {
			put('\r');
		}
		put(*text);
	}
}

size_t console_read(char *buf, size_t n)
{
	size_t got = 0;

	while (got < n && (in8(LINE_STATUS) & RECEIVED)) {
		buf[got++] = in8(COM1);
	}
	return got;
}

void crash(void)
{
	for (;;) {
		asm volatile("cli; hlt");
	}
}
