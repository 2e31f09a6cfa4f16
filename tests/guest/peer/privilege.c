/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Calls that only the control domain may make, made by one that is not it:
 * every number of domctl, sysctl and platform_op, and of the other calls those
 * sub-calls that concern the machine. Each is refused with -EPERM, its argument
 * comes back as it was, and behind all of them both domains, the machine's
 * memory and its clock are what they were. Those that name another domain:
 * foreign.c.
 *
 * From <xen/domctl.h>, <xen/sysctl.h>, <xen/platform.h>, <xen/memory.h>,
 * <xen/physdev.h>, <xen/xen.h>.
 */
#include "common/peer.h"
#include "peer/unchanged.h"

#include <xen/arch-x86/xen-mca.h>
#include <xen/platform.h>

static struct peer p;

/* A call whose only argument is a structure, which must not be changed. */
static long versioned(unsigned int nr, const void *arg, size_t size)
{
	long err;

	memcpy(peer_page(&p, PEER_DATA), arg, size);
	err = peer_call(&p, nr, peer_va(PEER_DATA), 0, 0, 0);
	CHECK_EQ(memcmp(peer_page(&p, PEER_DATA), arg, size), 0);
	return err;
}

/*
 * Domctls about devices, and numbers that nobody has: there Xen looks at the
 * domain or the argument first.
 */
static bool xen_looks_elsewhere(unsigned int cmd)
{
	switch (cmd) {
	case 21: case 46: case 50:
	case XEN_DOMCTL_bind_pt_irq: case XEN_DOMCTL_unbind_pt_irq:
	case XEN_DOMCTL_memory_mapping: case XEN_DOMCTL_ioport_mapping:
		return true;
	}
	return false;
}

#define ITSELF	0xffff

/*
 * Differs from Xen 4.17: a domctl is -EPERM whether or not its domain exists
 * and whatever its arguments are; Xen tells with -ESRCH which domains there
 * are, and looks at arguments first in some that are about devices.
 */
TEST(peer_every_domctl, 0)
{
	static const struct {
		domid_t id;
		long want_of_xen;
	} about[] = {
		{ 0, -XEN_EPERM }, { ITSELF, -XEN_EPERM },
		{ DOMID_SELF, REFUSED }, { 999, REFUSED },
		{ DOMID_XEN, REFUSED }, { DOMID_IO, REFUSED },
	};
	static struct xen_domctl ops[ARRAY_SIZE(about)];
	struct multicall_entry *list;
	struct unchanged before;

	_Static_assert(sizeof(ops) <= PAGE_SIZE, "in one page of its");
	peer_create(&p);
	list = peer_page(&p, PEER_DATA + 1);
	unchanged_begin(&before, &p);
	for (unsigned int cmd = 0; cmd < 100; cmd++) {
		memset(ops, 0, sizeof(ops));
		for (unsigned int i = 0; i < ARRAY_SIZE(about); i++) {
			ops[i].cmd = cmd;
			ops[i].interface_version = XEN_DOMCTL_INTERFACE_VERSION;
			ops[i].domain = about[i].id == ITSELF ? p.id :
					about[i].id;
			list[i] = (struct multicall_entry) {
				.op = __HYPERVISOR_domctl,
				.args = { peer_va(PEER_DATA) +
					  i * sizeof(ops[0]) },
			};
		}
		test_case("domctl %u", cmd);
		if (cmd % 20 == 0) {
			printk("STEP %u\n", cmd);
		}
		memcpy(peer_page(&p, PEER_DATA), ops, sizeof(ops));
		CHECK_EQ(peer_call(&p, __HYPERVISOR_multicall,
				   peer_va(PEER_DATA + 1), ARRAY_SIZE(about), 0,
				   0), 0);
		CHECK_EQ(memcmp(peer_page(&p, PEER_DATA), ops, sizeof(ops)),
			 0);
		for (unsigned int i = 0; i < ARRAY_SIZE(about); i++) {
			test_case("domctl %u for domain %u", cmd,
				  about[i].id);
			CHECK_WANT((long)list[i].result,
				   on_paravane() ? -XEN_EPERM :
				   xen_looks_elsewhere(cmd) ? REFUSED :
				   about[i].want_of_xen);
		}
	}
	unchanged_end(&before, &p);
	peer_destroy(&p);
}

