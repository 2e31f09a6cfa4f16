/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Building a PV domain, in the order the hypervisor needs it:
 *
 *	createdomain -> max_vcpus, max_mem, limits -> TSC, scheduling
 *	  -> event channels for xenstore and console
 *	  -> libxenguest: load the kernel, populate memory, page tables,
 *	     start info, vCPU 0's registers
 *	  -> grant entries for the xenstore and console pages
 *
 * The CPUID policy is left as the hypervisor makes it at creation: that one
 * is right for a PV guest on this machine, and rewriting it (libxl's
 * xc_cpuid_apply_policy) only adds topology that PV kernels do not read.
 */
#include "lib/build.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xenguest.h>

#include "lib/msg.h"

/* Slack that libxl allows over maxmem, for pages a guest may not balloon. */
#define MAXMEM_SLACK_KIB 1024


static const char *reason(void)
{
	return strerror(errno);
}

static void fill_create(const struct domain_config *cfg,
			struct xen_domctl_createdomain *create)
{
	memset(create, 0, sizeof(*create));
	memcpy(create->handle, cfg->uuid, sizeof(create->handle));
	create->max_vcpus = cfg->maxvcpus;
	create->max_evtchn_port = cfg->max_event_channels;
	create->max_grant_frames = cfg->max_grant_frames;
	create->max_maptrack_frames = cfg->max_maptrack_frames;
	create->grant_opts = XEN_DOMCTL_GRANT_version(1);
}

/* "not enough memory" is the failure people meet: give both figures. */
static int check_memory(struct tools *t, const struct domain_config *cfg)
{
	xc_physinfo_t phys = { 0 };
	uint64_t free_mib, want_mib;

	if (xc_physinfo(t->xc, &phys)) {
		/* Not our business to fail here; populating will tell. */
		return 0;
	}
	free_mib = phys.free_pages >> (20 - XC_PAGE_SHIFT);
	want_mib = cfg->memory_kib / 1024;
	if (want_mib > free_mib) {
		return msg_error("domain '%s' needs %lu MiB and the hypervisor has %lu MiB free; lower memory= or dom0_mem=, or stop another domain",
				 cfg->name, (unsigned long)want_mib,
				 (unsigned long)free_mib);
	}
	return 0;
}

static int create_empty(struct tools *t, const struct domain_config *cfg,
			struct built_domain *out)
{
	struct xen_domctl_createdomain create;

	fill_create(cfg, &create);
	out->domid = 0;
	if (xc_domain_create(t->xc, &out->domid, &create)) {
		if (errno == EINVAL) {
			return msg_error("the hypervisor refused the limits of domain '%s'; lower maxvcpus=%u, or max_event_channels= and the grant limits if given",
					 cfg->name, cfg->maxvcpus);
		}
		return msg_error("the hypervisor did not create domain '%s': %s%s",
				 cfg->name, reason(), tools_library_error());
	}
	return 0;
}

static int set_limits(struct tools *t, const struct domain_config *cfg,
		      uint32_t domid)
{
	if (xc_domain_max_vcpus(t->xc, domid, cfg->maxvcpus)) {
		return msg_error("cannot give domain '%s' %u vCPUs: %s", cfg->name,
				 cfg->maxvcpus, reason());
	}
	if (xc_domain_setmaxmem(t->xc, domid,
				cfg->maxmem_kib + MAXMEM_SLACK_KIB)) {
		return msg_error("cannot set the memory limit of domain '%s': %s",
				 cfg->name, reason());
	}
	/* What the guest's XENMEM_memory_map will show it. */
	if (xc_domain_set_memmap_limit(t->xc, domid, cfg->maxmem_kib)) {
		return msg_error("cannot set the memory map of domain '%s': %s",
				 cfg->name, reason());
	}
	return 0;
}

