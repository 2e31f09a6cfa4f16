/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Instructions that may fault, and where to go on then.  The table is filled
 * by EX_TABLE and EX_RANGE (x86/asm.h): offsets relative to themselves.
 */
#include "x86/asm.h"
#include "x86/current.h"
#include "x86/entry.h"
#include "x86/msr.h"

struct ex_entry {
	s32 first, last, fixup;
};

extern const struct ex_entry image_ex_table_start[], image_ex_table_end[];

bool extable_fixup(struct cpu_user_regs *regs)
{
	const struct ex_entry *e;

	for (e = image_ex_table_start; e < image_ex_table_end; e++) {
		if (regs->rip >= (u64)&e->first + (u64)e->first &&
		    regs->rip <= (u64)&e->last + (u64)e->last) {
			cpu_info()->fixup_error = regs->error_code;
			cpu_info()->fixup_vector = regs->entry_vector;
			regs->rip = (u64)&e->fixup + (u64)e->fixup;
			return true;
		}
	}
	return false;
}

int rdmsr_safe(u32 msr, u64 *val)
{
	u32 lo, hi;

	__asm__ goto("1: rdmsr\n" ASM(EX_TABLE(1b, %l[fault]))
		     : "=a" (lo), "=d" (hi) : "c" (msr) : : fault);
	*val = lo | (u64)hi << 32;
	return 0;
fault:
	*val = 0;
	return -EFAULT;
}

int wrmsr_safe(u32 msr, u64 val)
{
	__asm__ goto("1: wrmsr\n" ASM(EX_TABLE(1b, %l[fault]))
		     : : "c" (msr), "a" ((u32)val), "d" ((u32)(val >> 32))
		     : "memory" : fault);
	return 0;
fault:
	return -EFAULT;
}