TEST(peer_every_sysctl, 0)
{
	struct xen_sysctl op;
	struct unchanged before;

	peer_create(&p);
	unchanged_begin(&before, &p);
	for (unsigned int cmd = 0; cmd < 40; cmd++) {
		test_case("sysctl %u", cmd);
		memset(&op, 0, sizeof(op));
		op.cmd = cmd;
		op.interface_version = XEN_SYSCTL_INTERFACE_VERSION;
		CHECK_EQ(versioned(__HYPERVISOR_sysctl, &op, sizeof(op)),
			 -XEN_EPERM);
	}
	unchanged_end(&before, &p);
	peer_destroy(&p);
}

TEST(peer_every_platform_op, 0)
{
	struct xen_platform_op op;
	struct xen_mc mc;
	struct unchanged before;

	peer_create(&p);
	unchanged_begin(&before, &p);
	for (unsigned int cmd = 0; cmd < 70; cmd++) {
		test_case("platform_op %u", cmd);
		memset(&op, 0, sizeof(op));
		op.cmd = cmd;
		op.interface_version = XENPF_INTERFACE_VERSION;
		CHECK_EQ(versioned(__HYPERVISOR_platform_op, &op, sizeof(op)),
			 -XEN_EPERM);
	}
	test_case("the clock");
	memset(&op, 0, sizeof(op));
	op.cmd = XENPF_settime64;
	op.interface_version = XENPF_INTERFACE_VERSION;
	op.u.settime64.secs = 1;
	CHECK_EQ(versioned(__HYPERVISOR_platform_op, &op, sizeof(op)),
		 -XEN_EPERM);
	for (unsigned int cmd = 0; cmd < 10; cmd++) {
		test_case("mca %u", cmd);
		memset(&mc, 0, sizeof(mc));
		mc.cmd = cmd;
		mc.interface_version = XEN_MCA_INTERFACE_VERSION;
		CHECK_EQ(versioned(__HYPERVISOR_mca, &mc, sizeof(mc)),
			 -XEN_EPERM);
	}
	unchanged_end(&before, &p);
	peer_destroy(&p);
}

/* What is looked at before the right to ask: can it be read, which version. */
TEST(peer_control_arguments, 0)
{
	static const unsigned int calls[] = {
		__HYPERVISOR_domctl, __HYPERVISOR_sysctl,
		__HYPERVISOR_platform_op,
	};
	/* Command and version, of no interface. */
	uint32_t words[64] = { 1, 0xdead };

	peer_create(&p);
	for (unsigned int i = 0; i < ARRAY_SIZE(calls); i++) {
		test_case("call %u", calls[i]);
		CHECK_EQ(peer_call(&p, calls[i], TEST_VA, 0, 0, 0),
			 -XEN_EFAULT);
		CHECK_EQ(versioned(calls[i], words, sizeof(words)),
			 -XEN_EACCES);
	}
	peer_destroy(&p);
}

#define PHYSDEV(name)	#name, __HYPERVISOR_physdev_op, PHYSDEVOP_##name
#define MEMORY(name)	#name, __HYPERVISOR_memory_op, XENMEM_##name

/*
 * Of the machine: ports, interrupts, PCI devices, its memory map. `absent`:
 * not there on Paravane for anybody, -ENOSYS; `other`: Xen looks for the device
 * first, and finds none, or answers a question about the caller's own.
 */
TEST(peer_machine_calls, 0)
{
	static const struct {
		const char *name;
		unsigned int nr, cmd;
		bool absent, other;
	} calls[] = {
		{ PHYSDEV(apic_read), 0, 0 },
		{ PHYSDEV(apic_write), 0, 0 },
		{ PHYSDEV(alloc_irq_vector), 0, 0 },
		{ PHYSDEV(irq_status_query), 0, 1 },
		{ PHYSDEV(map_pirq), 0, 0 },
		{ PHYSDEV(unmap_pirq), 0, 0 },
		{ PHYSDEV(setup_gsi), 0, 0 },
		{ PHYSDEV(manage_pci_add), 1, 0 },
		{ PHYSDEV(manage_pci_remove), 1, 0 },
		{ PHYSDEV(manage_pci_add_ext), 1, 0 },
		{ PHYSDEV(restore_msi), 1, 1 },
		{ PHYSDEV(restore_msi_ext), 0, 1 },
		{ PHYSDEV(pci_mmcfg_reserved), 0, 0 },
		{ PHYSDEV(pci_device_add), 0, 0 },
		{ PHYSDEV(pci_device_remove), 0, 0 },
		{ PHYSDEV(prepare_msix), 1, 0 },
		{ PHYSDEV(release_msix), 1, 0 },
		{ PHYSDEV(dbgp_op), 0, 0 },
		{ MEMORY(machine_memory_map), 0, 0 },
	};
	static const uint64_t zero[16];
	struct unchanged before;

	peer_create(&p);
	unchanged_begin(&before, &p);
	for (unsigned int i = 0; i < ARRAY_SIZE(calls); i++) {
		uint64_t arg[16];
		long err;

		test_case("%s", calls[i].name);
		memcpy(arg, zero, sizeof(arg));
		err = peer_op(&p, calls[i].nr, calls[i].cmd, arg, sizeof(arg));
		if (on_paravane()) {
			CHECK_EQ(err, calls[i].absent ? -XEN_ENOSYS :
				 -XEN_EPERM);
		} else if (!calls[i].other) {
			CHECK_EQ(err, -XEN_EPERM);
		}
		CHECK(on_paravane() || calls[i].other ||
		      !memcmp(arg, zero, sizeof(arg)));
	}
	test_case("ports, once the level is asked for");
	{
		struct physdev_set_iopl iopl = { .iopl = 3 };

		CHECK_EQ(peer_op(&p, __HYPERVISOR_physdev_op,
				 PHYSDEVOP_set_iopl, &iopl, sizeof(iopl)), 0);
	}
	unchanged_end(&before, &p);
	peer_destroy(&p);
}

