/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The hypervisor's page tables, as x86/layout.h draws them.  Built once on
 * the early tables that boot/wrapper.S made; every later address space shares
 * the tables below hv_l4's slots, so a mapping made here is seen everywhere.
 *
 * The truth kept: nothing is writable and executable at once, only text is
 * executable, and of all this a guest reaches nothing but the M2P, to read.
 */
#include "boot/image.h"
#include "lib/lock.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "mm/alloc.h"
#include "mm/frame.h"
#include "x86/cpu_features.h"
#include "x86/current.h"
#include "x86/msr.h"
#include "x86/paging.h"
#include "x86/tlb.h"
#include "x86/upcalls.h"

#define FOUR_GIB	0x100000000ULL
#define PTE_TABLE	(PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D)
#define PTE_HV		(PTE_P | PTE_RW | PTE_A | PTE_D | PTE_G | PTE_NX)
#define PTE_HV_RO	(PTE_P | PTE_A | PTE_D | PTE_G | PTE_NX)
#define PTE_HV_TEXT	(PTE_P | PTE_A | PTE_D | PTE_G)
#define PTE_UNCACHED	(PTE_PWT | PTE_PCD)

pte_t *hv_l4 __ro_after_init;
u64 hv_cr3 __ro_after_init;

/* Page tables come from boot_alloc until mm_init has run. */
static bool have_heap;
static u64 tables_below __initdata = FOUR_GIB;
static unsigned long ioremap_next __initdata = DEVICE_PAGES_END;

/* One table, made at boot: what is mapped later takes no memory. */
static pte_t *device_pages __ro_after_init;
static spinlock_t device_pages_lock;

/* The L1 tables of the per-CPU areas, side by side: found without a walk. */
#define PERCPU_PAGES	(MAX_CPUS * PERCPU_STRIDE / PAGE_SIZE)
static pte_t *percpu_l1 __ro_after_init;

static void *view(u64 maddr)
{
	return (void *)(DIRECTMAP_START + maddr);
}

static pte_t *table_alloc(void)
{
	void *t = have_heap ? heap_alloc_pages(0) :
		  memset(view(boot_alloc(PAGE_SIZE, PAGE_SIZE, tables_below)),
			 0, PAGE_SIZE);

	if (!t) {
		panic("Not enough memory for our own page tables.");
	}
	return t;
}

static pte_t *table_of(pte_t e)
{
	return mfn_to_virt(pte_mfn(e));
}

/* The entry of `level` for va; tables above it are made when missing. */
static pte_t *entry_for(unsigned long va, unsigned int level)
{
	pte_t *t = hv_l4;

	for (unsigned int l = 4; l > level; l--) {
		pte_t *e = &t[pte_index(l, va)];

		if (!(*e & PTE_P)) {
			*e = pte_make(virt_to_mfn(table_alloc()), PTE_TABLE);
		}
		ASSERT(!(*e & PTE_PS));
		t = table_of(*e);
	}
	return &t[pte_index(level, va)];
}

static u64 level_size(unsigned int level)
{
	return 1ULL << (PAGE_SHIFT + 9 * (level - 1));
}

/* Maps size bytes with the largest pages that fit. */
static void map_range(unsigned long va, u64 maddr, u64 size, u64 flags)
{
	while (size) {
		unsigned int level = cpu_has(XEN_X86_FEATURE_PAGE1GB) ? 3 : 2;
		u64 step;

		for (; level > 1; level--) {
			step = level_size(level);
			if (!((va | maddr) & (step - 1)) && size >= step) {
				break;
			}
		}
		step = level_size(level);
		*entry_for(va, level) = maddr | flags |
					(level > 1 ? PTE_PS : 0);
		va += step;
		maddr += step;
		size -= step;
	}
}

/*
 * RAM, and ACPI's tables.  A map of many pieces costs a table for each
 * piece's edge and nothing else.
 */
static __init void map_direct(mfn_t from, mfn_t to)
{
	u64 maddr = mfn_to_maddr(from).v;

	if (from.v < to.v) {
		map_range(DIRECTMAP_START + maddr, maddr,
			  mfn_to_maddr(to).v - maddr, PTE_HV);
	}
}

static __init void map_image_part(const char *from, const char *to, u64 flags)
{
	map_range((unsigned long)from, image_to_maddr(from),
		  (u64)(to - from), flags);
}

