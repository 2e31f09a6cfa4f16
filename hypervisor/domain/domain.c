/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Domains by number, and their references.  Looking one up takes no lock: a
 * table is read with interrupts off, and who frees a domain first waits until
 * every CPU has had interrupts on, so that no reader is left.  The last
 * reference may go anywhere, even in an interrupt handler: freeing itself
 * happens in a softirq.
 *
 * Without a reference a domain is not found: one that is being made has none
 * yet, one that is dead has none any more.
 */
#include "domain/domain.h"
#include "domain/sched.h"
#include "event/evtchn.h"
#include "grant/grant.h"
#include "mm/alloc.h"
#include "pvcpu/policy.h"
#include "x86/smp.h"
#include "lib/printk.h"
#include "lib/string.h"
#include <xen/domctl.h>

/* Ids are below this, and given out anew when they have run out. */
#define NR_IDS		4096

struct domain *dom0;

static spinlock_t table_lock;		/* irqsave; writers of table, dead */
static struct domain *table[NR_IDS];
static struct domain *dead_list;
static unsigned int nr_domains;		/* entries of table */

struct domain *domain_of_frame_owner(domid_t id)
{
	return id < NR_IDS ? READ_ONCE(table[id]) : NULL;
}

struct domain *domain_get_by_id(domid_t id)
{
	unsigned long flags = irq_save();
	struct domain *d = domain_of_frame_owner(id);

	if (d) {
		u32 refs = READ_ONCE(d->refs);

		while (refs && !try_cmpxchg(&d->refs, &refs, refs + 1)) {
			;
		}
		if (!refs) {
			d = NULL;
		}
	}
	irq_restore(flags);
	return d;
}

struct domain *domain_get_or_self(domid_t id)
{
	return domain_get_by_id(id == DOMID_SELF ? current->domain->id : id);
}

void domain_get(struct domain *d)
{
	atomic_inc(&d->refs);
}

static void bury(struct domain *d)
{
	unsigned long flags = spin_lock_irqsave(&table_lock);

	WRITE_ONCE(table[d->id], NULL);
	nr_domains--;
	d->next_dead = dead_list;
	dead_list = d;
	spin_unlock_irqrestore(&table_lock, flags);
	softirq_raise(SOFTIRQ_DOMAIN);
}

void domain_put(struct domain *d)
{
	if (!atomic_sub_return(&d->refs, 1)) {
		bury(d);
	}
}

int domain_for_each(domid_t first, int (*fn)(struct domain *d, void *arg),
		    void *arg)
{
	/* No search behind the last domain. */
	unsigned int left = READ_ONCE(nr_domains);
	int stop = 0;

	for (domid_t id = first; left && !stop && id < NR_IDS; id++) {
		struct domain *d = READ_ONCE(table[id]) ? domain_get_by_id(id)
							: NULL;

		if (d) {
			left--;
			stop = fn(d, arg);
			domain_put(d);
		}
	}
	return stop;
}

/* Everything that domain_create made, for a domain that nobody can find. */
static void domain_free(struct domain *d)
{
	for (unsigned int i = 0; d->vcpus && i < d->max_vcpus; i++) {
		vcpu_free(d->vcpus[i]);
	}
	evtchn_free(d);
	grant_table_free(d);
	if (!mfn_eq(d->shared_mfn, INVALID_MFN)) {
		hv_shared_free(d->shared_mfn);
	}
	heap_free_pages(d->io_ports, 1);
	heap_free(d->vcpus);
	heap_free(d->policy);
	heap_free(d->console_buf);
	heap_free(d->e820);
	heap_free(d);
}

static void nothing(unsigned long arg)
{
}

/* SOFTIRQ_DOMAIN: frees those whose last reference went. */
static void free_dead(void)
{
	unsigned long flags = spin_lock_irqsave(&table_lock);
	struct domain *d = dead_list;

	dead_list = NULL;
	spin_unlock_irqrestore(&table_lock, flags);
	if (!d) {
		return;
	}
	/* Whoever still looks at the table has interrupts off. */
	smp_call(cpus_online, nothing, 0);
	while (d) {
		struct domain *next = d->next_dead;

		log_info("Domain %u: gone\n", d->id);
		domain_free(d);
		d = next;
		virq_send_global(VIRQ_DOM_EXC);
	}
}

void domains_init(void)
{
	softirq_register(SOFTIRQ_DOMAIN, free_dead);
}

/* The id given, or the next free one after the last that we chose. */
static int insert(struct domain *d, domid_t id)
{
	unsigned long flags = spin_lock_irqsave(&table_lock);
	static domid_t last_id;
	int err = -EEXIST;

	for (unsigned int n = 1; id == DOMID_INVALID && n < NR_IDS; n++) {
		last_id = last_id % (NR_IDS - 1) + 1;
		if (!table[last_id]) {
			id = last_id;
		}
	}
	if (id != DOMID_INVALID && !table[id]) {
		d->id = id;
		WRITE_ONCE(table[id], d);
		nr_domains++;
		err = 0;
	}
	spin_unlock_irqrestore(&table_lock, flags);
	return err;
}

static int create_parts(struct domain *d,
			const struct xen_domctl_createdomain *how)
{
	int err;

	d->shared_mfn = hv_shared_alloc(d);
	d->vcpus = heap_alloc(how->max_vcpus * sizeof(d->vcpus[0]));
	if (mfn_eq(d->shared_mfn, INVALID_MFN) || !d->vcpus) {
		return -ENOMEM;
	}
	d->shared = mfn_to_virt(d->shared_mfn);
	memset(d->shared, 0, PAGE_SIZE);
	domain_wallclock_publish(d);
	domain_watchdog_init(d);
	err = evtchn_init(d, how->max_evtchn_port) ?:
	      grant_table_init(d, how->max_grant_frames,
			       how->max_maptrack_frames) ?:
	      policy_init_domain(d);
	for (unsigned int i = 0; i < d->max_vcpus && !err; i++) {
		err = vcpu_create(d, i);
	}
	return err;
}

int domain_create(domid_t id, const struct xen_domctl_createdomain *how,
		  bool privileged, struct domain **out)
{
	struct domain *d;
	int err;

	if (!how->max_vcpus || how->max_vcpus > MAX_VCPUS ||
	    (id != DOMID_INVALID && id >= NR_IDS)) {
		return -EINVAL;
	}
	_Static_assert(sizeof(*d) <= PAGE_SIZE, "heap_alloc's limit");
	d = heap_alloc(sizeof(*d));
	if (!d) {
		return -ENOMEM;
	}
	d->privileged = privileged;
	d->ssidref = how->ssidref;
	memcpy(d->uuid, how->handle, sizeof(d->uuid));
	d->max_vcpus = how->max_vcpus;
	d->shutdown_code = SHUTDOWN_CODE_NONE;
	d->weight = 256;
	d->pause_count = d->controller_pauses = 1;
	d->frames_first = FRAME_LIST_END;
	err = insert(d, id);
	if (err) {
		heap_free(d);
		return err;
	}
	err = create_parts(d, how);
	if (err) {
		bury(d);
		return err;
	}
	__atomic_store_n(&d->refs, 1, __ATOMIC_RELEASE);
	*out = d;
	return 0;
}
