/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Privileged instructions.  A guest kernel in ring 3 may use what a kernel
 * natively may and a hypercall would do as well: the instruction faults, is
 * decoded from one copy of its bytes, and done on the guest's virtual CPU.
 * Port I/O is the only kind that guest user mode may use too, as far as IOPL
 * and the I/O bitmap allow.  What is refused stays the guest's #GP.
 */
#include "lib/insn.h"
#include "lib/string.h"
#include "mm/guest_copy.h"
#include "mm/pte.h"
#include "pvcpu/control_regs.h"
#include "pvcpu/emulate.h"
#include "pvcpu/io.h"
#include "pvcpu/pvcpu.h"
#include "x86/fpu.h"
#include "x86/msr.h"

#define FORCED_PREFIX_SIZE	5
static const u8 forced_prefix[FORCED_PREFIX_SIZE] = {
	0x0f, 0x0b, 'x', 'e', 'n',	/* XEN_EMULATE_PREFIX, arch-x86/xen.h */
};

unsigned int emulate_fetch(const struct cpu_user_regs *regs, u8 *bytes)
{
	unsigned int left = PAGE_SIZE - (regs->rip & PAGE_OFFSET_MASK);

	if (!copy_from_guest_va(bytes, regs->rip, INSN_MAX_BYTES)) {
		return INSN_MAX_BYTES;
	}
	if (left >= INSN_MAX_BYTES ||
	    copy_from_guest_va(bytes, regs->rip, left)) {
		return 0;
	}
	return left;
}

/* The L bit, in bit 21 of what LAR gives. */
bool emulate_in_long_mode(const struct cpu_user_regs *regs)
{
	u32 rights = 0;

	if (regs->cs == GUEST_CS64) {
		return true;
	}
	__asm__("lar %1, %0" : "+r" (rights) : "r" ((u32)regs->cs));
	return rights & (1U << 21);
}

static void retire(struct cpu_user_regs *regs, unsigned int length)
{
	regs->rip += length;
	if (!emulate_in_long_mode(regs)) {
		regs->rip = (u32)regs->rip;
	}
	regs->rflags &= ~(u64)EFLAGS_RF;
}

static bool do_cpuid(struct cpu_user_regs *regs)
{
	u32 out[4];

	guest_cpuid(current, regs->eax, regs->ecx, out);
	regs->rax = out[0];
	regs->rbx = out[1];
	regs->rcx = out[2];
	regs->rdx = out[3];
	return true;
}

bool emulate_forced(struct cpu_user_regs *regs)
{
	u8 bytes[FORCED_PREFIX_SIZE + 2];

	if (copy_from_guest_va(bytes, regs->rip, sizeof(bytes)) ||
	    memcmp(bytes, forced_prefix, FORCED_PREFIX_SIZE) ||
	    bytes[FORCED_PREFIX_SIZE] != 0x0f ||
	    bytes[FORCED_PREFIX_SIZE + 1] != 0xa2) {
		return false;
	}
	do_cpuid(regs);
	retire(regs, sizeof(bytes));
	cpu_info()->counts[COUNT_EMULATED]++;
	return true;
}

static bool do_rdmsr(struct cpu_user_regs *regs)
{
	struct vcpu *v = current;
	u64 val = 0;

	/*
	 * Kernels that read MSRs before they have a #GP handler get 0 instead
	 * of a crash (struct trap_info's note, arch-x86/xen.h).
	 */
	if (!guest_rdmsr(v, regs->ecx, &val) &&
	    v->pv.traps[TRAP_GP].address) {
		return false;
	}
	regs->rax = (u32)val;
	regs->rdx = val >> 32;
	return true;
}

static bool do_wrmsr(struct cpu_user_regs *regs)
{
	return guest_wrmsr(current, regs->ecx,
			   regs->eax | (u64)regs->edx << 32);
}

static bool do_rdtsc(struct cpu_user_regs *regs)
{
	u64 t = rdtsc();

	regs->rax = (u32)t;
	regs->rdx = t >> 32;
	return true;
}

