/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The user's terminal joined to a domain's console, which xenconsoled offers
 * as a pseudo terminal named in xenstore.
 */
#ifndef TOOLSTACK_LIB_CONSOLE_H
#define TOOLSTACK_LIB_CONSOLE_H

#include <stdint.h>

#include "lib/tools.h"

struct console {
	uint32_t domid;
	int tty;
	int lock;
};

/*
 * Find and open the console of @domid; only one process may hold it.  Waits
 * a little for xenconsoled to have made it.
 */
int console_open(struct console *c, struct tools *t, uint32_t domid);

/*
 * Copy both ways until the user types ^] (returns 0) or the domain's console
 * ends (returns 1).  The terminal is raw meanwhile.
 */
int console_run(struct console *c);

void console_close(struct console *c);

/*
 * Waits, up to a second, until xenconsoled has read what a domain that has
 * shut down wrote last; @frame is that of its console ring.
 */
void console_drain(struct tools *t, uint32_t domid, unsigned long frame);

#endif
