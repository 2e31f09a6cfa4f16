/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Event channels: each kind of port, how it is bound, what its status says,
 * who may send, and what is refused. Delivery follows the mask and pending
 * bits in the shared page:
 *  - a send sets pending; if that was clear and the port is not masked, the
 *    word's bit in the vCPU's selector and its upcall flag are set, and the
 *    upcall is made once the vCPU's own mask is clear;
 *  - an event on a masked port stays pending, and EVTCHNOP_unmask delivers it.
 *
 * From <xen/event_channel.h>, <xen/xen.h>.
 */
#include "common/audit.h"

#include <xen/physdev.h>

static unsigned int handled;
static evtchn_port_t last_port;

static void count(evtchn_port_t port, void *arg)
{
	(void)arg;
	handled++;
	last_port = port;
}

static struct evtchn_status status(evtchn_port_t port)
{
	struct evtchn_status s = { .dom = DOMID_SELF, .port = port };

	CHECK_EQ(hc_event_channel_op(EVTCHNOP_status, &s), 0);
	return s;
}

static int bind_vcpu(evtchn_port_t port, unsigned int vcpu)
{
	struct evtchn_bind_vcpu op = { .port = port, .vcpu = vcpu };

	return hc_event_channel_op(EVTCHNOP_bind_vcpu, &op);
}

#define NO_VCPU		1000
#define NO_DOMAIN	999

TEST(event_ipi, 0)
{
	int port = event_bind_ipi(0);

	CHECK(port > 0);
	CHECK_EQ(status(port).status, EVTCHNSTAT_ipi);
	CHECK_EQ(status(port).vcpu, 0);
	handled = 0;
	event_set_handler(port, count, NULL);
	events_enable();
	CHECK_EQ(event_send(port), 0);
	CHECK_EQ(handled, 1);
	CHECK_EQ(last_port, port);
	CHECK_EQ(event_is_pending(port), 0);
	for (unsigned int i = 0; i < 1000; i++) {
		event_send(port);
	}
	CHECK_EQ(handled, 1001);
	events_disable();
	test_case("its vCPU cannot be changed");
	CHECK_EQ(bind_vcpu(port, 0), -XEN_EINVAL);
	test_case("closed");
	CHECK_EQ(event_close(port), 0);
	CHECK_EQ(status(port).status, EVTCHNSTAT_closed);
	CHECK_EQ(event_send(port), -XEN_EINVAL);
	CHECK_EQ(event_close(port), -XEN_EINVAL);
	test_case("no such vCPU");
	CHECK_EQ(event_bind_ipi(NO_VCPU), -XEN_ENOENT);
	CHECK_EQ(event_bind_ipi(~0U), -XEN_ENOENT);
}

/* The mask and pending bits, step by step, without upcalls. */
TEST(event_bits, 0)
{
	int port = event_bind_ipi(0);
	struct vcpu_info *info = this_cpu()->info;
	unsigned int word = port / 64;
	struct evtchn_unmask unmask = { .port = port };

	events_disable();
	event_mask(port);
	info->evtchn_upcall_pending = 0;
	info->evtchn_pending_sel = 0;

	test_case("masked port");
	CHECK_EQ(event_send(port), 0);
	CHECK_EQ(event_is_pending(port), 1);
	CHECK_EQ(info->evtchn_upcall_pending, 0);
	CHECK_EQ(info->evtchn_pending_sel, 0);

	test_case("unmasked by hypercall");
	CHECK_EQ(hc_event_channel_op(EVTCHNOP_unmask, &unmask), 0);
	CHECK_EQ(shared_info->evtchn_mask[word] >> port % 64 & 1, 0);
	CHECK_EQ(info->evtchn_upcall_pending, 1);
	CHECK_EQ(info->evtchn_pending_sel >> word & 1, 1);

	test_case("pending already: no second notice");
	info->evtchn_upcall_pending = 0;
	info->evtchn_pending_sel = 0;
	CHECK_EQ(event_send(port), 0);
	CHECK_EQ(info->evtchn_upcall_pending, 0);
	CHECK_EQ(info->evtchn_pending_sel, 0);

	test_case("cleared, then sent again");
	event_clear(port);
	CHECK_EQ(event_send(port), 0);
	CHECK_EQ(info->evtchn_upcall_pending, 1);
	CHECK_EQ(info->evtchn_pending_sel >> word & 1, 1);
	event_dispatch();
	event_close(port);
}