static __init void map_image(void)
{
	map_image_part(image_text_start, image_text_end, PTE_HV_TEXT);
	map_image_part(image_rodata_start, image_rodata_end, PTE_HV_RO);
	map_image_part(image_ro_init_start, image_init_start, PTE_HV);
	map_image_part(image_init_start, image_init_text_end, PTE_HV_TEXT);
	map_image_part(image_init_text_end, image_end, PTE_HV);
}

/*
 * A table that holds an entry for each frame (frame table, M2P).  Pages that
 * describe any RAM get memory of their own, 2 MiB at a time where all 512 do.
 * The others share the hole's pages, whose pattern repeats with the least
 * common multiple of entry and page size.
 */
static __init void map_array(unsigned long va, u64 entry_size, u64 flags,
			     u64 hole, unsigned int hole_pages)
{
	u64 pages = DIV_ROUND_UP(max_mfn * entry_size, PAGE_SIZE);
	u64 step;

	for (u64 n = 0; n < pages; n += step) {
		u64 first = n * PAGE_SIZE / entry_size;
		u64 after_large = ((n + 512) * PAGE_SIZE - 1) / entry_size + 1;
		u64 after = ((n + 1) * PAGE_SIZE - 1) / entry_size + 1;
		bool large = n % 512 == 0 && n + 512 <= pages &&
			     boot_ram_within(first, after_large) == after_large - first;
		u64 at = hole + n % hole_pages * PAGE_SIZE;

		step = large ? 512 : 1;
		if (large || boot_ram_within(first, after)) {
			at = boot_alloc(step * PAGE_SIZE, step * PAGE_SIZE, 0);
			memset(view(at), 0, step * PAGE_SIZE);
		}
		*entry_for(va + n * PAGE_SIZE, large ? 2 : 1) =
			at | flags | (large ? PTE_PS : 0);
	}
}

/* 512 of 24 bytes make three pages. */
static __init void map_frame_table(void)
{
	u64 hole = boot_alloc(3 * PAGE_SIZE, PAGE_SIZE, 0);
	struct frame *f = view(hole);

	for (unsigned int i = 0; i < 3 * PAGE_SIZE / sizeof(*f); i++) {
		f[i] = (struct frame){ .state = FS_OWNER(OWNER_IO) };
	}
	map_array(FRAME_TABLE_START, sizeof(*f), PTE_HV, hole, 3);
}

/*
 * Slots 256 and 257 share all tables; the rights of the two top-level entries
 * make one the guests' read-only view and the other ours.
 */
static __init void map_m2p(void)
{
	u64 hole = boot_alloc(PAGE_SIZE, PAGE_SIZE, 0);

	memset(view(hole), 0xff, PAGE_SIZE);
	map_array(M2P_RW_START, sizeof(u64), PTE_HV | PTE_US, hole, 1);
	hv_l4[pte_index(4, M2P_START)] = PTE_US | PTE_NX |
		(hv_l4[pte_index(4, M2P_RW_START)] & ~PTE_RW);
}

__init void paging_init(void)
{
	static const unsigned long used[] = {
		M2P_RW_START, FRAME_TABLE_START, IMAGE_START, PERCPU_START,
		IOREMAP_START, DIRECTMAP_START,
	};

	max_mfn = boot_ram_end();
	hv_l4 = table_alloc();
	hv_cr3 = mfn_to_maddr(virt_to_mfn(hv_l4)).v;
	/* Guests share these tables, so the top-level entries never change. */
	for (unsigned int i = 0; i < ARRAY_LEN(used); i++) {
		hv_l4[pte_index(4, used[i])] =
			pte_make(virt_to_mfn(table_alloc()),
				 PTE_TABLE & ~PTE_US);
	}
	percpu_l1 = view(boot_alloc(PERCPU_PAGES * sizeof(pte_t), PAGE_SIZE,
				    FOUR_GIB));
	memset(percpu_l1, 0, PERCPU_PAGES * sizeof(pte_t));
	for (unsigned int i = 0; i < PERCPU_PAGES; i += PTES_PER_TABLE) {
		*entry_for(PERCPU_START + i * PAGE_SIZE, 2) =
			pte_make(virt_to_mfn(&percpu_l1[i]), PTE_TABLE);
	}
	device_pages = entry_for(IOREMAP_START, 1);
	boot_ranges(true, map_direct);
	map_image();
	write_cr3(hv_cr3);
	tables_below = 0;
	map_frame_table();
	map_m2p();
}

void paging_use_heap(void)
{
	have_heap = true;
}

/* ---- per-CPU areas ---- */

