/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Event channels against a model: random operations of several domains on
 * wild and good ports.  Invariants: an interdomain port's partner, a PIRQ and
 * a VIRQ name their port back; what is closed is free and not pending; a send
 * reaches the partner's bit and the vCPU it is bound to; every port comes
 * back at the end.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "event/evtchn.c"

/* A sender's CPU is held up just before it makes a port pending, or just after. */
static void (*held_up_before)(void), (*held_up_after)(void);

static bool held_up_set(struct shared_info *s, unsigned int port)
{
	bool new;

	if (held_up_before) {
		held_up_before();
	}
	new = port_bits_set(s, port);
	if (held_up_after) {
		held_up_after();
	}
	return new;
}

#define port_bits_set held_up_set
#include "event/send.c"
#undef port_bits_set

#define DOMS	3
#define VCPUS	2
#define MAXPORT	300

/* ---- what is not under test ---- */

struct cpu_info fake_cpu_info;
u64 percpu_offsets[MAX_CPUS];
DEFINE_PER_CPU(u32, softirq_pending);
struct domain *dom0;

static struct domain dom[DOMS];
static struct vcpu vcpu[DOMS][VCPUS];
static struct vcpu *vcpu_ptr[DOMS][VCPUS];
static struct shared_info shared[DOMS];
static unsigned int kicks[DOMS][VCPUS];
static unsigned int pages;

void vcpu_kick(struct vcpu *v) { kicks[v->domain->id][v->id]++; }
void vcpu_unblock(struct vcpu *v) { }
void *heap_alloc_pages(unsigned int order)
{
	pages++;
	return calloc(1, PAGE_SIZE << order);
}
void heap_free_pages(void *p, unsigned int order)
{
	pages--;
	free(p);
}
static struct pirq pirqs[MAXPORT];
static bool pirq_on[MAXPORT];
struct pirq *pirq_of(const struct domain *d, u32 pirq) { return &pirqs[pirq]; }
int pirq_prepare(struct domain *d, u32 pirq)
{
	return d->id || pirq >= MAXPORT ? -EPERM : 0;
}
void pirq_start(u32 pirq) { pirq_on[pirq] = true; }
void pirq_stop(u32 pirq, evtchn_port_t port)
{
	cr_assert_eq(pirqs[pirq].port, port);
	pirqs[pirq].port = 0;
	pirq_on[pirq] = false;
}

static bool evtchn_is_pending(const struct domain *d, evtchn_port_t port)
{
	return bit_is_set(d->shared->evtchn_pending, port);
}