/* A vCPU that masks upcalls gets them at the moment it blocks or unmasks. */
TEST(event_upcall_mask, 0)
{
	int port = event_bind_ipi(0);

	handled = 0;
	event_set_handler(port, count, NULL);
	events_disable();
	CHECK_EQ(event_send(port), 0);
	CHECK_EQ(handled, 0);
	hc_xen_version(XENVER_version, NULL);
	CHECK_EQ(handled, 0);
	test_case("block unmasks and delivers");
	CHECK_EQ(hc_sched_op(SCHEDOP_block, NULL), 0);
	CHECK_EQ(this_cpu()->info->evtchn_upcall_mask, 0);
	CHECK_EQ(handled, 1);
	events_disable();
	event_close(port);
}

TEST(event_loopback, 0)
{
	int unbound = event_alloc_unbound(DOMID_SELF, DOMID_SELF);
	int port;
	struct evtchn_status s;

	CHECK(unbound > 0);
	CHECK_EQ(status(unbound).status, EVTCHNSTAT_unbound);
	CHECK_EQ(status(unbound).vcpu, 0);
	test_case("a send on an unbound port is silent");
	event_clear(unbound);
	CHECK_EQ(event_send(unbound), 0);
	CHECK_EQ(event_is_pending(unbound), 0);

	test_case("bound");
	port = event_bind_interdomain(DOMID_SELF, unbound);
	CHECK(port > 0);
	s = status(port);
	CHECK_EQ(s.status, EVTCHNSTAT_interdomain);
	CHECK_EQ(s.u.interdomain.port, unbound);
	s = status(unbound);
	CHECK_EQ(s.status, EVTCHNSTAT_interdomain);
	CHECK_EQ(s.u.interdomain.port, port);
	test_case("the binder's end is pending");
	CHECK_EQ(event_is_pending(port), 1);
	event_clear(port);

	test_case("a send arrives at the other end");
	event_clear(unbound);
	CHECK_EQ(event_send(port), 0);
	CHECK_EQ(event_is_pending(unbound), 1);
	CHECK_EQ(event_is_pending(port), 0);
	event_clear(unbound);
	CHECK_EQ(event_send(unbound), 0);
	CHECK_EQ(event_is_pending(port), 1);
	event_clear(port);

	test_case("no second binding");
	CHECK_EQ(event_bind_interdomain(DOMID_SELF, unbound), -XEN_EINVAL);
	CHECK_EQ(event_bind_interdomain(DOMID_SELF, port), -XEN_EINVAL);

	test_case("one end closed, the other waits again");
	CHECK_EQ(event_close(port), 0);
	CHECK_EQ(status(unbound).status, EVTCHNSTAT_unbound);
	port = event_bind_interdomain(DOMID_SELF, unbound);
	CHECK(port > 0);
	event_clear(port);
	CHECK_EQ(event_close(unbound), 0);
	CHECK_EQ(status(port).status, EVTCHNSTAT_unbound);
	CHECK_EQ(event_close(port), 0);
}

