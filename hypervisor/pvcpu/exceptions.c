/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Exceptions that a guest's code raises: what is ours to handle (lazy FPU,
 * writes to page tables, the LDT, privileged instructions, software
 * interrupts through gates that the machine's IDT refuses) is handled, the
 * rest bounces to the guest kernel.
 */
#include "lib/lock.h"
#include "mm/page_type.h"
#include "pvcpu/pvcpu.h"
#include "x86/entry.h"
#include "x86/fpu.h"
#include "x86/msr.h"
#include "x86/paging.h"

#define DR6_DEFAULT	0xffff0ff0UL
#define ERROR_CODE_IDT	0x2U
#define ERROR_CODE_EXT	0x1U

static inline bool va_in_hv_range(vaddr_t va)
{
	return va >= HV_VIRT_START && va < HV_VIRT_END;
}

/*
 * An address of ours in a supervisor's fault: the CPU itself reads the
 * descriptor tables so, and a page of the LDT may not be mapped yet, or be
 * missing in the guest.
 */
static __attribute__((noinline))
void page_fault_general(struct cpu_user_regs *regs, vaddr_t va)
{
	bool table = va_in_hv_range(va) && !(regs->error_code & PF_USER);
	unsigned long off = va - percpu_area(this_cpu_id());

	if (table && off - PERCPU_LDT_OFF < 0x10000) {
		off -= PERCPU_LDT_OFF;
		if (ldt_fault(current, (unsigned int)off)) {
			return;
		}
		va = current->pv.ldt_base + off;
	} else if (table && off < PERCPU_LDT_OFF) {
		guest_trap(regs, TRAP_GP, (u32)off & 0xfff8);
		return;
	}
	guest_page_fault(regs, va, regs->error_code);
}

/* iretq to the guest faulted: its cs or ss is not to be had. */
void guest_iret_fault(struct cpu_user_regs *regs)
{
	vaddr_t va = read_cr2();
	u32 vector = cpu_info()->fixup_vector;

	regs->error_code = cpu_info()->fixup_error;
	irq_enable();
	if (vector == TRAP_PF) {
		page_fault_general(regs, va);
	} else {
		guest_trap(regs, vector, regs->error_code);
	}
}

/*
 * A guest kernel's store to a page table is tried first, as on Xen whether
 * the guest enabled the assist or not.  This is a hot path: va waits in
 * cpu_info, not in a register that would have to be saved.
 */
void guest_page_fault_entry(struct cpu_user_regs *regs, vaddr_t va, u32 ec)
{
	if (likely((ec & (PF_PRESENT | PF_WRITE | PF_RSVD)) ==
		   (PF_PRESENT | PF_WRITE) && current->pv.kernel_mode &&
		   !va_in_hv_range(va))) {
		cpu_info()->scratch[1] = va;
		if (likely(ptwr_fault(regs, va))) {
			return;
		}
		page_fault_general(guest_regs(), cpu_info()->scratch[1]);
		return;
	}
	page_fault_general(regs, va);
}

/*
 * int N of `length` bytes that ends at rip.  TI_GET_DPL: 0 nobody may use it,
 * 1 and 2 the guest kernel, 3 everybody.
 */
static void software_int(struct cpu_user_regs *regs, unsigned int vector,
			 u8 length)
{
	const struct trap_entry *t = &current->pv.traps[vector];

	if (t->dpl == 3 || (t->dpl && current->pv.kernel_mode)) {
		regs->entry_vector = vector;
		guest_bounce(regs, t, NULL, 0);
	} else {
		regs->rip -= length;
		guest_trap(regs, TRAP_GP, vector << 3 | ERROR_CODE_IDT);
	}
}

/*
 * int N where the gate's DPL forbids it.  The error code says which, but not
 * rightly on every machine (QEMU 7.2 shifts it by 4 in long mode), so the
 * instruction decides where it can be read.
 */
static void gp_software_int(struct cpu_user_regs *regs)
{
	unsigned int vector = (regs->error_code >> 3) & 0xff;
	vaddr_t missing;
	struct insn in;
	u8 length = 2;

	if (!emulate_decode(regs, &in, &missing) && !in.map &&
	    in.opcode == 0xcd) {
		vector = (u8)in.imm;
		length = in.length;
	}
	regs->rip += length;
	software_int(regs, vector, length);
}

static void general_protection(struct cpu_user_regs *regs)
{
	u32 ec = regs->error_code;

	if ((ec & (ERROR_CODE_IDT | ERROR_CODE_EXT)) == ERROR_CODE_IDT) {
		gp_software_int(regs);
	} else if (ec || !emulate_privileged(regs)) {
		guest_trap(regs, TRAP_GP, ec);
	}
}

static void note_debug_status(struct vcpu *v)
{
	u64 dr6;

	__asm__ volatile("mov %%dr6, %0" : "=r" (dr6));
	__asm__ volatile("mov %0, %%dr6" : : "r" (DR6_DEFAULT));
	v->pv.dr[6] = (v->pv.dr[6] | (dr6 & ~DR6_DEFAULT)) &
		(dr6 | ~DR6_DEFAULT);
}

void guest_exception(struct cpu_user_regs *regs)
{
	struct vcpu *v = current;

	cpu_info()->counts[COUNT_EXCEPTION]++;
	/* These two look at the CPU's own state first. */
	if (regs->entry_vector == TRAP_DB) {
		note_debug_status(v);
	} else if (regs->entry_vector == TRAP_NM) {
		if (!v->pv.cr0_ts) {
			fpu_restore(v);
			return;
		}
		v->pv.cr0_ts = 0;	/* delivery clears the guest's TS */
	}
	irq_enable();
	switch (regs->entry_vector) {
	case TRAP_GP:
		general_protection(regs);
		return;
	case 0x80: case 0x82:		/* gates that ring 3 may use */
		software_int(regs, regs->entry_vector, 2);
		return;
	case TRAP_UD:
		if (emulate_forced(regs)) {
			return;
		}
	}
	guest_trap(regs, regs->entry_vector & 0xff, regs->error_code);
}
