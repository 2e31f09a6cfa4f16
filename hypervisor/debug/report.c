/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Reports: of the vCPU that runs here, when its domain broke a rule
 * (registers, the page walk of the address that it was about, its stack, the
 * last hypercall), and of the hypervisor's own faults.
 */
#include "debug/report.h"
#include "device/console.h"
#include "lib/printk.h"
#include "mm/guest_copy.h"
#include "mm/pte.h"
#include "pvcpu/pvcpu.h"
#include "x86/current.h"
#include "x86/msr.h"

#define STACK_WORDS	32

static void print_regs(const struct cpu_user_regs *r)
{
	log_warn("rip %04x:%016lx  rsp %04x:%016lx  rflags %08lx\n",
		 r->cs, r->rip, r->ss, r->rsp, r->rflags);
	log_warn("rax %016lx  rbx %016lx  rcx %016lx  rdx %016lx\n",
		 r->rax, r->rbx, r->rcx, r->rdx);
	log_warn("rsi %016lx  rdi %016lx  rbp %016lx  r8  %016lx\n",
		 r->rsi, r->rdi, r->rbp, r->r8);
	log_warn("r9  %016lx  r10 %016lx  r11 %016lx  r12 %016lx\n",
		 r->r9, r->r10, r->r11, r->r12);
	log_warn("r13 %016lx  r14 %016lx  r15 %016lx\n",
		 r->r13, r->r14, r->r15);
}

/* Prints the entry for va on each level, as far as there are tables. */
static void print_walk(const struct vcpu *v, const char *what, vaddr_t va)
{
	pte_t e = v->pv.kernel_mode ? v->pv.cr3_kernel : v->pv.cr3_user;

	log_warn("page walk of %s:\n", what);
	for (unsigned int level = 4; level > 0; level--) {
		if (!e || !mfn_valid(pte_mfn(e)) || !vaddr_canonical(va)) {
			return;
		}
		e = READ_ONCE(((pte_t *)mfn_to_virt(pte_mfn(e)))
			      [pte_index(level, va)]);
		log_warn("  L%u[%03x] = %016lx\n", level,
			 pte_index(level, va), e);
		if (!(e & PTE_P) || (e & PTE_PS)) {
			return;
		}
	}
}

static void print_stack(vaddr_t sp)
{
	u64 w[4];

	log_warn("stack from %016lx:\n", sp);
	sp &= ~7UL;
	for (unsigned int i = 0; i < STACK_WORDS; i += 4, sp += sizeof(w)) {
		if (copy_from_guest(w, sp, 4)) {
			log_warn("  not mapped from %016lx on\n", sp);
			return;
		}
		log_warn("  %016lx %016lx %016lx %016lx\n", w[0], w[1], w[2],
			 w[3]);
	}
}

void vcpu_report(struct vcpu *v)
{
	const struct cpu_user_regs *r = guest_regs();

	log_warn("---- d%uv%u on CPU %u, last hypercall %lu ----\n",
		 v->domain->id, v->id, v->sched.cpu, v->last_hypercall);
	print_regs(r);
	log_warn("fs base %016lx  gs base %016lx  mode %s\n",
		 rdmsr(MSR_FS_BASE), rdmsr(MSR_GS_BASE),
		 v->pv.kernel_mode ? "kernel" : "user");
	log_warn("cr2 %016lx  cr3 kernel %016lx  user %016lx\n", v->pv.cr2,
		 v->pv.cr3_kernel, v->pv.cr3_user);
	print_walk(v, "rip", r->rip);
	if (v->pv.cr2) {
		print_walk(v, "cr2", v->pv.cr2);
	}
	print_stack(r->rsp);
}

void report_hv_regs(const struct cpu_user_regs *regs)
{
	log_error("at %pS, CPU %u\n", (void *)regs->rip, this_cpu_id());
	print_regs(regs);
	stack_trace_print(regs->rip, regs->rbp);
}
