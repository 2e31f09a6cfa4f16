/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * HYPERVISOR_xen_version (xen/version.h): who we are and what we can do.  To
 * guests and their tools we are a Xen 4.17; extraversion says Paravane.
 */
#include "hypercall/hypercall.h"
#include "boot/boot_info.h"
#include "lib/string.h"
#include "mm/guest_copy.h"
#include <xen/features.h>
#include <xen/version.h>

/* As far as the longest of the ABI's strings goes; ours are no longer. */
static long put_string(unsigned long to, const char *text)
{
	return copy_to_guest_va(to, text, min(strlen(text) + 1,
					      sizeof(xen_commandline_t)));
}

static long compile_info(unsigned long to)
{
	static const struct xen_compile_info info = {
		.compiler = "gcc " __VERSION__,
		.compile_by = "paravane",
		.compile_date = PARAVANE_VERSION,
	};

	return copy_to_guest(to, &info, 1);
}

static long get_features(unsigned long to)
{
	struct domain *d = current->domain;
	struct xen_feature_info info;

	if (copy_from_guest(&info, to, 1)) {
		return -EFAULT;
	}
	if (info.submap_idx >= XENFEAT_NR_SUBMAPS) {
		return -EINVAL;
	}
	info.submap = BIT(XENFEAT_mmu_pt_update_preserve_ad) |
		      BIT(XENFEAT_gnttab_map_avail_bits) |
		      BIT(XENFEAT_memory_op_vnode_supported) |
		      BIT(XENFEAT_not_direct_mapped);
	if (d->vm_assist & BIT(VMASST_TYPE_pae_extended_cr3)) {
		info.submap |= BIT(XENFEAT_pae_pgdir_above_4gb);
	}
	if (d->privileged) {
		info.submap |= BIT(XENFEAT_dom0) |
			       BIT(XENFEAT_linux_rsdp_unrestricted);
	}
	return copy_to_guest(to, &info, 1);
}

static long platform_parameters(unsigned long to)
{
	struct xen_platform_parameters p = { .virt_start = HV_VIRT_START };

	return copy_to_guest(to, &p, 1);
}

static __noinline long other_commands(unsigned long cmd, unsigned long arg)
{
	struct domain *d = current->domain;

	switch ((int)cmd) {
	case XENVER_extraversion:
		return put_string(arg, ".0-paravane");
	case XENVER_compile_info:
		return compile_info(arg);
	case XENVER_capabilities:
		return put_string(arg, "xen-3.0-x86_64 ");
	case XENVER_changeset:
		return put_string(arg, PARAVANE_VERSION);
	case XENVER_platform_parameters:
		return platform_parameters(arg);
	case XENVER_get_features:
		return get_features(arg);
	case XENVER_pagesize:
		return arg ? -EINVAL : (long)PAGE_SIZE;
	case XENVER_guest_handle:
		return copy_to_guest(arg, &d->uuid, 1);
	case XENVER_commandline:
		return put_string(arg, d->privileged ? boot_info.cmdline :
				  "<denied>");
	case XENVER_build_id:
		return -ENODATA;
	}
	return hypercall_enosys(cmd);
}

/* The version alone costs nothing: guests use the call to be interrupted. */
HC(xen_version)
{
	return (int)a1 == XENVER_version ? 4 << 16 | 17 :
					   other_commands(a1, a2);
}