TEST(event_bind_refusals, 0)
{
	struct evtchn_status s = { .dom = NO_DOMAIN, .port = 1 };
	struct evtchn_alloc_unbound alloc = {
		.dom = NO_DOMAIN, .remote_dom = DOMID_SELF,
	};
	struct evtchn_unmask unmask = { .port = 1 << 20 };
	int ipi = event_bind_ipi(0), other;

	test_case("of a domain that is not there");
	CHECK_EQ(hc_event_channel_op(EVTCHNOP_alloc_unbound, &alloc),
		 -XEN_ESRCH);
	CHECK_EQ(event_bind_interdomain(NO_DOMAIN, 1), -XEN_ESRCH);
	CHECK_EQ(hc_event_channel_op(EVTCHNOP_status, &s), -XEN_ESRCH);
	test_case("to a remote that need not be there yet");
	other = event_alloc_unbound(DOMID_SELF, NO_DOMAIN);
	CHECK(other > 0);
	test_case("not for us");
	CHECK_EQ(event_bind_interdomain(DOMID_SELF, other), -XEN_EINVAL);
	event_close(other);
	test_case("a port of another kind");
	CHECK_EQ(event_bind_interdomain(DOMID_SELF, ipi), -XEN_EINVAL);
	test_case("a closed port");
	CHECK_EQ(event_bind_interdomain(DOMID_SELF, 1000), -XEN_EINVAL);
	test_case("a port out of range");
	CHECK_EQ(event_bind_interdomain(DOMID_SELF, ~0U), -XEN_EINVAL);
	CHECK_EQ(event_send(1 << 20), -XEN_EINVAL);
	CHECK_EQ(event_send(~0U), -XEN_EINVAL);
	CHECK_EQ(bind_vcpu(1 << 20, 0), -XEN_EINVAL);
	CHECK_EQ(hc_event_channel_op(EVTCHNOP_unmask, &unmask), -XEN_EINVAL);
	s.dom = DOMID_SELF;
	s.port = 1 << 20;
	CHECK_EQ(hc_event_channel_op(EVTCHNOP_status, &s), -XEN_EINVAL);
	{
		struct evtchn_close close = { .port = ~0U };

		CHECK_EQ(hc_event_channel_op(EVTCHNOP_close, &close),
			 -XEN_EINVAL);
	}
	test_case("port 0 is no port");
	CHECK_EQ(event_send(0), -XEN_EINVAL);
	CHECK_EQ(status(0).status, EVTCHNSTAT_closed);
	event_close(ipi);
}

TEST(event_virq, 0)
{
	int port = event_bind_virq(VIRQ_DEBUG, 0);
	int global;
	struct evtchn_status s;

	CHECK(port > 0);
	s = status(port);
	CHECK_EQ(s.status, EVTCHNSTAT_virq);
	CHECK_EQ(s.u.virq, VIRQ_DEBUG);
	CHECK_EQ(s.vcpu, 0);
	test_case("once per vCPU");
	CHECK_EQ(event_bind_virq(VIRQ_DEBUG, 0), -XEN_EEXIST);
	test_case("its vCPU cannot be changed");
	CHECK_EQ(bind_vcpu(port, 0), -XEN_EINVAL);
	test_case("the guest cannot send it");
	CHECK_EQ(event_send(port), -XEN_EINVAL);
	CHECK_EQ(event_close(port), 0);
	test_case("again after the close");
	port = event_bind_virq(VIRQ_DEBUG, 0);
	CHECK(port > 0);
	CHECK_EQ(event_close(port), 0);

	test_case("no such VIRQ");
	CHECK_EQ(event_bind_virq(NR_VIRQS, 0), -XEN_EINVAL);
	CHECK_EQ(event_bind_virq(~0U, 0), -XEN_EINVAL);
	test_case("no such vCPU");
	CHECK_EQ(event_bind_virq(VIRQ_DEBUG, NO_VCPU), -XEN_ENOENT);
	test_case("a global one belongs to vCPU 0");
	CHECK_EQ(event_bind_virq(VIRQ_DOM_EXC, 1), -XEN_EINVAL);
	global = event_bind_virq(VIRQ_DOM_EXC, 0);
	CHECK(global > 0);
	CHECK_EQ(bind_vcpu(global, 0), 0);
	CHECK_EQ(bind_vcpu(global, NO_VCPU), -XEN_ENOENT);
	CHECK_EQ(event_close(global), 0);
}

/* Ports come back, lowest first, and as many as the ABI promises exist. */
TEST(event_many, 0)
{
	enum { N = 900 };
	static int ports[N];
	unsigned int got = 0, wrong = 0;

	while (got < N && (ports[got] = event_bind_ipi(0)) > 0) {
		got++;
	}
	CHECK_EQ(got, N);
	for (unsigned int i = 1; i < got; i++) {
		wrong += ports[i] <= ports[i - 1];
	}
	CHECK_EQ(wrong, 0);
	test_case("the last of them works");
	handled = 0;
	event_set_handler(ports[got - 1], count, NULL);
	events_enable();
	event_send(ports[got - 1]);
	CHECK_EQ(handled, 1);
	CHECK_EQ(last_port, ports[got - 1]);
	events_disable();
	test_case("a gap is filled");
	CHECK_EQ(event_close(ports[400]), 0);
	CHECK_EQ(event_bind_ipi(0), ports[400]);
	for (unsigned int i = 0; i < got; i++) {
		event_close(ports[i]);
	}
}

