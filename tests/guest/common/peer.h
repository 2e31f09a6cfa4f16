/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * A second, unprivileged domain, made by the test itself: a puppet that sits
 * in a loop, makes the hypercalls and memory accesses that it is told to in a
 * page shared with us, and tells what came of them. What it may not do can so
 * be tried from a domain that may not.
 */
#ifndef TESTS_GUEST_PEER_H
#define TESTS_GUEST_PEER_H

#include "common/audit.h"

#define PEER_PAGES	64

/* Its pages, all mapped there, in order; and what is in the first of them. */
#define PEER_VA		0x0000200000000000UL
enum {
	PEER_CODE, PEER_BOX, PEER_STACK, PEER_L1, PEER_L2, PEER_L3, PEER_L4,
	PEER_SHARED,	/* its shared_info, mapped by us, not by itself */
	PEER_GRANTS,	/* a window on its grant table */
	PEER_DATA,	/* from here on pages for the test's use */
};

struct peer {
	domid_t id;
	unsigned long mfn[PEER_PAGES];
	struct peer_box *box;		/* ours and its */
};

/*
 * A domain with nothing in it yet, and how many pages it may have; skips the
 * test where we may not. domain_end waits until nothing is left of it.
 */
domid_t domain_new(void);
void domain_set_limit(domid_t id, unsigned long pages);
void domain_end(domid_t id);

/* Makes the domain and starts it; skips the test where we may not. */
void peer_create(struct peer *p);

/* Ends it, whatever state it is in, and waits until nothing is left of it. */
void peer_destroy(struct peer *p);

/* Has the peer make a hypercall; its result. */
long peer_call(struct peer *p, unsigned int nr, unsigned long a1,
	       unsigned long a2, unsigned long a3, unsigned long a4);

/* The same without waiting, for a call that does not come back. */
void peer_call_start(struct peer *p, unsigned int nr, unsigned long a1,
		     unsigned long a2, unsigned long a3, unsigned long a4);

/* Whether the last call that was started has come back, and with what. */
bool peer_call_done(struct peer *p, long *result);

/* Has it read a byte, or write one: the exception that it took, or -1. */
int peer_read(struct peer *p, unsigned long va, unsigned char *value);
int peer_write(struct peer *p, unsigned long va, unsigned char value);

/*
 * Has it run code that begins with arg in rdi, arg2 in rsi, keeps rbx and the
 * stack, and ends with ret, result in rax: the exception that it took, or -1.
 */
int peer_run(struct peer *p, const void *code, size_t size, unsigned long arg,
	     unsigned long arg2, unsigned long *result);

/* The same without waiting; peer_call_done tells when it has come back. */
void peer_run_start(struct peer *p, const void *code, size_t size,
		    unsigned long arg, unsigned long arg2);

/*
 * Leaves it spinning, and forgets it: another may be made. What ends it is
 * domain_end(), with the number that comes back.
 */
domid_t peer_spin(struct peer *p);

/* Its FPU: xmm halves hold value + i; how many of all these are not so. */
void peer_fpu_set(struct peer *p, uint64_t value, unsigned int mxcsr,
		  unsigned int control);
unsigned int peer_fpu_differs(struct peer *p, uint64_t value,
			      unsigned int mxcsr, unsigned int control);

/* What it found in its registers at the start: 15 general, 32 halves of xmm. */
#define PEER_START_REGISTERS	47
uint64_t peer_start_register(struct peer *p, unsigned int n);

/*
 * From here on it answers each event on its port with one, asleep in between,
 * until the end: how many came, and how many upcalls without one. `ours` is
 * the other end of its port.
 */
void peer_echo_begin(struct peer *p, evtchn_port_t port);
unsigned long peer_echo_end(struct peer *p, evtchn_port_t ours,
			    unsigned long *in_vain);

/* The address in the peer of its page n, and of our own window on it. */
static inline unsigned long peer_va(unsigned int n)
{
	return PEER_VA + n * PAGE_SIZE;
}

void *peer_page(struct peer *p, unsigned int n);

/* A hypercall whose one argument is a structure, carried in a data page. */
long peer_op(struct peer *p, unsigned int nr, unsigned long cmd, void *arg,
	     size_t size);

/* The first frame of its grant table, which it sets up and maps. */
volatile struct grant_entry_v1 *peer_grant_table(struct peer *p);

/* True once the domain has shut down or crashed. */
bool peer_has_ended(struct peer *p);

#endif
