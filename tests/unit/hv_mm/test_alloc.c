/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The allocator: blocks are aligned, never overlap, come scrubbed, and all
 * come back; address limits hold; claims keep others out; the heap's objects
 * keep their bytes.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "fake_machine.h"
#include "x86/tlb.h"

#define MAX_BLOCKS	300

static struct { mfn_t m; unsigned int order; } blocks[MAX_BLOCKS];
static unsigned int nr_blocks;
static unsigned char in_use[FAKE_FRAMES];

static void mark(mfn_t m, unsigned int order, int used)
{
	for (unsigned long i = 0; i < 1UL << order; i++) {
		cr_assert_geq(m.v + i, FAKE_FIRST);
		cr_assert_lt(m.v + i, FAKE_FRAMES);
		cr_assert_neq(in_use[m.v + i], used);
		in_use[m.v + i] = (unsigned char)used;
	}
}

static void alloc_one(void)
{
	unsigned int order = fake_below(3) ? 0 : fake_below(8);
	unsigned int bits = fake_below(4) ? 0 : 18 + fake_below(6);
	mfn_t m = frames_alloc(order, bits ? ALLOC_BITS(bits) : 0, 0);

	if (mfn_eq(m, INVALID_MFN) || nr_blocks == MAX_BLOCKS) {
		if (!mfn_eq(m, INVALID_MFN)) {
			frames_free(m, order);
		}
		return;
	}
	cr_assert_eq(m.v & ((1UL << order) - 1), 0);
	if (bits) {
		cr_assert_leq((m.v + (1UL << order)) << PAGE_SHIFT,
			      1UL << bits);
	}
	mark(m, order, 1);
	for (unsigned long i = 0; i < PAGE_SIZE << order; i += 1024) {
		cr_assert_eq(((unsigned char *)mfn_to_virt(m))[i], 0);
	}
	memset(mfn_to_virt(m), 0xa5, PAGE_SIZE << order);
	blocks[nr_blocks].m = m;
	blocks[nr_blocks++].order = order;
}

static void free_one(void)
{
	unsigned int i;

	if (!nr_blocks) {
		return;
	}
	i = fake_below(nr_blocks);
	mark(blocks[i].m, blocks[i].order, 0);
	frames_free(blocks[i].m, blocks[i].order);
	blocks[i] = blocks[--nr_blocks];
}

Test(alloc, random, .timeout = 120)
{
	const u64 all = FAKE_FRAMES - FAKE_FIRST;
	u64 used = 0;

	fake_machine_init(3);
	cr_assert_eq(nr_free_frames, all);
	for (unsigned int i = 0; i < 40000; i++) {
		if (fake_below(2)) {
			alloc_one();
		} else {
			free_one();
		}
	}
	for (unsigned int i = 0; i < nr_blocks; i++) {
		used += 1UL << blocks[i].order;
	}
	cr_assert_eq(nr_free_frames, all - used);
	while (nr_blocks) {
		free_one();
	}
	cr_assert_eq(nr_free_frames, all);
	/* Everything has merged again: the largest block fits. */
	cr_assert(!mfn_eq(frames_alloc(10, 0, 0), INVALID_MFN));
}

static unsigned char first_byte(mfn_t m)
{
	return *(unsigned char *)mfn_to_virt(m);
}

/* As it is for domain 0 at boot; zero for everybody else, power-on or not. */
Test(alloc, power_on_contents)
{
	mfn_t m;

	fake_machine_init(11);
	m = frames_alloc(9, ALLOC_NO_SCRUB, 0);
	cr_assert_eq(first_byte(m), 0x5a);
	frames_free(m, 9);
	for (unsigned int i = 0; i < FAKE_FRAMES - FAKE_FIRST; i++) {
		m = frames_alloc(0, 0, 0);
		cr_assert(!mfn_eq(m, INVALID_MFN));
		cr_assert_eq(first_byte(m), 0);
	}
	cr_assert(mfn_eq(frames_alloc(0, 0, 0), INVALID_MFN));
}

/* Two halves of a block, one free for long: the other's stamp is the block's. */
Test(alloc, stamp_of_the_later_half)
{
	static const u32 ages[] = { 1, 1U << 30, (1U << 31) - 1, 1U << 31,
				    (1U << 31) + 7, 3U << 30 };
	const u32 now = 1000;
	mfn_t m;

	fake_machine_init(7);
	m = frames_alloc(1, 0, 0);
	for (unsigned int i = 0; i < 2 * sizeof(ages) / sizeof(*ages); i++) {
		struct frame *f = mfn_to_frame(m);

		tlb_clock = now;
		f[i % 2].tlb_stamp = now - ages[i / 2];
		f[1 - i % 2].tlb_stamp = now;
		frames_free(m, 0);
		frames_free(mfn(m.v + 1), 0);
		m = frames_alloc(1, ALLOC_NO_SCRUB, 0);
		cr_assert_eq(mfn_to_frame(m)->tlb_stamp, now, "age %u", ages[i / 2]);
	}
}

Test(alloc, claims)
{
	const u64 all = FAKE_FRAMES - FAKE_FIRST;
	mfn_t m;

	fake_machine_init(5);
	fake_domain_init(1, false);
	fake_domain_init(2, false);
	fake_domains[1].max_pages = fake_domains[2].max_pages = all;
	cr_assert_eq(domain_claim_pages(&fake_domains[1], all - 8), 0);
	cr_assert_eq(domain_claim_pages(&fake_domains[1], all - 8), -EINVAL);
	cr_assert_eq(domain_claim_pages(&fake_domains[2], 9), -ENOMEM);
	cr_assert_eq(nr_free_frames - nr_claimed_frames, 8);
	cr_assert_eq(domain_frames_alloc(&fake_domains[2], 4, 0, &m),
		     -ENOMEM);
	cr_assert_eq(domain_frames_alloc(&fake_domains[2], 3, 0, &m), 0);
	cr_assert_eq(domain_frames_alloc(&fake_domains[2], 0, 0, &m),
		     -ENOMEM);
	cr_assert_eq(domain_frames_alloc(&fake_domains[1], 4, 0, &m), 0);
	cr_assert_eq(nr_claimed_frames, all - 8 - 16);
	cr_assert_eq(domain_claim_pages(&fake_domains[1], 0), 0);
	cr_assert_eq(domain_frames_alloc(&fake_domains[2], 0, 0, &m), 0);
}

Test(alloc, heap)
{
	static unsigned char *p[500];
	static size_t size[500];

	fake_machine_init(9);
	for (unsigned int round = 0; round < 20000; round++) {
		unsigned int i = fake_below(500);

		if (p[i]) {
			for (size_t b = 0; b < size[i]; b++) {
				cr_assert_eq(p[i][b], i & 0xff);
			}
			heap_free(p[i]);
			p[i] = NULL;
			continue;
		}
		size[i] = 1 + fake_below(fake_below(2) ? 200 : PAGE_SIZE);
		p[i] = heap_alloc(size[i]);
		if (!p[i]) {
			continue;
		}
		for (size_t b = 0; b < size[i]; b++) {
			cr_assert_eq(p[i][b], 0);
		}
		memset(p[i], i & 0xff, size[i]);
	}
	for (unsigned int i = 0; i < 500; i++) {
		heap_free(p[i]);
	}
	cr_assert_eq(nr_free_frames, FAKE_FRAMES - FAKE_FIRST);
}
