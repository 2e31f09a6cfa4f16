/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * What a toolstack in the control domain asks and sets, apart from a domain's
 * life itself (peer/): what was set is what is read back; what cannot be set
 * is refused and changes nothing; answers fit into what the caller has room
 * for. A call of another interface version is refused.
 *
 * From <xen/domctl.h>, <xen/sysctl.h> and <xen/platform.h>.
 */
#include "common/peer.h"

#include <xen/platform.h>

#define NO_DOMAIN	0x7f00

static long domctl(struct xen_domctl *op, unsigned int cmd, domid_t id)
{
	op->cmd = cmd;
	op->domain = id;
	return hc_domctl(op);
}

TEST(domctl_address_size, 0)
{
	struct xen_domctl op = { 0 };
	struct peer p;

	peer_create(&p);
	CHECK_EQ(domctl(&op, XEN_DOMCTL_get_address_size, p.id), 0);
	CHECK_EQ(op.u.address_size.size, 64);
	op.u.address_size.size = 17;
	test_case("no such size");
	CHECK(domctl(&op, XEN_DOMCTL_set_address_size, p.id) < 0);
	test_case("as it was");
	CHECK_EQ(domctl(&op, XEN_DOMCTL_get_address_size, p.id), 0);
	CHECK_EQ(op.u.address_size.size, 64);
	test_case("of no domain");
	CHECK_EQ(domctl(&op, XEN_DOMCTL_get_address_size, NO_DOMAIN),
		 -XEN_ESRCH);
	peer_destroy(&p);
}

TEST(domctl_affinity, 0)
{
	uint8_t map[16] = { 1 }, soft[16] = { 0xff };
	struct xen_domctl op = { 0 };
	struct peer p;

	peer_create(&p);
	op.u.vcpuaffinity.flags = XEN_VCPUAFFINITY_HARD;
	op.u.vcpuaffinity.cpumap_hard.nr_bits = 128;
	set_xen_guest_handle(op.u.vcpuaffinity.cpumap_hard.bitmap, map);
	op.u.vcpuaffinity.cpumap_soft.nr_bits = 128;
	set_xen_guest_handle(op.u.vcpuaffinity.cpumap_soft.bitmap, soft);
	CHECK_EQ(domctl(&op, XEN_DOMCTL_setvcpuaffinity, p.id), 0);
	memset(map, 0xa5, sizeof(map));
	CHECK_EQ(domctl(&op, XEN_DOMCTL_getvcpuaffinity, p.id), 0);
	test_case("all of the map is written");
	CHECK_EQ(map[0], 1);
	for (unsigned int i = 1; i < sizeof(map); i++) {
		CHECK_EQ(map[i], 0);
	}
	test_case("no CPU");
	map[0] = 0;
	CHECK_EQ(domctl(&op, XEN_DOMCTL_setvcpuaffinity, p.id), -XEN_EINVAL);
	test_case("none that is there");
	map[15] = 0x80;
	CHECK_EQ(domctl(&op, XEN_DOMCTL_setvcpuaffinity, p.id), -XEN_EINVAL);
	test_case("nothing to set");
	op.u.vcpuaffinity.flags = 0;
	CHECK_EQ(domctl(&op, XEN_DOMCTL_setvcpuaffinity, p.id), -XEN_EINVAL);
	test_case("no such vCPU");
	op.u.vcpuaffinity.flags = XEN_VCPUAFFINITY_HARD;
	op.u.vcpuaffinity.vcpu = 9;
	CHECK_EQ(domctl(&op, XEN_DOMCTL_getvcpuaffinity, p.id), -XEN_EINVAL);
	CHECK_EQ(domctl(&op, XEN_DOMCTL_setvcpuaffinity, p.id), -XEN_EINVAL);
	peer_destroy(&p);
}

TEST(domctl_tsc, 0)
{
	struct xen_domctl op = { 0 };
	struct peer p;

	peer_create(&p);
	test_case("native");
	domctl(&op, XEN_DOMCTL_pausedomain, p.id);
	op.u.tsc_info.tsc_mode = 2;
	CHECK_EQ(domctl(&op, XEN_DOMCTL_settscinfo, p.id), 0);
	test_case("no such mode");
	op.u.tsc_info.tsc_mode = 99;
	CHECK(domctl(&op, XEN_DOMCTL_settscinfo, p.id) < 0);
	peer_destroy(&p);
}

