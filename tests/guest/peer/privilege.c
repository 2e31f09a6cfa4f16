/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Calls that only the control domain may make, made by one that is not it:
 * each domctl and sysctl number, platform operations, and those sub-calls that
 * concern the machine. They are refused, and nothing has changed: the caller
 * and we go on, and our pages are as they were.
 *
 * From <xen/domctl.h>, <xen/sysctl.h>, <xen/platform.h>, <xen/memory.h>.
 */
#include "common/peer.h"

#include <xen/platform.h>

static struct peer p;

/* What an unknown number may be answered: it is not there, or not for you. */
static bool refused(long err)
{
	return err == -XEN_EPERM || err == -XEN_ENOSYS || err == -XEN_EACCES ||
	       err == -XEN_ESRCH || err == -XEN_EINVAL || err == -XEN_EOPNOTSUPP;
}

static long from_peer(unsigned int nr, const void *op, size_t size)
{
	memcpy(peer_page(&p, PEER_DATA), op, size);
	return peer_call(&p, nr, peer_va(PEER_DATA), 0, 0, 0);
}

TEST(peer_every_domctl, 0)
{
	union {
		struct xen_domctl op;
		char page[PAGE_SIZE];
	} *u = page_alloc();
	long pages = free_pages();

	peer_create(&p);
	for (unsigned int cmd = 0; cmd < 100; cmd++) {
		for (unsigned int who = 0; who < 2; who++) {
			long err;

			test_case("domctl %u for domain %u", cmd,
				  who ? p.id : 0);
			memset(u, 0, sizeof(*u));
			u->op.cmd = cmd;
			u->op.interface_version = XEN_DOMCTL_INTERFACE_VERSION;
			u->op.domain = who ? p.id : 0;
			err = from_peer(__HYPERVISOR_domctl, u,
					sizeof(u->op));
			CHECK(refused(err), "%ld", err);
		}
	}
	CHECK(!peer_has_ended(&p));
	peer_destroy(&p);
	CHECK(free_pages_return_to(pages));
	page_free(u);
}

TEST(peer_every_sysctl, 0)
{
	struct xen_sysctl op;

	peer_create(&p);
	for (unsigned int cmd = 0; cmd < 40; cmd++) {
		long err;

		test_case("sysctl %u", cmd);
		memset(&op, 0, sizeof(op));
		op.cmd = cmd;
		op.interface_version = XEN_SYSCTL_INTERFACE_VERSION;
		err = from_peer(__HYPERVISOR_sysctl, &op, sizeof(op));
		CHECK(refused(err), "%ld", err);
	}
	CHECK(!peer_has_ended(&p));
	peer_destroy(&p);
}

TEST(peer_every_platform_op, 0)
{
	struct xen_platform_op op;

	peer_create(&p);
	for (unsigned int cmd = 1; cmd < 70; cmd++) {
		long err;

		test_case("platform_op %u", cmd);
		memset(&op, 0, sizeof(op));
		op.cmd = cmd;
		op.interface_version = XENPF_INTERFACE_VERSION;
		err = from_peer(__HYPERVISOR_platform_op, &op, sizeof(op));
		CHECK(refused(err), "%ld", err);
	}
	CHECK(!peer_has_ended(&p));
	peer_destroy(&p);
}

/* Of the machine: ports, interrupts, its memory map. */
TEST(peer_machine_calls, 0)
{
	static const struct {
		const char *name;
		unsigned int nr, cmd;
	} calls[] = {
		{ "set_iobitmap beyond", __HYPERVISOR_physdev_op,
		  PHYSDEVOP_map_pirq },
		{ "unmap_pirq", __HYPERVISOR_physdev_op, PHYSDEVOP_unmap_pirq },
		{ "manage_pci_add", __HYPERVISOR_physdev_op,
		  PHYSDEVOP_manage_pci_add },
		{ "pci_device_add", __HYPERVISOR_physdev_op,
		  PHYSDEVOP_pci_device_add },
		{ "setup_gsi", __HYPERVISOR_physdev_op, PHYSDEVOP_setup_gsi },
		{ "apic_read", __HYPERVISOR_physdev_op, PHYSDEVOP_apic_read },
		{ "apic_write", __HYPERVISOR_physdev_op, PHYSDEVOP_apic_write },
		{ "machine_memory_map", __HYPERVISOR_memory_op,
		  XENMEM_machine_memory_map },
		{ "set_memory_map", __HYPERVISOR_memory_op,
		  XENMEM_set_memory_map },
		{ "claim_pages", __HYPERVISOR_memory_op, XENMEM_claim_pages },
		{ "acquire_resource", __HYPERVISOR_memory_op,
		  XENMEM_acquire_resource },
	};
	uint64_t zero[16] = { 0 };

	peer_create(&p);
	for (unsigned int i = 0; i < ARRAY_SIZE(calls); i++) {
		uint64_t arg[16];
		long err;

		test_case("%s", calls[i].name);
		memcpy(arg, zero, sizeof(arg));
		err = peer_op(&p, calls[i].nr, calls[i].cmd, arg, sizeof(arg));
		CHECK(refused(err), "%ld", err);
		CHECK_EQ(memcmp(arg, zero, sizeof(arg)), 0);
	}
	test_case("ports, once the level is asked for");
	{
		struct physdev_set_iopl iopl = { .iopl = 3 };

		CHECK_EQ(peer_op(&p, __HYPERVISOR_physdev_op,
				 PHYSDEVOP_set_iopl, &iopl, sizeof(iopl)), 0);
		CHECK(!peer_has_ended(&p));
	}
	peer_destroy(&p);
}

/* A global VIRQ is the control domain's. */
TEST(peer_global_virqs, 0)
{
	static const unsigned int virqs[] = {
		VIRQ_DOM_EXC, VIRQ_CON_RING, VIRQ_TBUF, VIRQ_PCPU_STATE,
	};

	peer_create(&p);
	for (unsigned int i = 0; i < ARRAY_SIZE(virqs); i++) {
		struct evtchn_bind_virq op = { .virq = virqs[i], .vcpu = 0 };

		test_case("VIRQ %u", virqs[i]);
		/* It may have one, which never comes; ours stays ours. */
		peer_op(&p, __HYPERVISOR_event_channel_op, EVTCHNOP_bind_virq,
			&op, sizeof(op));
	}
	{
		int ours = event_bind_virq(VIRQ_DOM_EXC, 0);

		test_case("ours");
		CHECK(ours > 0, "%d", ours);
		event_clear(ours);
		event_close(ours);
	}
	peer_destroy(&p);
}
