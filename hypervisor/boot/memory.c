/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Memory before there is an allocator: the machine's map, what is taken in it
 * (our image, the modules, what boot_alloc gave out), and what is left for
 * mm_init.  Whatever the loader itself put somewhere was copied by then and
 * needs no place here.
 *
 * The truth kept: taken[] is sorted, its ranges do not touch each other, and
 * no byte in it is ever given out again.
 */
#include "boot/boot_info.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "x86/layout.h"
#include "x86/upcalls.h"
#include "boot/image.h"

#define MAX_TAKEN	128
#define LOW_MEMORY_END	0x100000

static __initdata struct { u64 start, end; } taken[MAX_TAKEN];
static __initdata unsigned int nr_taken;
static __initdata bool closed;

/* Adds [start, end), joining neighbours. */
static __init void take(u64 start, u64 end)
{
	unsigned int i, j;

	for (i = 0; i < nr_taken && taken[i].end < start; i++) {
	}
	for (j = i; j < nr_taken && taken[j].start <= end; j++) {
		start = min(start, taken[j].start);
		end = max(end, taken[j].end);
	}
	if (i == j && nr_taken == MAX_TAKEN) {
		panic("Too many pieces of memory set aside at boot.");
	}
	memmove(&taken[i + 1], &taken[j], (nr_taken - j) * sizeof(taken[0]));
	nr_taken += 1 - (j - i);
	taken[i].start = start;
	taken[i].end = end;
}

/*
 * Sorts the map by address; where two entries overlap, what is not RAM wins,
 * and entries that become empty go.
 */
static __init void e820_sort(void)
{
	struct e820_entry *e = boot_info.e820;
	unsigned int n = boot_info.nr_e820;

	for (unsigned int i = 1; i < n; i++) {
		struct e820_entry x = e[i];
		unsigned int j = i;

		for (; j > 0 && e[j - 1].addr > x.addr; j--) {
			e[j] = e[j - 1];
		}
		e[j] = x;
	}
	for (unsigned int i = 0; i < n; i++) {
		u64 end = e[i].addr + e[i].size;

		for (unsigned int j = i + 1; j < n && e[j].addr < end; j++) {
			u64 cut = min(end - e[j].addr, e[j].size);

			if (e[i].type == E820_RAM && e[j].size) {
				e[i].size = e[j].addr - e[i].addr;
				break;
			}
			e[j].addr = end;
			e[j].size -= cut;
		}
	}
	boot_info.nr_e820 = 0;
	for (unsigned int i = 0; i < n; i++) {
		if (e[i].size) {
			e[boot_info.nr_e820++] = e[i];
		}
	}
}

__init void boot_memory_init(void)
{
	e820_sort();
	take(0, PAGE_SIZE);
	take(IMAGE_PHYS, IMAGE_PHYS + image_bytes());
	for (unsigned int i = 0; i < boot_info.nr_modules; i++) {
		struct boot_module *m = &boot_info.modules[i];

		take(ROUND_DOWN(m->maddr, PAGE_SIZE),
		     ROUND_UP(m->maddr + m->size, PAGE_SIZE));
	}
}

/*
 * Entry i as whole frames' bytes, [*start, *end); empty when it is neither RAM
 * nor, if those are wanted, ACPI's.
 */
static void range_of(unsigned int i, bool acpi, u64 *start, u64 *end)
{
	const struct e820_entry *e = &boot_info.e820[i];
	u64 limit = DIRECTMAP_END - DIRECTMAP_START;
	bool wanted = e->type == E820_RAM ||
		      (acpi && (e->type == E820_ACPI || e->type == E820_NVS));

	*start = ROUND_UP(e->addr, PAGE_SIZE);
	*end = wanted ? ROUND_DOWN(min(e->addr + e->size, limit), PAGE_SIZE) : 0;
}

/* The highest place for size bytes in [lo, hi) that is not taken; 0: none. */
static __init u64 place_in(u64 lo, u64 hi, u64 size, u64 align)
{
	while (hi >= size && ROUND_DOWN(hi - size, align) >= lo) {
		u64 at = ROUND_DOWN(hi - size, align);
		unsigned int i;

		for (i = 0; i < nr_taken; i++) {
			if (taken[i].start < at + size && at < taken[i].end) {
				break;
			}
		}
		if (i == nr_taken) {
			return at;
		}
		hi = taken[i].start;
	}
	return 0;
}

__init u64 boot_alloc(u64 size, u64 align, u64 below)
{
	u64 floor = below && below <= LOW_MEMORY_END ? 0 : LOW_MEMORY_END;

	ASSERT(!closed);
	for (unsigned int i = boot_info.nr_e820; i-- > 0;) {
		u64 lo, hi, at;

		range_of(i, false, &lo, &hi);
		lo = max(lo, floor);
		hi = below ? min(hi, below) : hi;
		at = lo < hi ? place_in(lo, hi, size, align) : 0;
		if (at) {
			take(at, at + size);
			return at;
		}
	}
	panic("Not enough memory: no %lu KiB left while booting.", size / 1024);
}

__init void boot_ranges(bool acpi, void (*fn)(mfn_t from, mfn_t to))
{
	u64 lo, hi;

	for (unsigned int i = 0; i < boot_info.nr_e820; i++) {
		range_of(i, acpi, &lo, &hi);
		if (lo < hi) {
			fn(mfn(lo >> PAGE_SHIFT), mfn(hi >> PAGE_SHIFT));
		}
	}
}

static __initdata void (*free_fn)(mfn_t from, mfn_t to);

/* What of a range is not taken. */
static __init void free_rest(mfn_t from, mfn_t to)
{
	for (unsigned int j = 0; j < nr_taken; j++) {
		mfn_t start = mfn(taken[j].start >> PAGE_SHIFT);
		mfn_t end = mfn(taken[j].end >> PAGE_SHIFT);

		if (end.v > from.v && start.v < to.v) {
			if (start.v > from.v) {
				free_fn(from, start);
			}
			from = end;
		}
	}
	if (from.v < to.v) {
		free_fn(from, to);
	}
}

__init void boot_free_ranges(void (*fn)(mfn_t from, mfn_t to))
{
	closed = true;
	free_fn = fn;
	boot_ranges(false, free_rest);
}

u64 boot_ram_within(u64 first, u64 end)
{
	u64 lo, hi, n = 0;

	for (unsigned int i = 0; i < boot_info.nr_e820; i++) {
		range_of(i, false, &lo, &hi);
		lo = max(lo >> PAGE_SHIFT, first);
		hi = min(hi >> PAGE_SHIFT, end);
		n += lo < hi ? hi - lo : 0;
	}
	return n;
}

__init unsigned long boot_ram_end(void)
{
	u64 lo, hi, last = 0;

	for (unsigned int i = 0; i < boot_info.nr_e820; i++) {
		range_of(i, false, &lo, &hi);
		last = max(last, lo < hi ? hi : 0);
	}
	return last >> PAGE_SHIFT;
}