/* Neither lost nor made up: one upcall for each send on an idle port. */
TEST(event_ping_pong, 0)
{
	enum { ROUNDS = 20000 };
	int a = event_alloc_unbound(DOMID_SELF, DOMID_SELF);
	int b = event_bind_interdomain(DOMID_SELF, a);

	event_clear(b);
	event_set_handler(a, count, NULL);
	event_set_handler(b, count, NULL);
	events_enable();
	handled = 0;
	for (unsigned int i = 0; i < ROUNDS; i++) {
		event_send(i & 1 ? a : b);
		if (last_port != (evtchn_port_t)(i & 1 ? b : a)) {
			CHECK(false, "round %u came at %u", i, last_port);
			break;
		}
	}
	CHECK_EQ(handled, ROUNDS);
	events_disable();
	event_close(b);
	event_close(a);
}

TEST(event_bind_vcpu, 0)
{
	int a = event_alloc_unbound(DOMID_SELF, DOMID_SELF);
	int b = event_bind_interdomain(DOMID_SELF, a);

	CHECK_EQ(bind_vcpu(b, 0), 0);
	CHECK_EQ(bind_vcpu(b, NO_VCPU), -XEN_ENOENT);
	CHECK_EQ(bind_vcpu(a, 0), 0);
	CHECK_EQ(status(b).vcpu, 0);
	event_clear(b);
	event_close(b);
	test_case("a closed port");
	CHECK_EQ(bind_vcpu(b, 0), -XEN_EINVAL);
	event_close(a);
}

/*
 * The FIFO ABI, with its priorities, is there as a whole or not at all. Where
 * it is there, a domain has it from its first init_control on.
 *
 * Differs from Xen 4.17: FIFO event channels are refused with -ENOSYS, as by a
 * Xen before 4.4; every kernel that knows them can do without.
 */
TEST(event_fifo, 0)
{
	struct evtchn_expand_array expand = { .array_gfn = 0 };
	struct evtchn_init_control init = {
		.control_gfn = ~0UL, .offset = 0, .vcpu = NO_VCPU,
	};
	int port = event_bind_ipi(0);
	struct evtchn_set_priority priority = {
		.port = port, .priority = EVTCHN_FIFO_PRIORITY_MAX,
	};
	bool ours = on_paravane();

	test_case("a priority without it");
	CHECK_EQ(hc_event_channel_op(EVTCHNOP_set_priority, &priority),
		 -XEN_ENOSYS);
	test_case("no such vCPU");
	CHECK_EQ(hc_event_channel_op(EVTCHNOP_init_control, &init),
		 ours ? -XEN_ENOSYS : -XEN_ENOENT);
	test_case("a bad offset");
	init.vcpu = 0;
	init.offset = 4096;
	CHECK_EQ(hc_event_channel_op(EVTCHNOP_init_control, &init),
		 ours ? -XEN_ENOSYS : -XEN_EINVAL);
	init.offset = 4;
	CHECK_EQ(hc_event_channel_op(EVTCHNOP_init_control, &init),
		 ours ? -XEN_ENOSYS : -XEN_EINVAL);
	test_case("an array without a control block");
	CHECK_EQ(hc_event_channel_op(EVTCHNOP_expand_array, &expand),
		 ours ? -XEN_ENOSYS : -XEN_EOPNOTSUPP);
	test_case("two levels go on");
	handled = 0;
	event_set_handler(port, count, NULL);
	events_enable();
	CHECK_EQ(event_send(port), 0);
	events_disable();
	CHECK_EQ(handled, 1);
	event_close(port);
}

static int bind_pirq(unsigned int pirq)
{
	struct evtchn_bind_pirq op = { .pirq = pirq };
	int err = hc_event_channel_op(EVTCHNOP_bind_pirq, &op);

	return err ? err : (int)op.port;
}

/* A line of the machine that no device of it pulls: the real-time clock's. */
#define QUIET_GSI	8