/* 0f 01: those in the register forms that we know, and lmsw. */
static bool do_group_0f01(const struct insn *in, struct cpu_user_regs *regs)
{
	u64 val = 0;

	switch (in->modrm) {
	case 0xd1:			/* xsetbv */
		return (current->pv.cr4 & CR4_OSXSAVE) &&
			fpu_xsetbv(current, regs->ecx,
				   regs->eax | (u64)regs->edx << 32);
	case 0xf9:			/* rdtscp */
		if (!guest_rdmsr(current, MSR_TSC_AUX, &val)) {
			return false;
		}
		do_rdtsc(regs);
		regs->rcx = (u32)val;
		return true;
	default:
		break;
	}
	if (((in->modrm >> 3) & 7) == 6 && !in->memory) {	/* lmsw */
		val = (guest_read_cr(current, 0) & ~0xeULL) |
			(insn_reg_get(regs, in->rm) & 0xf);
		return guest_write_cr(current, 0, val);
	}
	return false;
}

static bool do_move_dr(const struct insn *in, struct cpu_user_regs *regs)
{
	u64 val;

	if (in->opcode == 0x23) {
		return !guest_set_dr(current, in->reg,
				     insn_reg_get(regs, in->rm));
	}
	if (guest_get_dr(current, in->reg, &val)) {
		return false;
	}
	*insn_reg(regs, in->rm) = val;
	return true;
}

static bool do_move_cr(const struct insn *in, struct cpu_user_regs *regs)
{
	if (in->opcode == 0x22) {
		return guest_write_cr(current, in->reg,
				      insn_reg_get(regs, in->rm));
	}
	if (in->reg == 1 || (in->reg > 4)) {
		return false;
	}
	*insn_reg(regs, in->rm) = guest_read_cr(current, in->reg);
	return true;
}

static bool do_two_byte(const struct insn *in, struct cpu_user_regs *regs)
{
	switch (in->opcode) {
	case 0x01:
		return do_group_0f01(in, regs);
	case 0x06:
		current->pv.cr0_ts = 0;
		fpu_set_ts(!current->fpu_dirty);
		return true;
	case 0x08: case 0x09:		/* invd, wbinvd: caches are coherent */
		return true;
	case 0x20: case 0x22:
		return do_move_cr(in, regs);
	case 0x21: case 0x23:
		return do_move_dr(in, regs);
	case 0x30:
		return do_wrmsr(regs);
	case 0x31:
		return do_rdtsc(regs);
	case 0x32:
		return do_rdmsr(regs);
	case 0xa2:
		return do_cpuid(regs);
	default:
		return false;
	}
}

static bool do_one_byte(const struct insn *in, struct cpu_user_regs *regs)
{
	switch (in->opcode) {
	case 0xfa: case 0xfb:
		/*
		 * cli, sti: nothing happens, as with Xen.  popf cannot trap,
		 * so a kernel that masks events so would never unmask them.
		 */
		return guest_iopl_ok(current);
	default:
		return false;
	}
}

bool emulate_privileged(struct cpu_user_regs *regs)
{
	struct vcpu *v = current;
	u8 bytes[INSN_MAX_BYTES];
	unsigned int n = emulate_fetch(regs, bytes);
	struct insn in;
	bool done;
	int rc = insn_decode(&in, bytes, n, emulate_in_long_mode(regs));

	if (rc == -ERANGE && n && vaddr_canonical(regs->rip + n)) {
		/* It goes on in a page that is not there. */
		guest_page_fault(regs, regs->rip + n, PF_INSN);
		return true;
	}
	if (rc || in.lock) {
		return false;
	}
	if (!in.map && insn_is_io(in.opcode)) {
		return emulate_io(v, &in, regs);
	}
	if (!in.map && (in.opcode == 0xfa || in.opcode == 0xfb)) {
		done = do_one_byte(&in, regs);
	} else if (in.map && (in.opcode == 0x31 || in.opcode == 0xa2)) {
		/* rdtsc under CR4.TSD, cpuid under faulting: kernel only,
		 * but user mode's cpuid gets the policy's answer too. */
		done = (v->pv.kernel_mode || in.opcode == 0xa2) &&
			do_two_byte(&in, regs);
	} else {
		done = v->pv.kernel_mode &&
			(in.map ? do_two_byte(&in, regs) :
				  do_one_byte(&in, regs));
	}
	if (done) {
		retire(regs, in.length);
	}
	return done;
}