static u64 seed = 99;
static u64 rnd(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static void setup(void)
{
	static struct vcpu caller;

	cpu_info_set_current(&fake_cpu_info, &caller);
	for (unsigned int i = 0; i < DOMS; i++) {
		struct domain *d = &dom[i];

		d->id = (domid_t)i;
		d->max_vcpus = VCPUS;
		d->vcpus = vcpu_ptr[i];
		d->shared = &shared[i];
		for (unsigned int n = 0; n < VCPUS; n++) {
			vcpu[i][n].domain = d;
			vcpu[i][n].id = n;
			vcpu[i][n].info = &shared[i].vcpu_info[n];
			vcpu_ptr[i][n] = &vcpu[i][n];
		}
		cr_assert_eq(evtchn_init(d, MAXPORT), 0);
	}
	dom0 = &dom[0];
}

static evtchn_status_t status(struct domain *d, evtchn_port_t p)
{
	evtchn_status_t s = { .port = p };

	cr_assert_eq(evtchn_status(d, &s), 0);
	return s;
}

static void check_all(void)
{
	for (unsigned int i = 0; i < DOMS; i++) {
		for (evtchn_port_t p = 1; p < dom[i].nr_ports; p++) {
			evtchn_status_t s = status(&dom[i], p);

			if (s.status == EVTCHNSTAT_interdomain) {
				evtchn_status_t o = status(
					&dom[s.u.interdomain.dom],
					s.u.interdomain.port);

				cr_assert_eq(o.status, EVTCHNSTAT_interdomain);
				cr_assert_eq(o.u.interdomain.dom, i);
				cr_assert_eq(o.u.interdomain.port, p);
			}
			if (s.status == EVTCHNSTAT_virq) {
				cr_assert_eq(vcpu[i][virq_is_global(s.u.virq) ?
					0 : s.vcpu].virq_port[s.u.virq], p);
			}
			if (s.status == EVTCHNSTAT_pirq) {
				cr_assert_eq(pirqs[s.u.pirq].port, p);
				cr_assert(pirq_on[s.u.pirq]);
			}
			if (s.status == EVTCHNSTAT_closed) {
				cr_assert_not(evtchn_is_pending(&dom[i], p));
			}
			if (s.status != EVTCHNSTAT_closed) {
				cr_assert_leq(p, MAXPORT);
			}
		}
		for (unsigned int n = 0; n < VCPUS; n++) {
			for (u32 q = 0; q < NR_VIRQS; q++) {
				evtchn_port_t p = vcpu[i][n].virq_port[q];

				if (p) {
					cr_assert_eq(status(&dom[i], p).u.virq,
						     q);
				}
			}
		}
	}
}

TestSuite(evtchn, .init = setup);

Test(evtchn, a_pair)
{
	evtchn_port_t a, b, c;

	cr_assert_eq(evtchn_alloc_unbound(&dom[1], 2, &a), 0);
	cr_assert_eq(a, 1);
	/* Sent before the partner is there: not an error, and not lost. */
	cr_assert_eq(evtchn_send(&dom[1], a), 0);
	cr_assert_eq(evtchn_bind_interdomain(&dom[0], &dom[1], a, &b), -EINVAL);
	cr_assert_eq(evtchn_bind_interdomain(&dom[2], &dom[1], a, &b), 0);
	cr_assert(evtchn_is_pending(&dom[2], b));
	cr_assert_eq(kicks[2][0], 1);
	cr_assert_eq(evtchn_bind_interdomain(&dom[2], &dom[1], a, &c), -EINVAL);
	cr_assert_eq(evtchn_bind_vcpu(&dom[1], a, 1), 0);
	cr_assert_eq(evtchn_send(&dom[2], b), 0);
	cr_assert(evtchn_is_pending(&dom[1], a));
	cr_assert_eq(kicks[1][1], 1);
	cr_assert_eq(evtchn_close(&dom[2], b), 0);
	cr_assert_eq(status(&dom[1], a).status, EVTCHNSTAT_unbound);
	cr_assert_eq(status(&dom[1], a).u.unbound.dom, 2);
	cr_assert_eq(evtchn_close(&dom[2], b), -EINVAL);
}

static struct vcpu_info elsewhere;
static evtchn_port_t moving;

/* As guests move a port: masked, and then looked at. */
static void port_moves(void)
{
	atomic_set_bit(shared[1].evtchn_mask, moving);
	cr_assert_eq(evtchn_bind_vcpu(&dom[1], moving, 1), 0);
	cr_assert_eq(evtchn_unmask(&dom[1], moving), 0);
}

/* As vcpu_register_info: all may be pending there, which the guest looks at. */
static void info_moves(void)
{
	vcpu[1][0].info = &elsewhere;
	if (!shared[1].evtchn_pending[0]) {
		return;
	}
	elsewhere.evtchn_pending_sel = ~0UL;
	elsewhere.evtchn_upcall_pending = 1;
}

Test(evtchn, moved_while_sent)
{
	void (*const moves[])(void) = { port_moves, info_moves };

	for (unsigned int i = 0; i < 4; i++) {
		struct vcpu_info *const to = i % 2 ? &elsewhere :
						     &shared[1].vcpu_info[1];

		memset(&shared[1], 0, sizeof(shared[1]));
		memset(&elsewhere, 0, sizeof(elsewhere));
		vcpu[1][0].info = &shared[1].vcpu_info[0];
		cr_assert_eq(evtchn_alloc_unbound(&dom[1], 2, &moving), 0);
		held_up_before = i < 2 ? moves[i % 2] : NULL;
		held_up_after = i < 2 ? NULL : moves[i % 2];
		evtchn_set_pending(&dom[1], moving);
		held_up_before = held_up_after = NULL;
		cr_assert(evtchn_is_pending(&dom[1], moving));
		cr_assert(to->evtchn_pending_sel & 1, "%u", i);
		cr_assert_eq(to->evtchn_upcall_pending, 1);
		cr_assert_eq(evtchn_close(&dom[1], moving), 0);
	}
}

Test(evtchn, virqs)
{
	evtchn_port_t a, b;

	cr_assert_eq(evtchn_bind_virq(&dom[0], NR_VIRQS, 0, &a), -EINVAL);
	cr_assert_eq(evtchn_bind_virq(&dom[0], VIRQ_DOM_EXC, 1, &a), -EINVAL);
	cr_assert_eq(evtchn_bind_virq(&dom[0], VIRQ_TIMER, 9, &a), -ENOENT);
	cr_assert_eq(evtchn_bind_virq(&dom[0], VIRQ_TIMER, 1, &a), 0);
	cr_assert_eq(evtchn_bind_virq(&dom[0], VIRQ_TIMER, 1, &b), -EEXIST);
	cr_assert_eq(evtchn_bind_vcpu(&dom[0], a, 0), -EINVAL);
	virq_send_vcpu(&vcpu[0][1], VIRQ_TIMER);
	cr_assert(evtchn_is_pending(&dom[0], a));
	cr_assert_eq(evtchn_bind_virq(&dom[0], VIRQ_DOM_EXC, 0, &b), 0);
	cr_assert_eq(evtchn_bind_vcpu(&dom[0], b, 1), 0);
	virq_send_global(VIRQ_DOM_EXC);
	cr_assert(evtchn_is_pending(&dom[0], b));
	cr_assert_eq(evtchn_send(&dom[0], b), -EINVAL);
	cr_assert_eq(evtchn_close(&dom[0], b), 0);
	cr_assert_eq(vcpu[0][0].virq_port[VIRQ_DOM_EXC], 0);
}

Test(evtchn, every_port_and_no_more)
{
	evtchn_port_t p;

	for (unsigned int i = 1; i <= MAXPORT; i++) {
		cr_assert_eq(evtchn_bind_ipi(&dom[1], i % VCPUS, &p), 0);
		cr_assert_eq(p, i);
	}
	cr_assert_eq(evtchn_bind_ipi(&dom[1], 0, &p), -ENOSPC);
	cr_assert_eq(evtchn_close_all(&dom[1]), 0);
	cr_assert_eq(evtchn_bind_ipi(&dom[1], 0, &p), 0);
	cr_assert_eq(p, 1);
	cr_assert_eq(evtchn_send(&dom[1], 0), -EINVAL);
	cr_assert_eq(evtchn_close(&dom[1], 0), -EINVAL);
	cr_assert_eq(evtchn_send(&dom[1], 1 << 20), -EINVAL);
}

Test(evtchn, random_operations, .timeout = 120)
{
	for (unsigned int n = 0; n < 300000; n++) {
		struct domain *d = &dom[rnd() % DOMS];
		struct domain *r = &dom[rnd() % DOMS];
		evtchn_port_t p = (evtchn_port_t)(rnd() % 40), out;
		u32 v = (u32)(rnd() % (VCPUS + 1));

		switch (rnd() % 10) {
		case 0:
			(void)evtchn_alloc_unbound(d, r->id, &out);
			break;
		case 1:
		case 2:
			(void)evtchn_bind_interdomain(d, r, p, &out);
			break;
		case 3:
			(void)evtchn_bind_virq(d, (u32)(rnd() % 26), v, &out);
			break;
		case 4:
			(void)evtchn_bind_ipi(d, v, &out);
			break;
		case 5:
			(void)evtchn_bind_vcpu(d, p, v);
			break;
		case 6:
			(void)evtchn_send(d, p);
			break;
		case 7:
			(void)evtchn_bind_pirq(d, (u32)(rnd() % 20), &out);
			break;
		default:
			(void)evtchn_close(d, p);
			(void)evtchn_close(d, (evtchn_port_t)(rnd() % 400));
		}
		if (n % 256 == 0) {
			check_all();
		}
	}
	for (unsigned int i = 0; i < DOMS; i++) {
		while (evtchn_close_all(&dom[i])) {
			;
		}
		for (evtchn_port_t p = 1; p < dom[i].nr_ports; p++) {
			evtchn_status_t s = status(&dom[i], p);

			cr_assert(s.status == EVTCHNSTAT_closed ||
				  (s.status == EVTCHNSTAT_unbound &&
				   i < DOMS - 1));
		}
	}
	for (unsigned int i = 0; i < DOMS; i++) {
		cr_assert_eq(evtchn_close_all(&dom[i]), 0);
		evtchn_free(&dom[i]);
	}
	cr_assert_eq(pages, 0);
}