static int set_time(struct tools *t, const struct domain_config *cfg,
		    uint32_t domid)
{
	if (xc_domain_set_tsc_info(t->xc, domid, cfg->tsc, 0, 0, 0)) {
		return msg_error("cannot set the TSC mode of domain '%s': %s",
				 cfg->name, reason());
	}
	if (cfg->time_offset &&
	    xc_domain_set_time_offset(t->xc, domid, cfg->time_offset)) {
		return msg_error("cannot set the clock offset of domain '%s': %s",
				 cfg->name, reason());
	}
	return 0;
}

static int set_scheduling(struct tools *t, const struct domain_config *cfg,
			  uint32_t domid)
{
	struct xen_domctl_sched_credit credit = { 0 };
	struct xen_domctl_sched_credit2 credit2 = { 0 };
	int id, ret;

	if (!cfg->weight && !cfg->cap) {
		return 0;
	}
	if (xc_sched_id(t->xc, &id)) {
		return msg_error("cannot ask which scheduler runs: %s", reason());
	}
	if (id == XEN_SCHEDULER_CREDIT2) {
		ret = xc_sched_credit2_domain_get(t->xc, domid, &credit2);
		credit2.weight = cfg->weight ? cfg->weight : credit2.weight;
		credit2.cap = cfg->cap ? cfg->cap : credit2.cap;
		ret = ret ? ret : xc_sched_credit2_domain_set(t->xc, domid,
							      &credit2);
	} else if (id == XEN_SCHEDULER_CREDIT) {
		ret = xc_sched_credit_domain_get(t->xc, domid, &credit);
		credit.weight = cfg->weight ? cfg->weight : credit.weight;
		credit.cap = cfg->cap ? cfg->cap : credit.cap;
		ret = ret ? ret : xc_sched_credit_domain_set(t->xc, domid,
							     &credit);
	} else {
		msg_warn("cpu_weight= and cap= have no effect: scheduler %d has neither",
			 id);
		return 0;
	}
	if (ret) {
		return msg_error("cannot set cpu_weight= or cap= of domain '%s': %s",
				 cfg->name, reason());
	}
	return 0;
}

static int set_affinity(struct tools *t, const struct domain_config *cfg,
			uint32_t domid)
{
	int nr_cpus = xc_get_max_cpus(t->xc);
	unsigned int vcpu;

	for (vcpu = 0; cfg->nr_affinity && vcpu < cfg->maxvcpus; vcpu++) {
		const struct cpu_list *list = &cfg->affinity[
			cfg->nr_affinity == 1 ? 0 : vcpu];
		xc_cpumap_t map = xc_cpumap_alloc(t->xc);
		int cpu, usable = 0, ret;

		if (!map) {
			return msg_error("out of memory");
		}
		for (cpu = 0; cpu < nr_cpus; cpu++) {
			if (cpu_list_has(list, cpu)) {
				xc_cpumap_setcpu(cpu, map);
				usable++;
			}
		}
		ret = usable ? xc_vcpu_setaffinity(t->xc, domid, vcpu, map,
						   NULL, XEN_VCPUAFFINITY_HARD)
			     : -1;
		free(map);
		if (!usable) {
			return msg_error("cpus= names no CPU of this machine, which has %d; correct it",
				    nr_cpus);
		}
		if (ret) {
			return msg_error("cannot pin vCPU %u of domain '%s': %s",
				    vcpu, cfg->name, reason());
		}
	}
	return 0;
}

static int alloc_ports(struct tools *t, const struct domain_config *cfg,
		       struct built_domain *out)
{
	int store = xc_evtchn_alloc_unbound(t->xc, out->domid, 0);
	int console = xc_evtchn_alloc_unbound(t->xc, out->domid, 0);

	if (store < 0 || console < 0) {
		return msg_error("cannot allocate event channels for domain '%s': %s",
				 cfg->name, reason());
	}
	out->store_port = store;
	out->console_port = console;
	return 0;
}