/*
 * The console and the command line are the control domain's.
 *
 * Differs from Xen 4.17: any domain may write to the console; its text becomes
 * lines of the log that begin with its number, at a limited rate.
 */
TEST(peer_console, 0)
{
	static const char denied[] = "<denied>";

	peer_create(&p);
	memset(peer_page(&p, PEER_DATA), 0, PAGE_SIZE);
	CHECK_EQ(peer_call(&p, __HYPERVISOR_console_io, CONSOLEIO_read, 8,
			   peer_va(PEER_DATA), 0), -XEN_EPERM);
	CHECK_EQ(peer_call(&p, __HYPERVISOR_console_io, CONSOLEIO_write, 0,
			   peer_va(PEER_DATA), 0),
		 on_paravane() ? 0 : -XEN_EPERM);
	CHECK_EQ(peer_call(&p, __HYPERVISOR_xen_version, XENVER_commandline,
			   peer_va(PEER_DATA), 0, 0), 0);
	CHECK_EQ(memcmp(peer_page(&p, PEER_DATA), denied, sizeof(denied)), 0);
	peer_destroy(&p);
}

static int peer_bind_virq(unsigned int virq)
{
	struct evtchn_bind_virq op = { .virq = virq, .vcpu = 0 };
	int err = peer_op(&p, __HYPERVISOR_event_channel_op,
			  EVTCHNOP_bind_virq, &op, sizeof(op));

	return err ? err : (int)op.port;
}

/* A domain with nothing in it, and its end. */
static void domain_comes_and_goes(void)
{
	struct xen_domctl op = {
		.cmd = XEN_DOMCTL_createdomain,
		.u.createdomain = {
			.max_vcpus = 1, .max_evtchn_port = 1023,
			.max_grant_frames = 4, .max_maptrack_frames = 4,
			.grant_opts = XEN_DOMCTL_GRANT_version(1),
		},
	};
	long err;

	CHECK_EQ(hc_domctl(&op), 0);
	do {
		op.cmd = XEN_DOMCTL_destroydomain;
		err = hc_domctl(&op);
	} while (err == -XEN_EAGAIN);
	CHECK_EQ(err, 0);
}

/* A global VIRQ comes to the control domain; another may bind it, in vain. */
TEST(peer_global_virqs, 0)
{
	int ours = event_bind_virq(VIRQ_DOM_EXC, 0), its;
	const struct shared_info *s;
	uint64_t end;

	peer_create(&p);
	s = peer_page(&p, PEER_SHARED);
	CHECK(ours > 0, "%d", ours);
	its = peer_bind_virq(VIRQ_DOM_EXC);
	CHECK(its > 0, "%d", its);
	test_case("for a vCPU other than the first");
	{
		struct evtchn_bind_virq op = { .virq = VIRQ_CON_RING,
					       .vcpu = 1 };

		CHECK_EQ(peer_op(&p, __HYPERVISOR_event_channel_op,
				 EVTCHNOP_bind_virq, &op, sizeof(op)),
			 -XEN_EINVAL);
	}
	test_case("it comes to us alone");
	event_clear(ours);
	domain_comes_and_goes();
	end = clock_ns() + 5 * NSEC_PER_SEC;
	while (!event_is_pending(ours) && clock_ns() < end) {
		hc_sched_op(SCHEDOP_yield, NULL);
	}
	CHECK(event_is_pending(ours));
	CHECK_EQ(s->evtchn_pending[its / 64] >> its % 64 & 1, 0);
	event_clear(ours);
	event_close(ours);
	peer_destroy(&p);
}
