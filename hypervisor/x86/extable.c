/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Instructions that may fault, and where to go on then.  The table is filled
 * by EX_TABLE (x86/asm.h): pairs of offsets relative to themselves.
 */
#include "x86/asm.h"
#include "x86/entry.h"
#include "x86/msr.h"

struct ex_entry {
	s32 fault, fixup;
};

extern const struct ex_entry image_ex_table_start[], image_ex_table_end[];

bool extable_fixup(struct cpu_user_regs *regs)
{
	const struct ex_entry *e;

	for (e = image_ex_table_start; e < image_ex_table_end; e++) {
		if ((u64)&e->fault + (u64)e->fault == regs->rip) {
			regs->rip = (u64)&e->fixup + (u64)e->fixup;
			return true;
		}
	}
	return false;
}

int rdmsr_safe(u32 msr, u64 *val)
{
	u32 lo, hi;
	int rc;

	__asm__ volatile("1: rdmsr\n"
			 "xor %[rc], %[rc]\n"
			 "2:\n"
			 ".pushsection .text\n"
			 "3: mov %[fault], %[rc]\n"
			 "xor %%eax, %%eax\n"
			 "xor %%edx, %%edx\n"
			 "jmp 2b\n"
			 ".popsection\n"
			 EX_TABLE(1b, 3b)
			 : "=a" (lo), "=d" (hi), [rc] "=&r" (rc)
			 : "c" (msr), [fault] "i" (-EFAULT));
	*val = lo | (u64)hi << 32;
	return rc;
}

int wrmsr_safe(u32 msr, u64 val)
{
	int rc;

	__asm__ volatile("1: wrmsr\n"
			 "xor %[rc], %[rc]\n"
			 "2:\n"
			 ".pushsection .text\n"
			 "3: mov %[fault], %[rc]\n"
			 "jmp 2b\n"
			 ".popsection\n"
			 EX_TABLE(1b, 3b)
			 : [rc] "=&r" (rc)
			 : "c" (msr), "a" ((u32)val), "d" ((u32)(val >> 32)),
			   [fault] "i" (-EFAULT)
			 : "memory");
	return rc;
}
