/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Writes a disk full of pages that each know their place, with a checksum,
 * many requests at once and out of order; reads all of it back and verifies.
 * It destroys what is on the disk. Words: mib=N (how much of it), seed=N.
 */
#include "apps/app.h"
#include "block.h"

#define DEPTH	16
#define SECTORS_PER_PAGE	(PAGE_SIZE / BLK_SECTOR)

static struct blk disk;
static struct blk_io ios[DEPTH];
static uint64_t seed = 1;

struct stamp {
	uint64_t block, seed, sum;
	uint64_t words[(PAGE_SIZE - 24) / 8];
};

static uint64_t fill(struct stamp *s, uint64_t block)
{
	uint64_t x = block * 0x9e3779b97f4a7c15 + seed, sum = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(s->words); i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		s->words[i] = x;
		sum += x;
	}
	s->block = block;
	s->seed = seed;
	s->sum = sum;
	return sum;
}

static bool verify(const struct stamp *s, uint64_t block)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(s->words); i++) {
		sum += s->words[i];
	}
	return s->block == block && s->seed == seed && s->sum == sum;
}

/* Blocks are visited in steps of a large odd number: all, but not in order. */
static uint64_t place(uint64_t i, uint64_t blocks)
{
	return i * 7919 % blocks;
}

static unsigned long number(const char *name, unsigned long otherwise)
{
	const char *p = cmdline_value(name);
	unsigned long n = 0;

	for (; p && *p >= '0' && *p <= '9'; p++) {
		n = n * 10 + *p - '0';
	}
	return p ? n : otherwise;
}

static unsigned long errors;

static void finish(struct blk_io *io, uint64_t blocks)
{
	(void)blocks;
	if (io->result) {
		printk("block %lu: error %d\n", io->sector / SECTORS_PER_PAGE,
		       io->result);
		errors++;
	} else if (!io->write &&
		   !verify(io->page[0], io->sector / SECTORS_PER_PAGE)) {
		printk("block %lu: wrong contents\n",
		       io->sector / SECTORS_PER_PAGE);
		errors++;
	}
	io->pages = 0;
}

static void pass(bool write, uint64_t blocks)
{
	uint64_t next = 0, done = 0, start = clock_ns(), ms;

	while (done < blocks && errors < 10) {
		for (unsigned int i = 0; i < DEPTH; i++) {
			struct blk_io *io = &ios[i];

			if (io->pages && io->result != 1) {
				finish(io, blocks);
				done++;
			}
			if (io->pages || next == blocks) {
				continue;
			}
			io->write = write;
			io->pages = 1;
			io->sector = place(next++, blocks) * SECTORS_PER_PAGE;
			if (write) {
				fill(io->page[0],
				     io->sector / SECTORS_PER_PAGE);
			}
			if (blk_submit(&disk, io)) {
				panic("the ring is full");
			}
		}
		if (done < blocks && blk_reap(&disk, true) < 0) {
			panic("the backend answers what was not asked");
		}
	}
	ms = (clock_ns() - start) / APP_MSEC;
	printk("%s %lu MiB in %lu ms\n", write ? "wrote" : "verified",
	       blocks >> 8, ms);
}

int main(void)
{
	uint64_t blocks;
	int err = blk_open(&disk, 0);

	if (err) {
		printk("no disk: %d\nVERDICT error\n", err);
		return 0;
	}
	seed = number("seed=", 1);
	blocks = disk.sectors / SECTORS_PER_PAGE;
	if (number("mib=", 0) && blocks > number("mib=", 0) << 8) {
		blocks = number("mib=", 0) << 8;
	}
	/* The step of place() must not divide the number of blocks. */
	blocks -= blocks % 7919 == 0;
	printk("disk: %lu sectors%s\n", disk.sectors,
	       disk.readonly ? ", read-only" : "");
	for (unsigned int i = 0; i < DEPTH; i++) {
		ios[i].page[0] = page_alloc();
	}
	if (!disk.readonly) {
		pass(true, blocks);
		err = blk_flush(&disk);
		if (err) {
			printk("flush: error %d\n", err);
			errors++;
		}
	}
	pass(false, blocks);
	blk_close(&disk);
	printk("VERDICT %s\n", errors ? "failure" : "success");
	return 0;
}
