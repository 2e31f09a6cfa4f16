/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The CPU that a PV guest sees.  Guest kernel and guest user both run in ring
 * 3, on two page-table roots; traps bounce to handlers that the guest named,
 * on a frame that we build on its kernel stack; iret comes back by hypercall.
 */
#ifndef PVCPU_PVCPU_H
#define PVCPU_PVCPU_H

#include "domain/domain.h"
#include "lib/insn.h"
#include "mm/guest_copy.h"

/*
 * Delivers trap `vector` to the guest: a bounce frame on its kernel stack and
 * the handler's address in regs.  Crashes the domain when it has no handler
 * or no usable stack.  error_code is pushed for the vectors that have one.
 */
void guest_trap(struct cpu_user_regs *regs, unsigned int vector,
		u32 error_code);
void guest_page_fault(struct cpu_user_regs *regs, vaddr_t va, u32 error_code);
/* The same at any entry, with up to four words in the middle of the frame. */
void guest_bounce(struct cpu_user_regs *regs, const struct trap_entry *to,
		  const u64 *extra, unsigned int nr_extra);

/* Sets an entry of traps[], callbacks[]; pvcpu_update_fast() is due then. */
void trap_entry_set(struct vcpu *v, u8 vector, const struct trap_info *info);
void pvcpu_set_callback(struct vcpu *v, unsigned int type, u64 address,
			bool masks_events);

/* What a guest may enable. */
#define VM_ASSISTS	(BIT(VMASST_TYPE_4gb_segments) | \
			 BIT(VMASST_TYPE_4gb_segments_notify) | \
			 BIT(VMASST_TYPE_writable_pagetables) | \
			 BIT(VMASST_TYPE_pae_extended_cr3) | \
			 BIT(VMASST_TYPE_architectural_iopl) | \
			 BIT(VMASST_TYPE_runstate_update_flag) | \
			 BIT(VMASST_TYPE_m2p_strict))

/* VMASST_TYPE_architectural_iopl: IOPL is in the flags that the guest sees. */
static inline bool guest_assist_iopl(const struct vcpu *v)
{
	return v->domain->vm_assist & BIT(VMASST_TYPE_architectural_iopl);
}

/*
 * Works out anew what entry.S may do on its own for v: after a change of the
 * kernel stack, callbacks, the user root, assists, or NMI state.
 */
void pvcpu_update_fast(struct vcpu *v);

/* The same after a change of the kernel stack only: every guest task switch. */
static inline void pvcpu_update_fast_stack(struct vcpu *v)
{
	u64 top = v->pv.kernel_sp & ~15ULL;
	bool may = range_is_guest(top - 64, 64);

	v->pv.fast_sp = may && v->pv.fast_syscall ? top - 56 : 0;
	v->pv.fast_pf_sp = may && v->pv.fast_pf ? top - 64 : 0;
}

/* Makes an NMI pending for v. */
void guest_nmi_raise(struct vcpu *v);

/* To kernel or user tables (and GS), if it is not there; loads CR3. */
void guest_set_mode(struct vcpu *v, bool kernel);

/* Called on the way out when an upcall is due or softirqs ran (entry.S). */
void guest_exit_work(void);

/* Segment state around a switch: selectors, bases, GDT and LDT windows. */
void pvcpu_save_segments(struct vcpu *v);
void pvcpu_load_segments(struct vcpu *v);
void pvcpu_load_gdt_window(struct vcpu *v);
void pvcpu_clear_ldt_window(struct vcpu *v);
/* The LDT as v has it (ldt_base, ldt_entries) into this CPU's LDTR. */
void pvcpu_load_ldt(struct vcpu *v);
void pvcpu_destroy(struct vcpu *v);	/* GDT, LDT, roots' references */

/* VCPUOP_initialise and DOMCTL_setvcpucontext: checks all, then sets all. */
int pvcpu_set_context(struct vcpu *v, const struct vcpu_guest_context *c);
void pvcpu_get_context(struct vcpu *v, struct vcpu_guest_context *c);

/*
 * GDT of `frames` with `entries`, at most FIRST_RESERVED_GDT_ENTRY: takes
 * descriptor-page types.  0, -EINVAL.
 */
int pvcpu_set_gdt(struct vcpu *v, const mfn_t *frames, unsigned int entries);

/* Switches the kernel root; m must be an L4 of the domain (type taken). */
int pvcpu_set_root(struct vcpu *v, mfn_t m);
int pvcpu_set_user_root(struct vcpu *v, mfn_t m);	/* INVALID_MFN: none */

/*
 * A #GP or #UD from guest kernel mode on an instruction that a kernel may use
 * (or a forced-emulation prefix): does its work.  False: bounce the fault.
 */
bool emulate_privileged(struct cpu_user_regs *regs);
/* A #UD: does the forced-emulation prefix explain it?  Then it is done. */
bool emulate_forced(struct cpu_user_regs *regs);

/*
 * Decodes the instruction at regs->rip: as insn_decode().  -ERANGE: it goes on
 * at *missing, where nothing can be read.
 */
int emulate_decode(const struct cpu_user_regs *regs, struct insn *in,
		   vaddr_t *missing);

/* May whoever runs now use an instruction that needs I/O privilege? */
bool guest_iopl_ok(const struct vcpu *v);

/*
 * Port I/O; false: #GP.  in->length becomes 0 when the instruction is not over:
 * its memory faulted and the fault is bounced, or there is more to repeat.
 */
bool emulate_io(struct vcpu *v, struct insn *in, struct cpu_user_regs *regs);

/*
 * CR0, CR2, CR3, CR4.  False, or an error: #GP; -ERESTART: the old CR3 is still
 * being taken apart, the same again goes on with that.
 */
bool guest_read_cr(const struct vcpu *v, unsigned int reg, u64 *val);
int guest_write_cr(struct vcpu *v, unsigned int reg, u64 val);
/* The bits of CR4 that a guest may set. */
u64 guest_cr4_mask(void);

/* CPUID and MSRs as the domain's policy has them. */
void guest_cpuid(const struct vcpu *v, u32 leaf, u32 sub, u32 out[4]);
bool guest_rdmsr(const struct vcpu *v, u32 msr, u64 *val);
bool guest_wrmsr(struct vcpu *v, u32 msr, u64 val);

/* Debug registers, checked: 0 or -EPERM, -EINVAL. */
int guest_set_dr(struct vcpu *v, unsigned int reg, u64 val);
int guest_get_dr(const struct vcpu *v, unsigned int reg, u64 *val);
void guest_dr_load(const struct vcpu *v);

/* A selector as a guest may have it: RPL 3, unless it is null. */
static inline u16 guest_selector_fix(u16 sel)
{
	return sel & ~3 ? sel | 3 : sel;
}

/* Is this a descriptor that a guest may have?  Corrects its DPL. */
bool guest_descriptor_ok(u64 *desc);

/* Registers, page walk, stack and last hypercall of a vCPU, to the log. */
void vcpu_report(struct vcpu *v);

#endif
