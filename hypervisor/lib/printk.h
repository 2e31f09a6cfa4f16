/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * What the hypervisor says.  Levels say whose fault it is: an error is ours or
 * the machine's, a warning the guest's, info is life cycle, debug the rest.
 * Everything goes to the console ring (pvctl dmesg) and, as the loglvl and
 * guest_loglvl command-line words allow, to the serial console.
 *
 * printk formats: %d %u %x %lx %llx %s %c %ld %lu %zu with width and zero;
 * %pS prints an address as symbol+offset.
 */
#ifndef LIB_PRINTK_H
#define LIB_PRINTK_H

#include "lib/types.h"

enum log_level {
	LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG,
	LOG_GUEST = 8,		/* with one of these: guest_loglvl counts */
};

void printk(enum log_level level, const char *fmt, ...) __printf(2, 3);

#define log_error(...)	printk(LOG_ERROR, __VA_ARGS__)
#define log_warn(...)	printk(LOG_WARNING, __VA_ARGS__)
#define log_info(...)	printk(LOG_INFO, __VA_ARGS__)

/*
 * For whatever a guest can trigger: prefixed with "dN: ", subject to
 * guest_loglvl, at most 10 lines a second for each domain, with a count of
 * those left out.
 */
void guest_printk(enum log_level level, unsigned int domid,
		  const char *fmt, ...) __printf(3, 4);

/* snprintf with printk's formats; returns the length without the cut. */
int format(char *buf, size_t size, const char *fmt, ...) __printf(3, 4);
int vformat(char *buf, size_t size, const char *fmt, va_list args);

/* Stops the machine with one clear line: wrong boot parameters, no memory. */
void panic(const char *fmt, ...) __printf(1, 2) __noreturn __cold;

/*
 * Our own fault: prints file, line, reason, registers and a symbolised stack,
 * and stops every CPU.  Never reachable from a guest.
 */
void bug(const char *file, int line, const char *reason) __noreturn __cold;

#define BUG(reason)	bug(__FILE__, __LINE__, reason)
#define BUG_ON(cond)	do { if (unlikely(cond)) BUG(#cond); } while (0)
#define ASSERT(cond)	BUG_ON(!(cond))

#endif