/* A port for a device's interrupt. */
TEST(event_pirq, 0)
{
	struct physdev_map_pirq map = {
		.domid = DOMID_SELF, .type = MAP_PIRQ_TYPE_GSI,
		.index = QUIET_GSI, .pirq = QUIET_GSI,
	};
	struct physdev_unmap_pirq unmap = {
		.domid = DOMID_SELF, .pirq = QUIET_GSI,
	};
	struct evtchn_status s;
	int port;

	if (!is_initial_domain()) {
		test_skip("not the control domain");
	}
	CHECK_EQ(hypercall(__HYPERVISOR_physdev_op, PHYSDEVOP_map_pirq,
			   (unsigned long)&map, 0, 0, 0), 0);
	port = bind_pirq(map.pirq);
	CHECK(port > 0, "%d", port);
	s = status(port);
	CHECK_EQ(s.status, EVTCHNSTAT_pirq);
	CHECK_EQ(s.u.pirq, map.pirq);
	CHECK_EQ(s.vcpu, 0);
	test_case("once");
	CHECK_EQ(bind_pirq(map.pirq), -XEN_EEXIST);
	test_case("the guest cannot send it");
	CHECK_EQ(event_send(port), -XEN_EINVAL);
	test_case("it may go to any vCPU");
	CHECK_EQ(bind_vcpu(port, 0), 0);
	CHECK_EQ(bind_vcpu(port, NO_VCPU), -XEN_ENOENT);
	test_case("nobody else's to bind");
	CHECK_EQ(event_bind_interdomain(DOMID_SELF, port), -XEN_EINVAL);
	test_case("no such interrupt");
	CHECK_EQ(bind_pirq(~0U), -XEN_EINVAL);
	test_case("again after the close");
	CHECK_EQ(event_close(port), 0);
	port = bind_pirq(map.pirq);
	CHECK(port > 0, "%d", port);
	CHECK_EQ(event_close(port), 0);
	CHECK_EQ(hypercall(__HYPERVISOR_physdev_op, PHYSDEVOP_unmap_pirq,
			   (unsigned long)&unmap, 0, 0, 0), 0);
}

/*
 * A port begins with nothing.
 *
 * Differs from Xen 4.17: a port that is bound has nothing pending, whatever was
 * sent to it, late, after it was closed; Xen looks at the bit at the close only.
 */
TEST(event_bound_clean, 0)
{
	int port;

	if (!on_paravane()) {
		test_skip("Xen leaves the bit as it is");
	}
	port = event_bind_ipi(0);
	CHECK_EQ(event_close(port), 0);
	__atomic_fetch_or(&shared_info->evtchn_pending[port / 64],
			  1UL << port % 64, __ATOMIC_SEQ_CST);
	CHECK_EQ(event_bind_ipi(0), port);
	CHECK(!event_is_pending(port));
	CHECK_EQ(event_close(port), 0);
}

/* EVTCHNOP_reset closes every port. */
TEST(event_reset, 0)
{
	struct evtchn_reset reset = { .dom = DOMID_SELF };
	struct evtchn_reset other = { .dom = NO_DOMAIN };
	int a = event_bind_ipi(0), b = event_bind_virq(VIRQ_DEBUG, 0);

	test_case("another domain");
	CHECK_EQ(hc_event_channel_op(EVTCHNOP_reset, &other), -XEN_ESRCH);
	CHECK_EQ(status(a).status, EVTCHNSTAT_ipi);
	test_case("oneself");
	CHECK_EQ(hc_event_channel_op(EVTCHNOP_reset, &reset), 0);
	CHECK_EQ(status(a).status, EVTCHNSTAT_closed);
	CHECK_EQ(status(b).status, EVTCHNSTAT_closed);
}

/* All ports taken: -ENOSPC, and all of them given back. */
TEST(event_exhausted, 0)
{
	static int ports[EVTCHN_2L_NR_CHANNELS];
	unsigned int n = 0;
	int err;

	while ((err = event_bind_ipi(0)) > 0 &&
	       n < EVTCHN_2L_NR_CHANNELS) {
		ports[n++] = err;
	}
	CHECK_EQ(err, -XEN_ENOSPC);
	CHECK(n >= 1000, "%u", n);
	CHECK(n <= EVTCHN_2L_NR_CHANNELS - 1, "%u", n);
	CHECK_EQ(event_alloc_unbound(DOMID_SELF, DOMID_SELF), -XEN_ENOSPC);
	CHECK_EQ(event_bind_virq(VIRQ_DEBUG, 0), -XEN_ENOSPC);
	test_case("the highest works");
	if (n) {
		handled = 0;
		event_set_handler(ports[n - 1], count, NULL);
		events_enable();
		event_send(ports[n - 1]);
		CHECK_EQ(handled, 1);
		events_disable();
	}
	while (n) {
		event_close(ports[--n]);
	}
}
