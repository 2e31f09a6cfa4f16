/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * boot/memory.c on random memory maps: what boot_alloc gives out is RAM, of
 * the size and alignment asked for, and given to nobody else; what
 * boot_free_ranges reports is exactly the rest of RAM.  The model is one byte
 * for each frame.
 */
#include <criterion/criterion.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

/* The image's place, in place of boot/image.h, which asks the linker. */
#define BOOT_IMAGE_H
#define image_bytes()	0x60000UL

#include "../../../hypervisor/boot/memory.c"

#define FRAMES		0x4000U		/* 64 MiB */

enum { HOLE, RAM, TAKEN };

struct boot_info boot_info;
static jmp_buf on_panic;
static unsigned char model[FRAMES];

void panic(const char *fmt, ...)
{
	longjmp(on_panic, 1);
}

void bug(const char *file, int line, const char *reason)
{
	cr_assert(false, "%s:%d: %s", file, line, reason);
	abort();
}

static void forget(void)
{
	memset(&boot_info, 0, sizeof(boot_info));
	nr_taken = 0;
	closed = false;
}

static void model_add(u64 from, u64 to, unsigned char what)
{
	for (u64 f = from; f < to && f < FRAMES; f++) {
		model[f] = what;
	}
}

/* Entries in any order, some overlapping; what is not RAM wins. */
static void random_map(void)
{
	unsigned int n = 1 + (unsigned int)rand() % 12;

	forget();
	memset(model, HOLE, sizeof(model));
	boot_info.nr_e820 = n + 1;
	boot_info.e820[n] = (struct e820_entry){ 0, 8UL << 20, E820_RAM };
	for (unsigned int i = 0; i < n; i++) {
		struct e820_entry *e = &boot_info.e820[i];
		u64 at = (8UL << 20) + (u64)i * (4UL << 20);

		e->addr = at + (u64)(rand() % 64) * PAGE_SIZE;
		e->size = (u64)(1 + rand() % 900) * PAGE_SIZE;
		e->type = rand() % 4 ? E820_RAM : E820_RESERVED;
	}
	model_add(0, (8UL << 20) / PAGE_SIZE, RAM);
	for (unsigned int i = 0; i < n; i++) {
		const struct e820_entry *e = &boot_info.e820[i];

		if (e->type == E820_RAM) {
			model_add(e->addr >> PAGE_SHIFT,
				  (e->addr + e->size) >> PAGE_SHIFT, RAM);
		}
	}
	for (unsigned int i = 0; i < n; i++) {
		struct e820_entry *e = &boot_info.e820[i];
		struct e820_entry *o = &boot_info.e820[(unsigned int)rand() %
						       (n + 1)];
		struct e820_entry t = *e;

		*e = *o;
		*o = t;
	}
	boot_memory_init();
	model_add(0, 1, TAKEN);
	model_add(IMAGE_PHYS >> PAGE_SHIFT,
		  (IMAGE_PHYS + image_bytes()) >> PAGE_SHIFT, TAKEN);
}

static void free_range(mfn_t from, mfn_t to)
{
	cr_assert_lt(from.v, to.v);
	for (unsigned long f = from.v; f < to.v; f++) {
		cr_assert_eq(model[f], RAM, "frame %lx is %d", f, model[f]);
		model[f] = HOLE;
	}
}

Test(boot_memory, random_maps_and_requests)
{
	srand(1);
	for (volatile int round = 0; round < 2000; round++) {
		volatile int wanted = rand() % 40;

		random_map();
		for (volatile int i = 0; i < wanted; i++) {
			u64 size = (u64)(1 + rand() % 20) * PAGE_SIZE;
			u64 align = PAGE_SIZE << rand() % 10;
			u64 below = rand() % 3 ? 0 : (16UL << 20);
			u64 at;

			if (setjmp(on_panic)) {
				break;
			}
			at = boot_alloc(size, align, below);
			cr_assert_eq(at % align, 0);
			cr_assert(!below || at + size <= below);
			for (u64 f = at >> PAGE_SHIFT;
			     f < (at + size) >> PAGE_SHIFT; f++) {
				cr_assert_eq(model[f], RAM);
				model[f] = TAKEN;
			}
		}
		boot_free_ranges(free_range);
		for (unsigned int f = 0; f < FRAMES; f++) {
			cr_assert_neq(model[f], RAM,
				      "frame %x is nobody's", f);
		}
	}
}

/* Entries that overlap as they like: no byte is RAM that any says is not. */
Test(boot_memory, what_is_not_ram_wins)
{
	srand(2);
	for (int round = 0; round < 2000; round++) {
		unsigned int n = 2 + (unsigned int)rand() % 6;
		struct e820_entry *e = boot_info.e820;

		forget();
		memset(model, RAM, sizeof(model));
		boot_info.nr_e820 = n;
		for (unsigned int i = 0; i < n; i++) {
			e[i].addr = (u64)(rand() % 32) << 20;
			e[i].size = (u64)(1 + rand() % 32) << 20;
			e[i].type = rand() % 2 ? E820_RAM : E820_RESERVED;
			if (e[i].type != E820_RAM) {
				model_add(e[i].addr >> PAGE_SHIFT,
					  (e[i].addr + e[i].size) >> PAGE_SHIFT,
					  HOLE);
			}
		}
		boot_memory_init();
		boot_free_ranges(free_range);
	}
}

Test(boot_memory, low_memory_only_when_asked_for)
{
	forget();
	boot_info.nr_e820 = 2;
	boot_info.e820[0] = (struct e820_entry){ 0, 0x9f000, E820_RAM };
	boot_info.e820[1] = (struct e820_entry){ 0x100000, 64UL << 20,
						 E820_RAM };
	boot_memory_init();
	cr_assert_geq(boot_alloc(PAGE_SIZE, PAGE_SIZE, 0), 0x100000);
	cr_assert_eq(boot_alloc(PAGE_SIZE, PAGE_SIZE, 0xa0000), 0x9e000);
	cr_assert_eq(boot_ram_end(), (65UL << 20) >> PAGE_SHIFT);
	cr_assert(boot_ram_within(0x100, 0x200) == 0x100);
	cr_assert_eq(boot_ram_within(0x9e, 0x101), 2);
	cr_assert_not(boot_ram_within(0x9f, 0x100));
}