TEST(domctl_vcpu, 0)
{
	static struct vcpu_guest_context c;
	struct xen_domctl op = { 0 };
	struct peer p;

	peer_create(&p);
	CHECK_EQ(domctl(&op, XEN_DOMCTL_getvcpuinfo, p.id), 0);
	CHECK_EQ(op.u.getvcpuinfo.online, 1);
	test_case("no such vCPU");
	op.u.getvcpuinfo.vcpu = 1;
	CHECK_EQ(domctl(&op, XEN_DOMCTL_getvcpuinfo, p.id), -XEN_EINVAL);
	memset(&op, 0, sizeof(op));
	test_case("its context");
	set_xen_guest_handle(op.u.vcpucontext.ctxt, &c);
	CHECK_EQ(domctl(&op, XEN_DOMCTL_getvcpucontext, p.id), 0);
	CHECK_EQ(c.kernel_sp, peer_va(PEER_STACK + 1));
	CHECK_EQ(c.ctrlreg[3], xen_pfn_to_cr3(p.mfn[PEER_L4]));
	test_case("no such vCPU's context");
	op.u.vcpucontext.vcpu = 1;
	CHECK_EQ(domctl(&op, XEN_DOMCTL_getvcpucontext, p.id), -XEN_EINVAL);
	test_case("set no such vCPU's context");
	CHECK_EQ(domctl(&op, XEN_DOMCTL_setvcpucontext, p.id), -XEN_EINVAL);
	test_case("our own");
	op.u.vcpucontext.vcpu = 0;
	CHECK_EQ(domctl(&op, XEN_DOMCTL_getvcpucontext, 0), -XEN_EINVAL);
	test_case("nowhere to");
	set_xen_guest_handle(op.u.vcpucontext.ctxt,
			     (struct vcpu_guest_context *)16);
	CHECK_EQ(domctl(&op, XEN_DOMCTL_getvcpucontext, p.id), -XEN_EFAULT);
	peer_destroy(&p);
}

TEST(domctl_handle, 0)
{
	struct xen_domctl op = { 0 };
	struct peer p;

	peer_create(&p);
	memset(op.u.setdomainhandle.handle, 0x5a,
	       sizeof(op.u.setdomainhandle.handle));
	CHECK_EQ(domctl(&op, XEN_DOMCTL_setdomainhandle, p.id), 0);
	memset(&op, 0, sizeof(op));
	CHECK_EQ(domctl(&op, XEN_DOMCTL_getdomaininfo, p.id), 0);
	CHECK_EQ(op.domain, p.id);
	for (unsigned int i = 0; i < sizeof(xen_domain_handle_t); i++) {
		CHECK_EQ(op.u.getdomaininfo.handle[i], 0x5a);
	}
	test_case("of no domain");
	CHECK_EQ(domctl(&op, XEN_DOMCTL_setdomainhandle, NO_DOMAIN),
		 -XEN_ESRCH);
	peer_destroy(&p);
}

TEST(domctl_memory, 0)
{
	struct xen_domctl op = { 0 };
	struct peer p;

	peer_create(&p);
	CHECK_EQ(domctl(&op, XEN_DOMCTL_getdomaininfo, p.id), 0);
	CHECK_EQ(op.u.getdomaininfo.tot_pages, PEER_PAGES);
	test_case("hypercall page in a frame that is not its own");
	memset(&op, 0, sizeof(op));
	op.u.hypercall_init.gmfn = virt_to_mfn(kernel_root);
	CHECK(domctl(&op, XEN_DOMCTL_hypercall_init, p.id) < 0);
	test_case("in a page table");
	op.u.hypercall_init.gmfn = p.mfn[PEER_L1];
	CHECK(domctl(&op, XEN_DOMCTL_hypercall_init, p.id) < 0);
	test_case("in a page of its own");
	op.u.hypercall_init.gmfn = p.mfn[PEER_DATA];
	CHECK_EQ(domctl(&op, XEN_DOMCTL_hypercall_init, p.id), 0);
	CHECK_EQ(((unsigned char *)peer_page(&p, PEER_DATA))
		 [32 * __HYPERVISOR_xen_version + 0] != 0, 1);
	peer_destroy(&p);
}

