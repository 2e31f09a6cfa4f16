/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * What the toolstack asks of a domain, through two nodes of the store:
 * control/shutdown (a word) and memory/target (KiB).
 */
#ifndef KEEL_FRONT_CONTROL_H
#define KEEL_FRONT_CONTROL_H

#include "front/store.h"

enum control {
	CONTROL_NONE,		/* nothing in that time */
	CONTROL_POWEROFF, CONTROL_REBOOT, CONTROL_HALT, CONTROL_SUSPEND,
	CONTROL_MEMORY,		/* control_memory_target has changed */
	CONTROL_UNKNOWN,
};

/* Begins to listen, now and again after a resume; 0 or a negative errno. */
int control_open(void);

/* Waits for the next request, at most so long, and confirms it. */
enum control control_next(uint64_t ns);

/* Pages that the domain should have; 0: nobody said. */
unsigned long control_memory_target(void);

#endif
