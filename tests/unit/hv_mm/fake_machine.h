/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * A pretend machine for mm/ and grant/ on the host: RAM of FAKE_FRAMES frames,
 * a frame table, two CPUs without TLBs, and domains made by hand.
 */
#ifndef FAKE_MACHINE_H
#define FAKE_MACHINE_H

#include "domain/domain.h"
#include "mm/alloc.h"
#include "mm/page_type.h"

#define FAKE_FRAMES	2048
#define FAKE_FIRST	64		/* frames below are not RAM */
#define FAKE_DOMAINS	4

extern struct domain fake_domains[FAKE_DOMAINS];
extern struct vcpu fake_vcpus[FAKE_DOMAINS];

/* hypercall_preempt says yes about once in that many times; 0: never. */
extern unsigned int fake_preempt_odds;

/* TLB flushes that the code under test asked for. */
extern unsigned long fake_flushes;

/* Fresh machine, all RAM free, no domain has anything; same seed same run. */
void fake_machine_init(u64 seed);
u64 fake_random(void);

static inline unsigned int fake_below(unsigned int n)
{
	return (unsigned int)(fake_random() % n);
}

/* A new life for a domain that is dead or new. */
void fake_domain_init(unsigned int id, bool privileged);
void fake_run(unsigned int id);		/* current is its vCPU */

/* One request of mmu_update. */
int pt_entry_set(struct domain *d, struct domain *foreign, maddr_t where,
		 pte_t new, bool keep_ad);

#endif
