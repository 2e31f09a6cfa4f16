/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Privileged instructions.  A guest kernel in ring 3 may use what a kernel
 * natively may and a hypercall would do as well: the instruction faults, is
 * decoded from one copy of its bytes, and done on the guest's virtual CPU.
 * Port I/O is the only kind that guest user mode may use too, as far as IOPL
 * and the I/O bitmap allow.  What is refused stays the guest's #GP.
 */
#include "lib/string.h"
#include "mm/pte.h"
#include "pvcpu/pvcpu.h"
#include "x86/fpu.h"
#include "x86/msr.h"
#include "x86/paging.h"
#include "x86/user_copy.h"

#define DESC_L		BIT(53)		/* a 64-bit code segment */
#define DR6_BS		(1U << 14)	/* a single step */

/* XEN_EMULATE_PREFIX (arch-x86/xen.h) and cpuid. */
static const u8 forced_cpuid[] = { 0x0f, 0x0b, 'x', 'e', 'n', 0x0f, 0xa2 };

/*
 * Does cs name a 64-bit code segment?  And the address of its instruction: in
 * others the segment's base counts.  (A page of the LDT comes as it is read.)
 */
static bool in_long_mode(const struct cpu_user_regs *regs, vaddr_t *at)
{
	const u64 *table = (const u64 *)(percpu_area(this_cpu_id()) +
		(regs->cs & 4 ? PERCPU_LDT_OFF : PERCPU_GDT_OFF));
	u64 desc, base;

	if (likely(regs->cs == GUEST_CS64)) {
		*at = regs->rip;
		return true;
	}
	if (!user_get_word(&desc, &table[regs->cs >> 3])) {
		desc = 0;
	}
	base = (desc >> 16 & 0xffffff) | (desc >> 32 & 0xff000000);
	*at = desc & DESC_L ? regs->rip : (u32)(base + regs->rip);
	return desc & DESC_L;
}

int emulate_decode(const struct cpu_user_regs *regs, struct insn *in,
		   vaddr_t *missing)
{
	u8 bytes[INSN_MAX_BYTES];
	vaddr_t at;
	bool long_mode = in_long_mode(regs, &at);
	unsigned int n = guest_fetch(at, bytes);

	*missing = at + n;
	return n ? insn_decode(in, bytes, n, long_mode) : -EINVAL;
}

static void retire(struct cpu_user_regs *regs, unsigned int length)
{
	vaddr_t at;

	regs->rip += length;
	if (!in_long_mode(regs, &at)) {
		regs->rip = (u32)regs->rip;
	}
	regs->rflags &= ~(u64)EFLAGS_RF;
	cpu_info()->counts[COUNT_EMULATED]++;
	if (length && regs->rflags & EFLAGS_TF) {
		current->pv.dr[6] |= DR6_BS;
		guest_trap(regs, TRAP_DB, 0);
	}
}

static u64 edx_eax(const struct cpu_user_regs *regs)
{
	return regs->eax | (u64)regs->edx << 32;
}

static void set_edx_eax(struct cpu_user_regs *regs, u64 val)
{
	regs->rax = (u32)val;
	regs->rdx = val >> 32;
}

static void do_cpuid(struct cpu_user_regs *regs)
{
	u32 out[4];

	guest_cpuid(current, regs->eax, regs->ecx, out);
	regs->rax = out[0];
	regs->rbx = out[1];
	regs->rcx = out[2];
	regs->rdx = out[3];
}

bool emulate_forced(struct cpu_user_regs *regs)
{
	u8 bytes[sizeof(forced_cpuid)];
	vaddr_t at;

	(void)in_long_mode(regs, &at);
	if (copy_from_guest_va(bytes, at, sizeof(bytes)) ||
	    memcmp(bytes, forced_cpuid, sizeof(bytes))) {
		return false;
	}
	do_cpuid(regs);
	retire(regs, sizeof(bytes));
	return true;
}

static bool do_rdmsr(struct vcpu *v, struct cpu_user_regs *regs)
{
	u64 val = 0;

	/*
	 * Kernels that read MSRs before they have a #GP handler get 0 instead
	 * of a crash (struct trap_info's note, arch-x86/xen.h).
	 */
	if (!guest_rdmsr(v, regs->ecx, &val) &&
	    v->pv.traps[TRAP_GP].address) {
		return false;
	}
	set_edx_eax(regs, val);
	return true;
}

static bool do_rdtsc(struct cpu_user_regs *regs)
{
	set_edx_eax(regs, rdtsc());
	return true;
}

/* What only a kernel may use: two-byte opcodes, of 0f 01 with ModRM. */
static bool do_kernel_insn(struct vcpu *v, struct insn *in,
			   struct cpu_user_regs *regs)
{
	u64 *reg = insn_reg(regs, in->rm);
	int err;

	switch (in->opcode == 0x01 ? 0x0100 | in->modrm : in->opcode) {
	case 0x01d1:			/* xsetbv */
		return (v->pv.cr4 & CR4_OSXSAVE) &&
			fpu_xsetbv(v, regs->ecx, edx_eax(regs));
	case 0x01f9:			/* rdtscp */
		regs->rcx = v->pv.tsc_aux;
		return do_rdtsc(regs);
	case 0x06:			/* clts */
		v->pv.cr0_ts = 0;
		fpu_set_ts(!v->fpu_dirty);
		return true;
	case 0x09:		/* wbinvd: caches are coherent */
		return true;
	case 0x20:
		return guest_read_cr(v, in->reg, reg);
	case 0x21:
		return !guest_get_dr(v, in->reg, reg);
	case 0x22:
		err = guest_write_cr(v, in->reg, *reg);
		in->length = err ? 0 : in->length;	/* -ERESTART: again */
		return !err || err == -ERESTART;
	case 0x23:
		return !guest_set_dr(v, in->reg, *reg);
	case 0x30:
		return guest_wrmsr(v, regs->ecx, edx_eax(regs));
	case 0x31:			/* under CR4.TSD */
		return do_rdtsc(regs);
	case 0x32:
		return do_rdmsr(v, regs);
	default:
		return false;
	}
}

static bool do_insn(struct vcpu *v, struct insn *in,
		    struct cpu_user_regs *regs)
{
	switch (in->map << 8 | in->opcode) {
	case 0x6c ... 0x6f: case 0xe4 ... 0xe7: case 0xec ... 0xef:
		return emulate_io(v, in, regs);
	case 0xfa: case 0xfb:
		/*
		 * cli, sti: nothing happens, as with Xen.  popf cannot trap,
		 * so a kernel that masks events so would never unmask them.
		 */
		return guest_iopl_ok(v);
	case 0x1a2:			/* under CPUID faulting */
		do_cpuid(regs);
		return true;
	default:
		return in->map && v->pv.kernel_mode &&
			do_kernel_insn(v, in, regs);
	}
}

bool emulate_privileged(struct cpu_user_regs *regs)
{
	struct insn in;
	vaddr_t missing;
	int rc = emulate_decode(regs, &in, &missing);

	if (rc == -ERANGE && vaddr_canonical(missing)) {
		/* It goes on in a page that is not there. */
		guest_page_fault(regs, missing, PF_INSN);
		return true;
	}
	if (rc || in.lock || !do_insn(current, &in, regs)) {
		return false;
	}
	retire(regs, in.length);
	return true;
}