TEST(domctl_cpu_policy, 0)
{
	static xen_cpuid_leaf_t leaves[256];
	static xen_msr_entry_t msrs[64];
	struct xen_domctl op = { 0 };
	unsigned int nr_leaves;
	struct peer p;

	peer_create(&p);
	test_case("how many there are");
	op.u.cpu_policy.nr_leaves = op.u.cpu_policy.nr_msrs = 0;
	CHECK_EQ(domctl(&op, XEN_DOMCTL_get_cpu_policy, p.id), 0);
	CHECK(op.u.cpu_policy.nr_leaves > 0 &&
	      op.u.cpu_policy.nr_leaves <= ARRAY_SIZE(leaves), "%u leaves",
	      op.u.cpu_policy.nr_leaves);
	CHECK(op.u.cpu_policy.nr_msrs > 0 &&
	      op.u.cpu_policy.nr_msrs <= ARRAY_SIZE(msrs), "%u MSRs",
	      op.u.cpu_policy.nr_msrs);
	test_case("too little room");
	set_xen_guest_handle(op.u.cpu_policy.leaves, leaves);
	set_xen_guest_handle(op.u.cpu_policy.msrs, msrs);
	op.u.cpu_policy.nr_leaves = 1;
	op.u.cpu_policy.nr_msrs = ARRAY_SIZE(msrs);
	CHECK_EQ(domctl(&op, XEN_DOMCTL_get_cpu_policy, p.id), -XEN_ENOBUFS);
	test_case("all of it");
	op.u.cpu_policy.nr_leaves = ARRAY_SIZE(leaves);
	op.u.cpu_policy.nr_msrs = ARRAY_SIZE(msrs);
	CHECK_EQ(domctl(&op, XEN_DOMCTL_get_cpu_policy, p.id), 0);
	nr_leaves = op.u.cpu_policy.nr_leaves;
	CHECK_EQ(leaves[0].leaf, 0);
	for (unsigned int i = 1; i < nr_leaves; i++) {
		CHECK(leaves[i].leaf > leaves[i - 1].leaf ||
		      (leaves[i].leaf == leaves[i - 1].leaf &&
		       leaves[i].subleaf > leaves[i - 1].subleaf),
		      "leaf %u is out of order", i);
	}
	test_case("set once it has run");
	CHECK_EQ(domctl(&op, XEN_DOMCTL_set_cpu_policy, p.id), -XEN_EEXIST);
	test_case("too many");
	op.u.cpu_policy.nr_leaves = ~0U;
	CHECK(domctl(&op, XEN_DOMCTL_set_cpu_policy, p.id) < 0);
	peer_destroy(&p);
}

TEST(sysctl_machine, 0)
{
	struct xen_sysctl op = { .cmd = XEN_SYSCTL_physinfo };
	uint8_t map[16] = { 0 };
	xen_sysctl_cputopo_t topo[64];
	xen_sysctl_meminfo_t mem[8];
	unsigned int nr_cpus;

	if (hc_sysctl(&op) == -XEN_EPERM) {
		test_skip("not the control domain");
	}
	test_case("physinfo");
	CHECK(op.u.physinfo.nr_cpus > 0, "no CPUs");
	CHECK(op.u.physinfo.cpu_khz > 0, "no frequency");
	CHECK(op.u.physinfo.total_pages > op.u.physinfo.free_pages, "%lu of %lu",
	      (unsigned long)op.u.physinfo.free_pages,
	      (unsigned long)op.u.physinfo.total_pages);
	CHECK(op.u.physinfo.capabilities & XEN_SYSCTL_PHYSCAP_pv, "no PV?");
	nr_cpus = op.u.physinfo.nr_cpus;

	test_case("topology: how many");
	memset(&op, 0, sizeof(op));
	op.cmd = XEN_SYSCTL_cputopoinfo;
	CHECK_EQ(hc_sysctl(&op), 0);
	CHECK(op.u.cputopoinfo.num_cpus >= nr_cpus, "%u CPUs",
	      op.u.cputopoinfo.num_cpus);
	test_case("topology");
	memset(topo, 0xa5, sizeof(topo));
	op.u.cputopoinfo.num_cpus = 1;
	set_xen_guest_handle(op.u.cputopoinfo.cputopo, topo);
	CHECK_EQ(hc_sysctl(&op), 0);
	CHECK_EQ(topo[0].node, 0);
	test_case("no more than there is room for");
	CHECK_EQ(topo[1].core, 0xa5a5a5a5);

	test_case("nodes");
	memset(&op, 0, sizeof(op));
	op.cmd = XEN_SYSCTL_numainfo;
	op.u.numainfo.num_nodes = ARRAY_SIZE(mem);
	set_xen_guest_handle(op.u.numainfo.meminfo, mem);
	CHECK_EQ(hc_sysctl(&op), 0);
	CHECK_EQ(op.u.numainfo.num_nodes, 1);
	CHECK(mem[0].memsize > mem[0].memfree, "more free than there is");

	test_case("the pool");
	memset(&op, 0, sizeof(op));
	op.cmd = XEN_SYSCTL_cpupool_op;
	op.u.cpupool_op.op = XEN_SYSCTL_CPUPOOL_OP_INFO;
	op.u.cpupool_op.cpumap.nr_bits = 128;
	set_xen_guest_handle(op.u.cpupool_op.cpumap.bitmap, map);
	CHECK_EQ(hc_sysctl(&op), 0);
	CHECK_EQ(op.u.cpupool_op.cpupool_id, 0);
	CHECK_EQ(map[0] & 1, 1);
	test_case("no such pool");
	op.u.cpupool_op.cpupool_id = 5;
	CHECK_EQ(hc_sysctl(&op), -XEN_ENOENT);
}