static int load_files(struct xc_dom_image *dom,
		      const struct domain_config *cfg)
{
	if (xc_dom_kernel_file(dom, cfg->kernel)) {
		return msg_error("cannot load kernel '%s'%s", cfg->kernel,
				 tools_library_error());
	}
	if (cfg->ramdisk && xc_dom_module_file(dom, cfg->ramdisk, NULL)) {
		return msg_error("cannot load ramdisk '%s'%s", cfg->ramdisk,
				 tools_library_error());
	}
	return 0;
}

/* libxenguest's steps, each with what its failure means to a user. */
static int fill_image(struct tools *t, struct xc_dom_image *dom,
		      const struct domain_config *cfg,
		      const struct built_domain *out)
{
	if (xc_dom_boot_xen_init(dom, t->xc, out->domid)) {
		return msg_error("cannot read the hypervisor's version: %s%s",
				 reason(), tools_library_error());
	}
	if (xc_dom_parse_image(dom)) {
		return msg_error("'%s' is no 64-bit PV kernel that can boot here%s; use one built with Xen PV support",
				 cfg->kernel, tools_library_error());
	}
	if (xc_dom_mem_init(dom, cfg->memory_kib / 1024)) {
		return msg_error("memory=%lu does not suit the kernel%s",
				 (unsigned long)cfg->memory_kib / 1024,
				 tools_library_error());
	}
	if (xc_dom_boot_mem_init(dom)) {
		return msg_error("cannot give domain '%s' its %lu MiB of memory%s; is that much free? see 'pvctl info'",
				 cfg->name, (unsigned long)cfg->memory_kib / 1024,
				 tools_library_error());
	}
	if (xc_dom_build_image(dom)) {
		return msg_error("kernel and ramdisk do not fit the domain's %lu MiB%s; raise memory=",
				 (unsigned long)cfg->memory_kib / 1024,
				 tools_library_error());
	}
	if (xc_dom_boot_image(dom)) {
		return msg_error("the hypervisor refused the built image of '%s': %s%s",
				 cfg->name, reason(), tools_library_error());
	}
	if (xc_dom_gnttab_init(dom)) {
		return msg_error("cannot grant the console and xenstore pages of '%s': %s%s",
				 cfg->name, reason(), tools_library_error());
	}
	return 0;
}

static int build_image(struct tools *t, const struct domain_config *cfg,
		       struct built_domain *out)
{
	struct xc_dom_image *dom;
	char *os;
	int ret;

	xc_dom_loginit(t->xc);
	dom = xc_dom_allocate(t->xc, cfg->cmdline, NULL);
	if (!dom) {
		return msg_error("out of memory");
	}
	dom->container_type = XC_DOM_PV_CONTAINER;
	dom->max_vcpus = cfg->maxvcpus;
	dom->console_evtchn = out->console_port;
	dom->xenstore_evtchn = out->store_port;
	dom->console_domid = 0;
	dom->xenstore_domid = 0;
	dom->claim_enabled = cfg->claim;
	ret = load_files(dom, cfg);
	if (!ret) {
		ret = fill_image(t, dom, cfg, out);
	}
	if (!ret) {
		out->console_frame = xc_dom_p2m(dom, dom->console_pfn);
		out->store_frame = xc_dom_p2m(dom, dom->xenstore_pfn);
		os = xc_dom_guest_os(dom);
		snprintf(out->guest_os, sizeof(out->guest_os), "%s",
			 os ? os : "unknown");
	}
	xc_dom_release(dom);
	return ret;
}

int build_domain(struct tools *t, const struct domain_config *cfg,
		 struct built_domain *out)
{
	memset(out, 0, sizeof(*out));
	tools_forget_error();
	if (check_memory(t, cfg) || create_empty(t, cfg, out)) {
		return -1;
	}
	if (set_limits(t, cfg, out->domid) || set_time(t, cfg, out->domid) ||
	    set_scheduling(t, cfg, out->domid) ||
	    set_affinity(t, cfg, out->domid) || alloc_ports(t, cfg, out) ||
	    build_image(t, cfg, out)) {
		xc_domain_destroy(t->xc, out->domid);
		return -1;
	}
	return 0;
}
