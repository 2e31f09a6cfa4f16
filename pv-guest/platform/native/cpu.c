/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * A CPU's descriptors, its entries, and which thread it is ready for.
 */
#include "platform/native/start.h"

#define MSR_STAR	0xc0000081
#define MSR_LSTAR	0xc0000082
#define MSR_SFMASK	0xc0000084
#define MSR_FS_BASE	0xc0000100
#define MSR_GS_BASE	0xc0000101
#define MSR_KERNEL_GS	0xc0000102
#define TSS_SELECTOR	0x28
#define INIT_IPI	0x4500
#define STARTUP_IPI	0x4600

struct gate {
	uint16_t offset0, selector;
	uint8_t ist, type;
	uint16_t offset1;
	uint32_t offset2, reserved;
};

struct table_register {
	uint16_t limit;
	uint64_t base;
} __attribute__((packed));

extern char entry_vectors[], entry_syscall[], trampoline[], trampoline_end[];
extern void *ap_stack;

struct native_cpu native_cpus[MAX_CPUS];
static struct gate idt[256];
static char fault_stack[MAX_CPUS][PAGE_SIZE] __attribute__((aligned(16)));

void trap_entry(struct regs *regs);
void start_ap_native(void);

static void idt_setup(void)
{
	for (unsigned int v = 0; v < 256; v++) {
		uint64_t at = (uint64_t)entry_vectors + v * 16;

		idt[v] = (struct gate) {
			.offset0 = at, .selector = KERNEL_CS,
			.ist = v == VEC_DF ? 1 : 0,
			.type = v == VEC_BP ? 0xee : 0x8e,
			.offset1 = at >> 16, .offset2 = at >> 32,
		};
	}
}

static void load_descriptors(struct native_cpu *cpu)
{
	struct table_register gdtr = { sizeof(cpu->gdt) - 1,
				       (uint64_t)cpu->gdt };
	struct table_register idtr = { sizeof(idt) - 1, (uint64_t)idt };
	uint64_t tss = (uint64_t)&cpu->tss;

	cpu->gdt[1] = 0x00af9b000000ffff;	/* KERNEL_CS */
	cpu->gdt[2] = 0x00cf93000000ffff;	/* KERNEL_SS */
	cpu->gdt[3] = 0x00cff3000000ffff;	/* USER_SS */
	cpu->gdt[4] = 0x00affb000000ffff;	/* USER_CS */
	cpu->gdt[5] = 0x0000890000000000 | (sizeof(cpu->tss) - 1) |
		      (tss & 0xffffff) << 16 | (tss >> 24 & 0xff) << 56;
	cpu->gdt[6] = tss >> 32;
	cpu->tss.io_map = sizeof(cpu->tss);
	cpu->tss.ist[0] = (uint64_t)fault_stack[cpu->id] + PAGE_SIZE;
	asm volatile("lgdt %0" :: "m" (gdtr));
	asm volatile("lidt %0" :: "m" (idtr));
	asm volatile("ltr %w0" :: "r" (TSS_SELECTOR));
}

void cpu_setup(unsigned int id)
{
	struct native_cpu *cpu = &native_cpus[id];

	if (!idt[0].selector) {
		idt_setup();
	}
	cpu->self = cpu;
	cpu->id = id;
	cpu->loaded = &kernel_tables;
	load_descriptors(cpu);
	wrmsr(MSR_GS_BASE, (uint64_t)cpu);
	wrmsr(MSR_KERNEL_GS, 0);
	/* SYSRET adds 16 and 8 to the upper selector: USER_CS, USER_SS. */
	wrmsr(MSR_STAR, (uint64_t)(KERNEL_SS | 3) << 48 |
			(uint64_t)KERNEL_CS << 32);
	wrmsr(MSR_LSTAR, (uint64_t)entry_syscall);
	wrmsr(MSR_SFMASK, FLAG_TF | FLAG_IF | FLAG_DF | FLAG_IOPL | FLAG_NT |
			  FLAG_AC);
}

void cpu_load(const struct user_context *next)
{
	struct native_cpu *cpu = this_native_cpu();
	struct tables *old = cpu->loaded;
	struct tables *new = next->tables ? next->tables : &kernel_tables;
	uint64_t bit = 1UL << cpu->id;

	cpu->stack = next->stack;
	cpu->tss.rsp[0] = (uint64_t)next->stack;
	if (new != old) {
		__atomic_or_fetch(&new->cpus, bit, __ATOMIC_SEQ_CST);
		cpu->loaded = new;
		asm volatile("mov %0, %%cr3"
			     :: "r" (virt_to_pfn(new->root) << PAGE_SHIFT)
			     : "memory");
		__atomic_and_fetch(&old->cpus, ~bit, __ATOMIC_SEQ_CST);
	}
	if (cpu->fs != next->fs) {
		cpu->fs = next->fs;
		wrmsr(MSR_FS_BASE, cpu->fs);
	}
	if (cpu->gs != next->gs) {
		cpu->gs = next->gs;
		wrmsr(MSR_KERNEL_GS, cpu->gs);
	}
}

/* Called by entry.S for everything but system calls. */
void trap_entry(struct regs *regs)
{
	unsigned long address;

	asm volatile("mov %%cr2, %0" : "=r" (address));
	switch (regs->vector) {
	case VECTOR_TIMER:
		apic_eoi();
		kernel_timer();
		break;
	case VECTOR_KICK:
		apic_eoi();
		kernel_kicked();
		break;
	case VECTOR_FLUSH:
		apic_eoi();
		tables_answer_flush();
		break;
	case VECTOR_DEVICE:
		virtio_interrupt();
		apic_eoi();
		break;
	case VECTOR_POWER:
		acpi_interrupt();
		apic_eoi();
		break;
	case VECTOR_SPURIOUS:
		break;
	default:
		kernel_exception(regs, address);
	}
	if (from_user(regs)) {
		kernel_leave(regs);
	}
}

void start_ap_native(void)
{
	unsigned int id = 1;

	while (native_cpus[id].apic_id != apic_current_id()) {
		id++;
	}
	asm volatile("mov %0, %%cr3"
		     :: "r" (virt_to_pfn(kernel_tables.root) << PAGE_SHIFT)
		     : "memory");
	cpu_setup(id);
	apic_setup();
	native_cpus[id].start();
}

bool cpu_boot(unsigned int id, void (*fn)(void))
{
	struct native_cpu *cpu = &native_cpus[id];
	uint64_t until;

	memcpy(physical(TRAMPOLINE), trampoline, trampoline_end - trampoline);
	ap_stack = (char *)page_alloc() + PAGE_SIZE;
	cpu->start = fn;
	cpu->self = NULL;
	apic_send(cpu->apic_id, INIT_IPI);
	for (until = clock_ns() + 1000000; clock_ns() < until;) {
		cpu_relax();
	}
	for (int i = 0; i < 2; i++) {
		apic_send(cpu->apic_id, STARTUP_IPI | TRAMPOLINE >> PAGE_SHIFT);
		until = clock_ns() + 100000000;
		while (!READ_ONCE(cpu->self) && clock_ns() < until) {
			cpu_relax();
		}
		if (READ_ONCE(cpu->self)) {
			return true;
		}
	}
	return false;
}

void cpu_kick(unsigned int id)
{
	apic_send(native_cpus[id].apic_id, VECTOR_KICK);
}

void cpu_wait(void)
{
	asm volatile("sti; hlt; cli" ::: "memory");
}

void cpu_spin(void)
{
	cpu_relax();
	tables_answer_flush();
}
