/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The console: log ring, printk, and input.  Bytes are numbered from boot on
 * (modulo 2^32); byte i lies at ring[i % RING_SIZE].
 *
 * The lock is the innermost of all and is taken with interrupts off.  A panic
 * takes it by force.
 */
#include "boot/boot_info.h"
#include "device/console.h"
#include "device/uart.h"
#include "event/evtchn.h"
#include "lib/lock.h"
#include "lib/string.h"
#include "x86/smp.h"

#define RING_SIZE	0x8000U
#define INPUT_SIZE	256U
#define PREFIX		"(HV) "
#define SWITCH_KEY	'\x01'		/* Ctrl-a */

static spinlock_t lock;
static u32 lock_owner = ~0U;		/* CPU that holds it */
static char ring[RING_SIZE];
static u32 ring_end;			/* number of the next byte */
static u32 ring_start;			/* oldest byte for plain readers */
static bool at_line_start = true;

static spinlock_t input_lock;
static char input[INPUT_SIZE];
static u32 input_head, input_tail;
static unsigned int switch_keys;	/* Ctrl-a's in a row */
static bool keys_are_ours;

/* An NMI or a fault in the middle of a message prints without the lock. */
static bool console_lock(unsigned long *flags)
{
	*flags = irq_save();
	if (READ_ONCE(lock_owner) == this_cpu_id()) {
		return false;
	}
	spin_lock(&lock);
	WRITE_ONCE(lock_owner, this_cpu_id());
	return true;
}

static void console_unlock(bool locked, unsigned long flags)
{
	if (locked) {
		WRITE_ONCE(lock_owner, ~0U);
		spin_unlock(&lock);
	}
	irq_restore(flags);
}

static void ring_put(const char *buf, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		ring[ring_end++ % RING_SIZE] = buf[i];
	}
	if (ring_end - ring_start > RING_SIZE) {
		ring_start = ring_end - RING_SIZE;
	}
}

void console_write(const char *buf, size_t n)
{
	unsigned long flags;
	bool locked = console_lock(&flags);

	uart_write(buf, n);
	console_unlock(locked, flags);
}

static void put(const char *buf, size_t n, bool to_line)
{
	ring_put(buf, n);
	if (to_line) {
		uart_write(buf, n);
	}
}

/* Text of ours, each line with the prefix. */
static void put_lines(const char *text, bool to_line)
{
	while (*text) {
		const char *end = strchr(text, '\n');
		size_t n = end ? (size_t)(end - text) + 1 : strlen(text);

		if (at_line_start) {
			put(PREFIX, sizeof(PREFIX) - 1, to_line);
		}
		put(text, n, to_line);
		at_line_start = end != NULL;
		text += n;
	}
}

void console_vprint(bool to_line, const char *fmt, va_list args)
{
	char line[256];
	unsigned long flags;
	bool locked;

	vformat(line, sizeof(line), fmt, args);
	locked = console_lock(&flags);
	put_lines(line, to_line);
	console_unlock(locked, flags);
}

void printk(enum log_level level, const char *fmt, ...)
{
	int limit = level & LOG_GUEST ? boot_options.guest_loglvl :
					boot_options.loglvl;
	va_list args;

	va_start(args, fmt);
	console_vprint((int)(level & ~LOG_GUEST) <= limit, fmt, args);
	va_end(args);
}

int console_ring_read(char *dst, u32 *index, u32 count, bool incremental,
		      bool clear)
{
	unsigned long flags;
	bool locked = console_lock(&flags);
	u32 kept = ring_end - ring_start;
	/* What was cleared stays so, also for a reader that begins at 0. */
	u32 from = incremental && *index - ring_start <= kept ?
		   *index : ring_start;
	u32 n = min(ring_end - from, count);

	for (u32 i = 0; i < n; i++) {
		dst[i] = ring[(from + i) % RING_SIZE];
	}
	*index = from + n;
	if (clear) {
		ring_start = ring_end;
	}
	console_unlock(locked, flags);
	return (int)n;
}

void console_force_unlock(void)
{
	spin_unlock(&lock);
	lock_owner = ~0U;
	uart_be_synchronous();
	if (!at_line_start) {
		put("\n", 1, true);
		at_line_start = true;
	}
}

/* ---- input ---- */

unsigned int console_read_input(char *buf, unsigned int n, bool for_keys)
{
	unsigned long flags = spin_lock_irqsave(&input_lock);
	unsigned int got = 0;

	while (got < n && input_tail != input_head &&
	       for_keys == keys_are_ours) {
		buf[got++] = input[input_tail++ % INPUT_SIZE];
	}
	spin_unlock_irqrestore(&input_lock, flags);
	return got;
}

static void run_debug_keys(void)
{
	char key;

	while (console_read_input(&key, 1, true)) {
		debug_key(key);
	}
}

/* A byte of input; what the other side has not read when it turns is lost. */
static void input_put(char c)
{
	switch_keys = c == SWITCH_KEY ? switch_keys + 1 : 0;
	if (switch_keys == 3) {
		switch_keys = 0;
		input_tail = input_head;
		keys_are_ours = !keys_are_ours;
		log_error("Input goes to %s; Ctrl-a three times switches\n",
			  keys_are_ours ? "the hypervisor, h for help" :
					  "domain 0");
	} else if (input_head - input_tail < INPUT_SIZE &&
		   !(keys_are_ours && c == SWITCH_KEY)) {
		input[input_head++ % INPUT_SIZE] = c;
	}
}

void console_rx(char c)
{
	unsigned long flags = spin_lock_irqsave(&input_lock);
	bool ours;

	input_put(c);
	ours = keys_are_ours;
	spin_unlock_irqrestore(&input_lock, flags);
	if (ours) {
		softirq_raise(SOFTIRQ_KEYS);
	} else {
		virq_send_global(VIRQ_CONSOLE);
	}
}

/* ---- boot ---- */

__init void console_init_irq(void)
{
	softirq_register(SOFTIRQ_KEYS, run_debug_keys);
	uart_init_irq();
}
