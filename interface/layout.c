/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * What assembly, and kernels that we cannot rebuild, take for granted of the
 * structures in Debian's libxen-dev: sizes and offsets, asserted. Headers of
 * another version that moved something do not get past this file. It makes no
 * code; `make check` compiles it.
 */
#include <stddef.h>
#include <stdint.h>

#include <xen/xen.h>
#include <xen/callback.h>
#include <xen/event_channel.h>
#include <xen/grant_table.h>
#include <xen/memory.h>
#include <xen/physdev.h>
#include <xen/sched.h>
#include <xen/vcpu.h>
#include <xen/domctl.h>
#include <xen/sysctl.h>
#include <xen/platform.h>
#include <xen/io/blkif.h>
#include <xen/io/console.h>
#include <xen/io/netif.h>
#include <xen/io/xs_wire.h>

#define SIZE(type, bytes)						\
	_Static_assert(sizeof(type) == (bytes), "size of " #type)
#define AT(type, member, offset)					\
	_Static_assert(offsetof(type, member) == (offset),		\
		       #type "." #member)

/* Shared pages. */
SIZE(struct vcpu_info, 64);
AT(struct vcpu_info, evtchn_upcall_pending, 0);
AT(struct vcpu_info, evtchn_upcall_mask, 1);
AT(struct vcpu_info, evtchn_pending_sel, 8);
AT(struct vcpu_info, arch.cr2, 16);
AT(struct vcpu_info, time, 32);
SIZE(struct vcpu_time_info, 32);
AT(struct vcpu_time_info, tsc_timestamp, 8);
AT(struct vcpu_time_info, system_time, 16);
AT(struct vcpu_time_info, tsc_to_system_mul, 24);
AT(struct vcpu_time_info, tsc_shift, 28);
AT(struct vcpu_time_info, flags, 29);
AT(struct shared_info, evtchn_pending, 2048);
AT(struct shared_info, evtchn_mask, 2560);
AT(struct shared_info, wc_version, 3072);
AT(struct shared_info, wc_sec_hi, 3084);
AT(struct shared_info, arch, 3088);
AT(struct arch_shared_info, p2m_cr3, 24);
SIZE(struct vcpu_runstate_info, 48);

/* Start of day. */
AT(struct start_info, nr_pages, 32);
AT(struct start_info, shared_info, 40);
AT(struct start_info, flags, 48);
AT(struct start_info, store_mfn, 56);
AT(struct start_info, console, 72);
AT(struct start_info, pt_base, 88);
AT(struct start_info, mfn_list, 104);
AT(struct start_info, cmd_line, 128);
AT(struct start_info, first_p2m_pfn, 1152);

/* Frames on a guest's stack, and contexts. */
SIZE(struct iret_context, 72);
SIZE(struct trap_info, 16);
AT(struct trap_info, cs, 2);
AT(struct trap_info, address, 8);
SIZE(struct cpu_user_regs, 200);
AT(struct cpu_user_regs, rax, 80);
AT(struct cpu_user_regs, rip, 128);
AT(struct cpu_user_regs, cs, 136);
AT(struct cpu_user_regs, saved_upcall_mask, 140);
AT(struct cpu_user_regs, rflags, 144);
AT(struct cpu_user_regs, ss, 160);
SIZE(struct vcpu_guest_context, 5168);
AT(struct vcpu_guest_context, user_regs, 520);
AT(struct vcpu_guest_context, trap_ctxt, 720);

/* Arguments that arrive in arrays. */
SIZE(struct multicall_entry, 64);
SIZE(struct mmu_update, 16);
SIZE(struct mmuext_op, 24);
SIZE(struct gnttab_map_grant_ref, 32);
SIZE(struct gnttab_unmap_grant_ref, 24);
SIZE(struct gnttab_copy, 40);
SIZE(struct grant_entry_v1, 8);
SIZE(struct xen_memory_reservation, 32);
SIZE(struct evtchn_status, 24);
SIZE(struct sched_poll, 24);

/* Calls of the tools: one version, one size. */
_Static_assert(XEN_DOMCTL_INTERFACE_VERSION == 0x15, "domctl version");
_Static_assert(XEN_SYSCTL_INTERFACE_VERSION == 0x15, "sysctl version");
SIZE(struct xen_domctl, 144);
SIZE(struct xen_sysctl, 136);
SIZE(struct xen_platform_op, 136);

/* Rings shared with other domains. */
SIZE(struct xencons_interface, 3088);
SIZE(struct xenstore_domain_interface, 2076);
SIZE(struct xsd_sockmsg, 16);
SIZE(struct netif_tx_request, 12);
SIZE(struct netif_rx_response, 8);
SIZE(struct blkif_request, 112);
SIZE(struct blkif_response, 16);
