/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The hypercalls, one inline function each. A call goes through the page that
 * the hypervisor filled in at start (ELF note HYPERCALL_PAGE): entry N is 32
 * bytes at N * 32. Arguments travel in rdi, rsi, rdx, r10, r8; rax brings the
 * result, and rcx and r11 are lost, since the page uses SYSCALL.
 *
 * A result below 0 is a negative errno value from <xen/errno.h>.
 */
#ifndef KEEL_XEN_HYPERCALL_H
#define KEEL_XEN_HYPERCALL_H

#include <stdint.h>

#include <xen/xen.h>
#include <xen/callback.h>
#include <xen/errno.h>
#include <xen/event_channel.h>
#include <xen/grant_table.h>
#include <xen/memory.h>
#include <xen/physdev.h>
#include <xen/sched.h>
#include <xen/vcpu.h>
#include <xen/version.h>

#include "lib/lib.h"

extern char hypercall_page[PAGE_SIZE];

#define HYPERCALL_ASM(target, ...)					\
	register unsigned long r10 asm("r10") = a4;			\
	register unsigned long r8 asm("r8") = a5;			\
	long ret;							\
									\
	asm volatile(target						\
		     : "=a" (ret), "+D" (a1), "+S" (a2), "+d" (a3),	\
		       "+r" (r10), "+r" (r8)				\
		     : __VA_ARGS__					\
		     : "rcx", "r11", "memory");				\
	return ret

static inline __attribute__((always_inline))
long hypercall(unsigned int nr, unsigned long a1, unsigned long a2,
	       unsigned long a3, unsigned long a4, unsigned long a5)
{
	HYPERCALL_ASM("call hypercall_page + %c[nr] * 32", [nr] "i" (nr));
}

/* The same without the page, for a number known only at run time. */
static inline long hypercall_nr(unsigned long nr, unsigned long a1,
				unsigned long a2, unsigned long a3,
				unsigned long a4, unsigned long a5)
{
	HYPERCALL_ASM("syscall", "0" (nr));
}

static inline long hc_set_trap_table(const struct trap_info *table)
{
	return hypercall(__HYPERVISOR_set_trap_table, (unsigned long)table,
			 0, 0, 0, 0);
}

static inline long hc_mmu_update(const struct mmu_update *req,
				 unsigned int count, unsigned int *done,
				 unsigned int domains)
{
	return hypercall(__HYPERVISOR_mmu_update, (unsigned long)req, count,
			 (unsigned long)done, domains, 0);
}

static inline long hc_mmuext_op(const struct mmuext_op *op,
				unsigned int count, unsigned int *done,
				unsigned int domain)
{
	return hypercall(__HYPERVISOR_mmuext_op, (unsigned long)op, count,
			 (unsigned long)done, domain, 0);
}

static inline long hc_update_va_mapping(unsigned long va, uint64_t pte,
					unsigned long flags)
{
	return hypercall(__HYPERVISOR_update_va_mapping, va, pte, flags, 0, 0);
}

static inline long hc_set_gdt(const unsigned long *frames,
			      unsigned int entries)
{
	return hypercall(__HYPERVISOR_set_gdt, (unsigned long)frames, entries,
			 0, 0, 0);
}

static inline long hc_update_descriptor(uint64_t maddr, uint64_t desc)
{
	return hypercall(__HYPERVISOR_update_descriptor, maddr, desc, 0, 0, 0);
}

static inline long hc_stack_switch(unsigned long ss, unsigned long sp)
{
	return hypercall(__HYPERVISOR_stack_switch, ss, sp, 0, 0, 0);
}

static inline long hc_fpu_taskswitch(int set)
{
	return hypercall(__HYPERVISOR_fpu_taskswitch, set, 0, 0, 0, 0);
}

static inline long hc_set_debugreg(int reg, unsigned long value)
{
	return hypercall(__HYPERVISOR_set_debugreg, reg, value, 0, 0, 0);
}

static inline long hc_get_debugreg(int reg)
{
	return hypercall(__HYPERVISOR_get_debugreg, reg, 0, 0, 0, 0);
}

static inline long hc_set_segment_base(unsigned int which, unsigned long base)
{
	return hypercall(__HYPERVISOR_set_segment_base, which, base, 0, 0, 0);
}

static inline long hc_callback_op(int cmd, const void *arg)
{
	return hypercall(__HYPERVISOR_callback_op, cmd, (unsigned long)arg,
			 0, 0, 0);
}

static inline long hc_memory_op(unsigned int cmd, void *arg)
{
	return hypercall(__HYPERVISOR_memory_op, cmd, (unsigned long)arg,
			 0, 0, 0);
}

static inline long hc_multicall(struct multicall_entry *calls,
				unsigned int count)
{
	return hypercall(__HYPERVISOR_multicall, (unsigned long)calls, count,
			 0, 0, 0);
}

static inline long hc_set_timer_op(uint64_t deadline)
{
	return hypercall(__HYPERVISOR_set_timer_op, deadline, 0, 0, 0, 0);
}

static inline long hc_xen_version(int cmd, void *arg)
{
	return hypercall(__HYPERVISOR_xen_version, cmd, (unsigned long)arg,
			 0, 0, 0);
}

static inline long hc_console_io(int cmd, unsigned int count, void *text)
{
	return hypercall(__HYPERVISOR_console_io, cmd, count,
			 (unsigned long)text, 0, 0);
}

static inline long hc_grant_table_op(unsigned int cmd, void *ops,
				     unsigned int count)
{
	return hypercall(__HYPERVISOR_grant_table_op, cmd, (unsigned long)ops,
			 count, 0, 0);
}

static inline long hc_vm_assist(unsigned int cmd, unsigned int type)
{
	return hypercall(__HYPERVISOR_vm_assist, cmd, type, 0, 0, 0);
}

static inline long hc_vcpu_op(int cmd, unsigned int vcpu, void *arg)
{
	return hypercall(__HYPERVISOR_vcpu_op, cmd, vcpu, (unsigned long)arg,
			 0, 0);
}

static inline long hc_sched_op(int cmd, void *arg)
{
	return hypercall(__HYPERVISOR_sched_op, cmd, (unsigned long)arg,
			 0, 0, 0);
}

static inline long hc_event_channel_op(int cmd, void *arg)
{
	return hypercall(__HYPERVISOR_event_channel_op, cmd,
			 (unsigned long)arg, 0, 0, 0);
}

static inline long hc_physdev_op(int cmd, void *arg)
{
	return hypercall(__HYPERVISOR_physdev_op, cmd, (unsigned long)arg,
			 0, 0, 0);
}

#endif
