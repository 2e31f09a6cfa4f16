/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The truth kept here: a pending bit that is not masked is either being
 * handled or makes an upcall happen. Hence the order in event_dispatch (clear
 * the hint, then look) and the second look after unmasking.
 */
#include "xen/event.h"

#define NR_PORTS	EVTCHN_2L_NR_CHANNELS
#define WORD_BITS	64

static struct {
	event_handler_t handler;
	void *arg;
	unsigned int only;	/* for that vCPU, plus 1; 0: for any */
} handlers[NR_PORTS];

/* Two vCPUs' ports share words: one of these is left to its own, who is told. */
static inline bool is_for_us(evtchn_port_t port)
{
	unsigned int only = handlers[port].only;

	return !only || only == this_cpu()->id + 1;
}

/* These two: whether it was set. */
static inline bool bit_set(xen_ulong_t *words, unsigned int bit)
{
	bool was;

	asm volatile("lock bts %2, %0"
		     : "+m" (words[bit / WORD_BITS]), "=@ccc" (was)
		     : "r" ((uint64_t)bit % WORD_BITS) : "memory");
	return was;
}

static inline bool bit_clear(xen_ulong_t *words, unsigned int bit)
{
	bool was;

	asm volatile("lock btr %2, %0"
		     : "+m" (words[bit / WORD_BITS]), "=@ccc" (was)
		     : "r" ((uint64_t)bit % WORD_BITS) : "memory");
	return was;
}

bool events_disable(void)
{
	struct vcpu_info *info = this_cpu()->info;
	bool were_enabled = !info->evtchn_upcall_mask;

	WRITE_ONCE(info->evtchn_upcall_mask, 1);
	barrier();
	return were_enabled;
}

void events_enable(void)
{
	struct vcpu_info *info = this_cpu()->info;

	barrier();
	WRITE_ONCE(info->evtchn_upcall_mask, 0);
	barrier();
	while (READ_ONCE(info->evtchn_upcall_pending)) {
		/* It came while masked: no upcall will be made for it. */
		WRITE_ONCE(info->evtchn_upcall_mask, 1);
		event_dispatch();
		WRITE_ONCE(info->evtchn_upcall_mask, 0);
		barrier();
	}
}

void event_dispatch(void)
{
	struct vcpu_info *info = this_cpu()->info;

	while (info->evtchn_upcall_pending) {
		xen_ulong_t words;

		WRITE_ONCE(info->evtchn_upcall_pending, 0);
		words = __atomic_exchange_n(&info->evtchn_pending_sel, 0,
					    __ATOMIC_SEQ_CST);
		for (; words; words &= words - 1) {
			unsigned int w = __builtin_ctzl(words);
			xen_ulong_t bits = shared_info->evtchn_pending[w] &
					   ~shared_info->evtchn_mask[w];

			for (; bits; bits &= bits - 1) {
				evtchn_port_t port = w * WORD_BITS +
						     __builtin_ctzl(bits);

				/* Another vCPU may have it already. */
				if (is_for_us(port) &&
				    bit_clear(shared_info->evtchn_pending,
					      port) && handlers[port].handler) {
					handlers[port].handler(port,
						handlers[port].arg);
				}
			}
		}
	}
}

void event_set_handler(evtchn_port_t port, event_handler_t handler, void *arg)
{
	handlers[port].handler = handler;
	handlers[port].arg = arg;
	event_unmask(port);
}

void event_mask(evtchn_port_t port)
{
	bit_set(shared_info->evtchn_mask, port);
}

/* By hypercall, since the port may belong to another vCPU. */
void event_unmask(evtchn_port_t port)
{
	struct evtchn_unmask op = { .port = port };

	hc_event_channel_op(EVTCHNOP_unmask, &op);
}

bool event_is_pending(evtchn_port_t port)
{
	return READ_ONCE(shared_info->evtchn_pending[port / WORD_BITS]) >>
	       (port % WORD_BITS) & 1;
}

void event_clear(evtchn_port_t port)
{
	bit_clear(shared_info->evtchn_pending, port);
}

void event_forget_all(void)
{
	for (evtchn_port_t port = 0; port < NR_PORTS; port++) {
		handlers[port].handler = NULL;
		handlers[port].only = 0;
		bit_set(shared_info->evtchn_mask, port);
	}
}

int event_bind_virq(unsigned int virq, unsigned int vcpu)
{
	struct evtchn_bind_virq op = { .virq = virq, .vcpu = vcpu };
	int err = hc_event_channel_op(EVTCHNOP_bind_virq, &op);

	if (err) {
		return err;
	}
	/* The others may be moved. */
	handlers[op.port].only = virq == VIRQ_TIMER || virq == VIRQ_DEBUG ?
				 vcpu + 1 : 0;
	return op.port;
}

int event_bind_ipi(unsigned int vcpu)
{
	struct evtchn_bind_ipi op = { .vcpu = vcpu };
	int err = hc_event_channel_op(EVTCHNOP_bind_ipi, &op);

	if (err) {
		return err;
	}
	handlers[op.port].only = vcpu + 1;
	return op.port;
}

int event_bind_vcpu(evtchn_port_t port, unsigned int vcpu)
{
	struct evtchn_bind_vcpu op = { .port = port, .vcpu = vcpu };
	/* Or its new vCPU may be told before it knows that it is for it. */
	bool was_masked = bit_set(shared_info->evtchn_mask, port);
	int err = hc_event_channel_op(EVTCHNOP_bind_vcpu, &op);

	if (!err) {
		handlers[port].only = vcpu + 1;
	}
	if (!was_masked) {
		event_unmask(port);
	}
	return err;
}

int event_alloc_unbound(domid_t domain, domid_t remote)
{
	struct evtchn_alloc_unbound op = {
		.dom = domain, .remote_dom = remote,
	};
	int err = hc_event_channel_op(EVTCHNOP_alloc_unbound, &op);

	return err ? err : (int)op.port;
}

int event_bind_interdomain(domid_t remote, evtchn_port_t remote_port)
{
	struct evtchn_bind_interdomain op = {
		.remote_dom = remote, .remote_port = remote_port,
	};
	int err = hc_event_channel_op(EVTCHNOP_bind_interdomain, &op);

	return err ? err : (int)op.local_port;
}

int event_send(evtchn_port_t port)
{
	struct evtchn_send op = { .port = port };

	return hc_event_channel_op(EVTCHNOP_send, &op);
}

int event_close(evtchn_port_t port)
{
	struct evtchn_close op = { .port = port };

	event_mask(port);
	handlers[port].handler = NULL;
	handlers[port].only = 0;
	return hc_event_channel_op(EVTCHNOP_close, &op);
}
