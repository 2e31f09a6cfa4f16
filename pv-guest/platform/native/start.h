/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/* What the native platform's files share. */
#ifndef KEEL_PLATFORM_NATIVE_START_H
#define KEEL_PLATFORM_NATIVE_START_H

/* Where another CPU's first instructions are copied: below 1 MiB, unused. */
#define TRAMPOLINE	0x8000

#define VECTOR_TIMER	0x40
#define VECTOR_KICK	0x41
#define VECTOR_FLUSH	0x42
#define VECTOR_DEVICE	0x43
#define VECTOR_POWER	0x44
#define VECTOR_SPURIOUS	0xff

/* What entry.S reads of a struct native_cpu. */
#define CPU_STACK	16
#define CPU_USER_RSP	24

#ifndef __ASSEMBLY__
#include "platform/platform.h"

struct tss {
	uint32_t reserved0;
	uint64_t rsp[3], reserved1, ist[7], reserved2;
	uint16_t reserved3, io_map;
} __attribute__((packed));

/* Found through the gs base while the kernel runs. */
struct native_cpu {
	struct native_cpu *self;
	uint64_t id;			/* at 8: see cpu_id() */
	void *stack;			/* for entries from user mode */
	uint64_t user_rsp;
	uint32_t apic_id;
	struct tables *loaded;
	unsigned long fs, gs;		/* the user's, as loaded */
	uint64_t flush_wanted, flush_done;
	void (*start)(void);
	struct tss tss;
	uint64_t gdt[7];
};

extern struct native_cpu native_cpus[MAX_CPUS];
extern struct tables kernel_tables;

static inline struct native_cpu *this_native_cpu(void)
{
	struct native_cpu *cpu;

	asm volatile("mov %%gs:0, %0" : "=r" (cpu));
	return cpu;
}

static inline void *physical(uint64_t address)
{
	return (void *)(KEEL_BASE + address);
}

static inline uint8_t in8(uint16_t port)
{
	uint8_t v;

	asm volatile("inb %1, %0" : "=a" (v) : "Nd" (port));
	return v;
}

static inline void out8(uint16_t port, uint8_t v)
{
	asm volatile("outb %0, %1" :: "a" (v), "Nd" (port));
}

static inline void out16(uint16_t port, uint16_t v)
{
	asm volatile("outw %0, %1" :: "a" (v), "Nd" (port));
}

static inline void wrmsr(uint32_t msr, uint64_t v)
{
	asm volatile("wrmsr" :: "c" (msr), "a" ((uint32_t)v),
		     "d" ((uint32_t)(v >> 32)) : "memory");
}

static inline uint64_t rdtsc(void)
{
	uint32_t lo, hi;

	asm volatile("rdtsc" : "=a" (lo), "=d" (hi));
	return (uint64_t)hi << 32 | lo;
}

static inline uint16_t in16(uint16_t port)
{
	uint16_t v;

	asm volatile("inw %1, %0" : "=a" (v) : "Nd" (port));
	return v;
}

/* serial.c */
void serial_init(void);

/* cpu.c: descriptors, entry points and the MSRs of a system call. */
void cpu_setup(unsigned int id);

/* apic.c */
void apic_setup(void);
void apic_calibrate(void);
void apic_eoi(void);
void apic_send(uint32_t apic_id, uint32_t command);
uint32_t apic_current_id(void);
/* Sends a device's line, level-triggered, to the first CPU. */
void apic_route(unsigned int line, unsigned int vector);

/*
 * clock.c: after this clock_ns() works. What counts between begin and end, per
 * second, measured against the interval timer.
 */
void clock_calibrate(void);
uint64_t clock_measure(void (*begin)(void), uint32_t (*end)(void));

/* acpi.c: CPUs into native_cpus[].apic_id, their number returned. */
unsigned int acpi_init(uint64_t rsdp);
/* The power button's interrupt. */
void acpi_interrupt(void);

/* virtio.c */
void virtio_interrupt(void);

/* tables.c */
void tables_setup(uint64_t end_of_memory);
void tables_answer_flush(void);

#endif
#endif
