/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Page tables that the CPU walks as they are written. An entry that loses
 * rights is flushed on each CPU that has the address space loaded: the others
 * are interrupted, or find the request while they wait for a lock.
 */
#include "platform/native/start.h"

#define KERNEL_SLOT	272		/* of KEEL_BASE in a root */
#define GIGABYTE	(1UL << 30)
#define LARGE_PAGE	(2UL << 20)

extern pte_t boot_l3[512];

struct tables kernel_tables;
static pte_t kernel_root[512] __attribute__((aligned(PAGE_SIZE)));
static uint64_t map_end;

void tables_setup(uint64_t end_of_memory)
{
	map_end = end_of_memory;
	kernel_root[KERNEL_SLOT] = pte_of(boot_l3, PTE_P | PTE_RW);
	kernel_tables.root = kernel_root;
	asm volatile("mov %0, %%cr3"
		     :: "r" (virt_to_pfn(kernel_root) << PAGE_SHIFT)
		     : "memory");
}

void memory_map_all(void)
{
	/* head.S has mapped the first four. */
	for (uint64_t at = 4 * GIGABYTE; at < map_end; at += GIGABYTE) {
		pte_t *l2 = page_alloc();

		for (unsigned int i = 0; i < 512; i++) {
			l2[i] = (at + i * LARGE_PAGE) | PTE_KERNEL | PTE_PSE;
		}
		boot_l3[at / GIGABYTE] = pte_of(l2, PTE_P | PTE_RW);
	}
}

bool tables_create(struct tables *t, pte_t *l3)
{
	t->root = page_alloc();
	if (!t->root) {
		return false;
	}
	t->cpus = 0;
	t->root[0] = pte_of(l3, PTE_TABLE);
	t->root[KERNEL_SLOT] = kernel_root[KERNEL_SLOT];
	return true;
}

void tables_live(struct tables *t)
{
	(void)t;
}

void tables_dead(struct tables *t)
{
	(void)t;
}

void tables_destroy(struct tables *t)
{
	page_free(t->root);
}

void tables_link(struct tables *t, pte_t *entry, void *table)
{
	(void)t;
	WRITE_ONCE(*entry, pte_of(table, PTE_TABLE));
}

static void flush_here(void)
{
	uint64_t cr3;

	asm volatile("mov %%cr3, %0; mov %0, %%cr3" : "=r" (cr3) :: "memory");
}

void tables_answer_flush(void)
{
	struct native_cpu *cpu = this_native_cpu();
	uint64_t wanted = __atomic_load_n(&cpu->flush_wanted,
					  __ATOMIC_ACQUIRE);

	if (wanted != cpu->flush_done) {
		flush_here();
		__atomic_store_n(&cpu->flush_done, wanted, __ATOMIC_RELEASE);
	}
}

static void flush_others(uint64_t cpus)
{
	uint64_t ticket[MAX_CPUS];

	for (unsigned int i = 0; i < MAX_CPUS; i++) {
		if (cpus >> i & 1) {
			ticket[i] = __atomic_add_fetch(
				&native_cpus[i].flush_wanted, 1,
				__ATOMIC_SEQ_CST);
			apic_send(native_cpus[i].apic_id, VECTOR_FLUSH);
		}
	}
	for (unsigned int i = 0; i < MAX_CPUS; i++) {
		while (cpus >> i & 1 &&
		       __atomic_load_n(&native_cpus[i].flush_done,
				       __ATOMIC_ACQUIRE) < ticket[i]) {
			cpu_spin();
		}
	}
}

void tables_change(struct tables *t, const struct pte_change *change,
		   unsigned int n, enum flush flush, unsigned long va)
{
	uint64_t self = 1UL << cpu_id(), cpus;

	for (unsigned int i = 0; i < n; i++) {
		WRITE_ONCE(*change[i].entry, change[i].value);
	}
	if (flush == FLUSH_NONE) {
		return;
	}
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	cpus = READ_ONCE(t->cpus);
	if (cpus & self) {
		if (flush == FLUSH_PAGE) {
			asm volatile("invlpg (%0)" :: "r" (va) : "memory");
		} else {
			flush_here();
		}
	}
	if (cpus & ~self) {
		flush_others(cpus & ~self);
	}
}
