/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Reports: of a vCPU whose domain broke a rule (registers, the page walk of
 * the address that it was about, its stack, the last hypercall), and of the
 * hypervisor's own faults.  Guest memory is read through its page tables, by
 * our view of RAM, so that a vCPU that does not run can be reported too.
 */
#include "debug/report.h"
#include "device/console.h"
#include "lib/printk.h"
#include "mm/pte.h"
#include "pvcpu/pvcpu.h"
#include "x86/current.h"
#include "x86/msr.h"

#define STACK_WORDS	32
#define NR_COUNT_NAMES	8

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

/*
 * Walks v's tables for va.  Prints each level's entry when asked; the entry
 * that maps va, and its level, or 0.
 */
static pte_t walk(const struct vcpu *v, vaddr_t va, bool print,
		  unsigned int *level)
{
	u64 root = v->pv.kernel_mode ? v->pv.cr3_kernel : v->pv.cr3_user;
	pte_t e = root | PTE_P;
	mfn_t table;

	if (!root || !vaddr_canonical(va)) {
		return 0;
	}
	for (*level = 4; *level > 0; (*level)--) {
		table = pte_mfn(e);
		if (!mfn_valid(table)) {
			return 0;
		}
		e = READ_ONCE(((pte_t *)mfn_to_virt(table))
			      [pte_index(*level, va)]);
		if (print) {
			log_warn("  L%u[%03x] = %016lx\n", *level,
				 pte_index(*level, va), e);
		}
		if (!(e & PTE_P)) {
			return 0;
		}
		if (*level == 1 || (*level < 4 && (e & PTE_PS))) {
			return e;
		}
	}
	return 0;
}

/* A word of the guest's memory; false when it is not RAM that is mapped. */
static bool guest_word(const struct vcpu *v, vaddr_t va, u64 *val)
{
	unsigned int level;
	pte_t e = walk(v, va, false, &level);
	u64 m;

	if (!e || !guest_range_ok(va, sizeof(u64))) {
		return false;
	}
	m = pte_mfn(e).v + ((va >> PAGE_SHIFT) &
			    ((1UL << (9 * (level - 1))) - 1));
	if (!mfn_valid(mfn(m)) ||
	    frame_owner_id(mfn_to_frame(mfn(m))->state) == OWNER_IO) {
		return false;
	}
	*val = *(u64 *)((char *)mfn_to_virt(mfn(m)) +
			(va & PAGE_OFFSET_MASK & ~7UL));
	return true;
}

static void print_stack(const struct vcpu *v, vaddr_t sp)
{
	u64 w[4];

	log_warn("stack from %016lx:\n", sp);
	sp &= ~7UL;
	for (unsigned int i = 0; i < STACK_WORDS; i += 4) {
		for (unsigned int j = 0; j < 4; j++) {
			if (!guest_word(v, sp + 8 * (i + j), &w[j])) {
				log_warn("  not mapped from %016lx on\n",
					 sp + 8 * (i + j));
				return;
			}
		}
		log_warn("  %016lx %016lx %016lx %016lx\n", w[0], w[1], w[2],
			 w[3]);
	}
}

static void print_segments(const struct vcpu *v)
{
	bool here = v == current;
	u64 gs = v->pv.kernel_mode ? v->pv.gs_base_kernel : v->pv.gs_base_user;

	log_warn("fs base %016lx  gs base %016lx  mode %s\n",
		 here ? rdmsr(MSR_FS_BASE) : v->pv.fs_base,
		 here ? rdmsr(MSR_GS_BASE) : gs,
		 v->pv.kernel_mode ? "kernel" : "user");
	log_warn("cr2 %016lx  cr3 kernel %016lx  user %016lx\n", v->pv.cr2,
		 v->pv.cr3_kernel, v->pv.cr3_user);
}

void vcpu_report(struct vcpu *v)
{
	const struct cpu_user_regs *r = v == current ? guest_regs() : &v->regs;
	unsigned int level;

	log_warn("---- d%uv%u on CPU %u, last hypercall %lu ----\n",
		 v->domain->id, v->id, v->sched.cpu, v->last_hypercall);
	if (!v->initialised) {
		log_warn("never ran\n");
		return;
	}
	print_regs(r);
	print_segments(v);
	log_warn("page walk of rip:\n");
	(void)walk(v, r->rip, true, &level);
	if (v->pv.cr2) {
		log_warn("page walk of cr2:\n");
		(void)walk(v, v->pv.cr2, true, &level);
	}
	print_stack(v, r->rsp);
}

void report_hv_regs(const struct cpu_user_regs *regs)
{
	log_error("at %pS, CPU %u\n", (void *)regs->rip, this_cpu_id());
	print_regs(regs);
	stack_trace_print(regs->rip, regs->rbp);
}

void report_nmi(const struct cpu_user_regs *regs)
{
	log_warn("NMI on CPU %u at %pS\n", this_cpu_id(), (void *)regs->rip);
}

void report_counters(void)
{
	static const char *const names[NR_COUNT_NAMES] = {
		"syscalls", "hypercalls", "iret", "exceptions", "page faults",
		"emulated", "interrupts", "upcalls",
	};
	struct cpu_info *info;
	u64 sum;

	_Static_assert(NR_COUNT_NAMES == NR_ENTRY_COUNTS, "a name for each");
	for (unsigned int i = 0; i < NR_ENTRY_COUNTS; i++) {
		sum = 0;
		for (unsigned int cpu = 0; cpu < nr_cpus; cpu++) {
			info = (struct cpu_info *)
				(PERCPU_START + (u64)cpu * PERCPU_STRIDE +
				 PERCPU_STACK_OFF + STACK_BLOCK_SIZE) - 1;
			sum += info->counts[i];
		}
		log_info("%-12s %lu\n", names[i], sum);
	}
}
