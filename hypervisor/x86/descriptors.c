/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Descriptor tables.  A guest's own GDT frames appear in the first 14 pages
 * of a CPU's GDT window; page 14 is ours and the same everywhere, so our
 * selectors (x86/layout.h) hold whatever guest is loaded.
 *
 * Every gate is an interrupt gate: entry code runs with interrupts off.  A
 * guest may use `int` itself only with vectors 3 and 4 (breakpoint, overflow),
 * 0x80 (system calls of 32-bit programs) and 0x82; for all others the machine
 * raises #GP, and the trap code looks the vector up in the guest's own table.
 */
#include "lib/string.h"
#include "x86/descriptors.h"
#include "x86/entry.h"
#include "x86/layout.h"
#include "x86/paging.h"
#include "x86/percpu.h"

static struct gate idt[256] __aligned(16) __ro_after_init;

void gate_set(struct gate *g, u64 handler, unsigned int ist, unsigned int dpl)
{
	*g = (struct gate){
		.offset_low = (u16)handler,
		.selector = HV_CS,
		.ist = (u8)ist,
		.type = (u8)(0x8e | dpl << 5),
		.offset_mid = (u16)(handler >> 16),
		.offset_high = (u32)(handler >> 32),
	};
}

__init void idt_init(void)
{
	static const struct { u8 vector, ist, dpl; } special[] = {
		{ TRAP_DB, IST_DB, 0 }, { TRAP_NMI, IST_NMI, 0 },
		{ TRAP_BP, 0, 3 }, { TRAP_OF, 0, 3 },
		{ TRAP_DF, IST_DF, 0 }, { TRAP_MC, IST_MC, 0 },
		{ 0x80, 0, 3 }, { ENTRY_INT82, 0, 3 },
	};

	for (unsigned int i = 0; i < 256; i++) {
		gate_set(&idt[i], (u64)entry_gates[i], 0, 0);
	}
	for (unsigned int i = 0; i < ARRAY_LEN(special); i++) {
		gate_set(&idt[special[i].vector],
			 (u64)entry_gates[special[i].vector],
			 special[i].ist, special[i].dpl);
	}
}

void idt_load(void)
{
	struct table_ptr p = { sizeof(idt) - 1, (u64)idt };

	__asm__ volatile("lidt %0" : : "m" (p));
}

void descriptor_set_system(u64 *d, u64 base, u32 limit, u64 type)
{
	d[0] = (limit & 0xffff) | (base & 0xffffff) << 16 |
	       (0x80 | type) << 40 | ((u64)limit >> 16 & 0xf) << 48 |
	       (base >> 24 & 0xff) << 56;
	d[1] = base >> 32;
}

static struct tss *tss_init(unsigned long area)
{
	struct tss *t = (struct tss *)(area + PERCPU_TSS_OFF);
	unsigned long stack = area + PERCPU_STACK_OFF;

	t->rsp[0] = (u64)&cpu_info()->guest_regs.u.es;
	for (unsigned int ist = IST_NMI; ist <= IST_DB; ist++) {
		t->ist[ist - 1] = stack + ist * PAGE_SIZE;
	}
	t->iomap_base = sizeof(*t);	/* beyond the limit: no port */
	return t;
}

void descriptors_load(void)
{
	unsigned long area = percpu_area(this_cpu_id());
	char *gdt = (char *)area + PERCPU_GDT_OFF;
	struct table_ptr p = { 0xefff, (u64)gdt };
	struct tss *t = tss_init(area);

	*(u64 *)(gdt + HV_CS) = 0x00af9b000000ffff;
	*(u64 *)(gdt + HV_DS) = 0x00cf93000000ffff;
	*(u64 *)(gdt + (GUEST_CS32 & ~3)) = 0x00cffb000000ffff;
	*(u64 *)(gdt + (GUEST_SS & ~3)) = 0x00cff3000000ffff;
	*(u64 *)(gdt + (GUEST_CS64 & ~3)) = 0x00affb000000ffff;
	descriptor_set_system((u64 *)(gdt + HV_TSS), (u64)t, sizeof(*t) - 1,
			      9);

	__asm__ volatile("lgdt %0\n\t"
			 "pushq %1\n\t"
			 "lea 1f(%%rip), %%rax\n\t"
			 "pushq %%rax\n\t"
			 "lretq\n"
			 "1:\n\t"
			 "xor %%eax, %%eax\n\t"
			 "mov %%eax, %%ss\n\t"
			 "mov %%eax, %%ds\n\t"
			 "mov %%eax, %%es\n\t"
			 "mov %%eax, %%fs\n\t"
			 "mov %%eax, %%gs\n\t"
			 "lldt %%ax\n\t"
			 "ltr %w2"
			 : : "m" (p), "i" (HV_CS), "r" (HV_TSS)
			 : "rax", "memory");
	idt_load();
}