TEST(sysctl_lists, 0)
{
	static xen_domctl_getdomaininfo_t list[4];
	struct xen_sysctl op = { .cmd = XEN_SYSCTL_getdomaininfolist };
	static char text[64];
	struct peer p;

	peer_create(&p);
	memset(list, 0xa5, sizeof(list));
	op.u.getdomaininfolist.max_domains = ARRAY_SIZE(list);
	set_xen_guest_handle(op.u.getdomaininfolist.buffer, list);
	CHECK_EQ(hc_sysctl(&op), 0);
	CHECK_EQ(op.u.getdomaininfolist.num_domains, 2);
	CHECK_EQ(list[0].domain, 0);
	CHECK_EQ(list[1].domain, p.id);
	test_case("from a number on");
	op.u.getdomaininfolist.first_domain = 1;
	CHECK_EQ(hc_sysctl(&op), 0);
	CHECK_EQ(op.u.getdomaininfolist.num_domains, 1);
	CHECK_EQ(list[0].domain, p.id);
	test_case("room for one");
	memset(list, 0xa5, sizeof(list));
	op.u.getdomaininfolist.first_domain = 0;
	op.u.getdomaininfolist.max_domains = 1;
	CHECK_EQ(hc_sysctl(&op), 0);
	CHECK_EQ(op.u.getdomaininfolist.num_domains, 1);
	CHECK_EQ(list[1].domain, 0xa5a5);
	test_case("no room that can be written");
	set_xen_guest_handle(op.u.getdomaininfolist.buffer,
			     (xen_domctl_getdomaininfo_t *)16);
	CHECK_EQ(hc_sysctl(&op), -XEN_EFAULT);

	test_case("the log, in pieces");
	memset(&op, 0, sizeof(op));
	op.cmd = XEN_SYSCTL_readconsole;
	op.u.readconsole.count = sizeof(text) / 2;
	set_xen_guest_handle(op.u.readconsole.buffer, text);
	CHECK_EQ(hc_sysctl(&op), 0);
	CHECK_EQ(op.u.readconsole.count, sizeof(text) / 2);
	CHECK_EQ(text[sizeof(text) / 2], 0);
	peer_destroy(&p);
}

TEST(control_versions, 0)
{
	struct xen_domctl d = { .cmd = XEN_DOMCTL_getdomaininfo };
	struct xen_sysctl s = { .cmd = XEN_SYSCTL_physinfo };
	struct xen_platform_op o = { .cmd = XENPF_get_cpuinfo };

	d.interface_version = XEN_DOMCTL_INTERFACE_VERSION - 1;
	CHECK_EQ(hypercall_nr(__HYPERVISOR_domctl, (unsigned long)&d, 0, 0, 0, 0),
		 -XEN_EACCES);
	s.interface_version = XEN_SYSCTL_INTERFACE_VERSION + 1;
	CHECK_EQ(hypercall_nr(__HYPERVISOR_sysctl, (unsigned long)&s, 0, 0, 0, 0),
		 -XEN_EACCES);
	o.interface_version = 0;
	CHECK_EQ(hypercall_nr(__HYPERVISOR_platform_op, (unsigned long)&o, 0, 0, 0, 0),
		 -XEN_EACCES);
	test_case("the right one");
	o.interface_version = XENPF_INTERFACE_VERSION;
	CHECK_EQ(hypercall_nr(__HYPERVISOR_platform_op, (unsigned long)&o, 0, 0, 0, 0),
		 0);
	CHECK_EQ(o.u.pcpu_info.flags & XEN_PCPU_FLAGS_ONLINE,
		 XEN_PCPU_FLAGS_ONLINE);
	test_case("a CPU that is not there");
	o.u.pcpu_info.xen_cpuid = 4000;
	CHECK_EQ(hypercall_nr(__HYPERVISOR_platform_op, (unsigned long)&o, 0, 0, 0, 0),
		 0);
	CHECK(o.u.pcpu_info.flags & XEN_PCPU_FLAGS_INVALID, "flags %x",
	      o.u.pcpu_info.flags);
}