static pte_t *percpu_entry(unsigned long va)
{
	return &percpu_l1[(va - PERCPU_START) >> PAGE_SHIFT];
}

static void map_pages(unsigned long va, unsigned long bytes)
{
	for (unsigned long end = va + bytes; va < end; va += PAGE_SIZE) {
		*percpu_entry(va) = pte_make(virt_to_mfn(table_alloc()), PTE_HV);
	}
}

void paging_map_cpu(unsigned int cpu)
{
	unsigned long area = percpu_area(cpu);
	unsigned long stacks = area + PERCPU_STACK_OFF;

	map_pages(area + PERCPU_GDT_OFF + GDT_OWN_PAGE * PAGE_SIZE, PAGE_SIZE);
	map_pages(area + PERCPU_TSS_OFF, PAGE_SIZE);
	map_pages(stacks, STACK_GUARD_PAGE * PAGE_SIZE);
	map_pages(stacks + (STACK_GUARD_PAGE + 1) * PAGE_SIZE,
		  STACK_BLOCK_SIZE - (STACK_GUARD_PAGE + 1) * PAGE_SIZE);
	map_pages(area + PERCPU_VARS_OFF,
		  (unsigned long)(image_percpu_end - image_percpu_start));
}

/* What is not present is in no TLB; anything else goes from this CPU's. */
void percpu_set_page(unsigned long va, pte_t new)
{
	pte_t *e = percpu_entry(va);
	pte_t old = *e;

	WRITE_ONCE(*e, new);
	if (old & PTE_P) {
		tlb_flush_local_one(va);
	}
}

/* ---- other mappings ---- */

mfn_t hv_va_to_mfn(unsigned long va)
{
	pte_t *t = hv_l4;

	for (unsigned int l = 4;; l--) {
		pte_t e = t[pte_index(l, va)];

		if (!(e & PTE_P)) {
			return INVALID_MFN;
		}
		if (l == 1 || (e & PTE_PS)) {
			va &= level_size(l) - 1;
			return mfn(pte_mfn(e).v + (va >> PAGE_SHIFT));
		}
		t = table_of(e);
	}
}

/* Large areas keep their place in 2 MiB, so that large pages can map them. */
static __init void *map_device(u64 maddr, u64 size, u64 flags)
{
	u64 off = maddr & PAGE_OFFSET_MASK;
	u64 bytes = ROUND_UP(size + off, PAGE_SIZE);
	unsigned long va;

	if (bytes >= level_size(2)) {
		ioremap_next = ROUND_UP(ioremap_next, level_size(2)) +
			       (maddr & (level_size(2) - 1) & ~PAGE_OFFSET_MASK);
	}
	va = ioremap_next;
	ioremap_next += bytes;
	if (va + bytes > IOREMAP_END) {
		panic("No address space left for device memory.");
	}
	map_range(va, maddr - off, bytes, flags);
	return (char *)va + off;
}

__init void *ioremap(u64 maddr, u64 size)
{
	return map_device(maddr, size, PTE_HV | PTE_UNCACHED);
}

char *device_page(u64 maddr)
{
	u64 off = maddr & PAGE_OFFSET_MASK;
	pte_t e = (maddr - off) | PTE_HV | PTE_UNCACHED;
	unsigned int i = 0;

	spin_lock(&device_pages_lock);
	while (i < PTES_PER_TABLE && device_pages[i] && device_pages[i] != e) {
		i++;
	}
	if (i < PTES_PER_TABLE) {
		WRITE_ONCE(device_pages[i], e);
	}
	spin_unlock(&device_pages_lock);
	return i < PTES_PER_TABLE ?
	       (char *)IOREMAP_START + i * PAGE_SIZE + off : NULL;
}

__init const void *boot_map(u64 maddr, u64 size)
{
	return map_device(maddr, size, PTE_HV_RO);
}

/* ---- the end of boot ---- */

static void protect(const char *from, const char *to, u64 flags)
{
	for (; from < to; from += PAGE_SIZE) {
		pte_t *e = entry_for((unsigned long)from, 1);

		*e = flags ? (*e & PTE_MFN_MASK) | flags : 0;
	}
}

void paging_seal(void)
{
	protect(image_ro_init_start, image_ro_init_end, PTE_HV_RO);
	protect(image_init_start, image_init_end, 0);
	tlb_flush_all_global();
	for (u64 a = image_to_maddr(image_init_start);
	     a < image_to_maddr(image_init_end); a += PAGE_SIZE) {
		frames_free(maddr_to_mfn((maddr_t){ a }), 0);
	}
}
