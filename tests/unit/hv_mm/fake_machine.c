/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/* See fake_machine.h. */
#include "fake_machine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/printk.h"
#include "mm/page_type.h"
#include "x86/cpu_features.h"
#include "x86/smp.h"
#include "x86/tlb.h"

struct frame *fake_frame_table;
unsigned char *fake_memory;
struct cpu_info fake_cpu_info;
struct domain fake_domains[FAKE_DOMAINS];
struct vcpu fake_vcpus[FAKE_DOMAINS];
unsigned int fake_preempt_odds;
unsigned long fake_flushes;
u64 percpu_offsets[MAX_CPUS];
unsigned int nr_cpus = 2;
cpumask_t cpus_online = 3;
u32 tlb_clock = 1;
struct cpu_features cpu_features = { .phys_bits = 40 };
pte_t *hv_l4;
u64 hv_cr3;

static struct vcpu *vcpu_lists[FAKE_DOMAINS][1];
static u64 m2p[FAKE_FRAMES];
static u64 rng;

u64 fake_random(void)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return rng * 0x2545f4914f6cdd1dULL >> 16;
}

void fake_machine_init(u64 seed)
{
	rng = seed * 2 + 1;
	if (!fake_memory) {
		fake_memory = aligned_alloc(PAGE_SIZE,
					    FAKE_FRAMES * PAGE_SIZE);
		fake_frame_table = calloc(FAKE_FRAMES,
					  sizeof(*fake_frame_table));
		hv_l4 = calloc(PTES_PER_TABLE, sizeof(pte_t));
		/* What is in RAM at power-on. */
		memset(fake_memory, 0x5a, FAKE_FRAMES * PAGE_SIZE);
	}
	max_mfn = FAKE_FRAMES;
	for (unsigned int i = 0; i < FAKE_FRAMES; i++) {
		fake_frame_table[i].state = FS_OWNER(i < FAKE_FIRST ?
						OWNER_IO : OWNER_FREE);
	}
	for (unsigned int s = HV_SLOT_FIRST; s <= HV_SLOT_LAST; s++) {
		hv_l4[s] = 0xdead0000 + s;
	}
	if (!nr_free_frames) {
		frames_add_range(mfn(FAKE_FIRST), mfn(FAKE_FRAMES));
	}
}

void fake_domain_init(unsigned int id, bool privileged)
{
	struct domain *d = &fake_domains[id];
	struct vcpu *v = &fake_vcpus[id];

	memset(d, 0, sizeof(*d));
	memset(v, 0, sizeof(*v));
	d->id = (domid_t)id;
	d->privileged = privileged;
	d->max_pages = FAKE_FRAMES / 8;
	d->refs = 1;
	d->max_vcpus = 1;
	d->vcpus = vcpu_lists[id];
	d->dirty_cpus = 1;
	vcpu_lists[id][0] = v;
	v->domain = d;
	v->pv.kernel_mode = true;
	v->pv.root_kernel = v->pv.root_user = v->info_mfn = INVALID_MFN;
}

void fake_run(unsigned int id)
{
	current = &fake_vcpus[id];
}

int pt_entry_set(struct domain *d, struct domain *foreign, maddr_t where,
		 pte_t new, bool keep_ad)
{
	mfn_t table = maddr_to_mfn(where);
	enum frame_type t = pt_use_get(table, d);
	int err;

	if (t == FT_NONE) {
		return -EINVAL;
	}
	err = pt_entry_set_typed(t, d, foreign, where, new, keep_ad);
	pt_use_put(table);
	return err;
}

/* ---- what mm/ and grant/ ask of others ---- */

bool hypercall_preempt(void)
{
	return fake_preempt_odds && !fake_below(fake_preempt_odds);
}

/* Stale as long as nobody flushed since: every stamp after the last flush. */
static u32 flushed_at[2];

void tlb_flush_stale(cpumask_t cpus, u32 stamp)
{
	cpumask_t stale = 0;

	for (unsigned int i = 0; i < 2; i++) {
		if (flushed_at[i] <= stamp) {
			stale |= CPUMASK(i);
		}
	}
	if (stale & cpus) {
		tlb_flush_mask(stale & cpus);
	}
}

void smp_call_interrupt(void)
{
}

void tlb_flush_mask(cpumask_t cpus)
{
	fake_flushes++;
	tlb_clock++;
	for (unsigned int i = 0; i < 2; i++) {
		if (cpus & CPUMASK(i)) {
			flushed_at[i] = tlb_clock;
		}
	}
}

void tlb_flush_local(void)
{
	tlb_flush_mask(1);
}

void domain_get(struct domain *d)
{
	d->refs++;
}

void domain_put(struct domain *d)
{
	d->refs--;
}

struct domain *domain_of_frame_owner(domid_t id)
{
	return id < FAKE_DOMAINS ? &fake_domains[id] : NULL;
}

struct domain *domain_get_by_id(domid_t id)
{
	if (id >= FAKE_DOMAINS || !fake_domains[id].refs) {
		return NULL;
	}
	domain_get(&fake_domains[id]);
	return &fake_domains[id];
}

struct domain *domain_get_or_self(domid_t id)
{
	return domain_get_by_id(id == DOMID_SELF ? current->domain->id : id);
}

int domain_for_each(domid_t first, int (*fn)(struct domain *, void *),
		    void *arg)
{
	for (unsigned int i = first; i < FAKE_DOMAINS; i++) {
		if (fake_domains[i].refs && fn(&fake_domains[i], arg)) {
			return 1;
		}
	}
	return 0;
}

void m2p_set(mfn_t m, unsigned long pfn)
{
	m2p[m.v] = pfn;
}

bool guest_descriptor_ok(u64 *desc)
{
	return !(*desc & (1ULL << 47)) || (*desc & (1ULL << 44));
}

void printk(enum log_level level, const char *fmt, ...)
{
	va_list args;

	if (level == LOG_ERROR) {
		va_start(args, fmt);
		vfprintf(stderr, fmt, args);
		va_end(args);
	}
}

void guest_printk(enum log_level level, unsigned int domid,
		  const char *fmt, ...)
{
}

void bug(const char *file, int line, const char *reason)
{
	fprintf(stderr, "BUG at %s:%d: %s\n", file, line, reason);
	abort();
}

void panic(const char *fmt, ...)
{
	abort();
}
