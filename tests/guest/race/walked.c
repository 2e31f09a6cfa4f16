/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Two vCPUs make the hypervisor itself read tables of the domain's that change
 * meanwhile: the page of two LDTs becomes a descriptor page on both at once,
 * and the tables above an entry that one names by address are taken out and
 * filled with nonsense by the other. Each call ends, and the machine goes on.
 *
 * From <xen/xen.h>: MMUEXT_SET_LDT, update_va_mapping.
 */
#include "common/smp.h"

#define LDT_SELECTOR	(1 << 3 | 7)
#define DATA		0x00cff3000000ffffUL

static uint64_t *ldt;
static volatile unsigned int go, ready, start, done;

/* The hypervisor loads the selector; the CPU asks it for the page. */
static int load_and_forget(void)
{
	int err = hc_set_segment_base(SEGBASE_GS_USER_SEL, LDT_SELECTOR);

	hc_set_segment_base(SEGBASE_GS_USER_SEL, 0);
	return err | set_ldt(NULL, 0);
}

static void other_loads(void *arg)
{
	unsigned int turn = go;

	(void)arg;
	if (turn == done) {
		return;
	}
	set_ldt(ldt, 4);
	ready = turn;
	while (start != turn) {
		cpu_relax();
	}
	load_and_forget();
	done = turn;
}

/* An LDT's page, writable until now, is wanted on two CPUs at one moment. */
TEST(race_ldt, 0)
{
	ldt = page_alloc();
	need_two_vcpus();
	go = ready = start = done = 0;
	other_begin(other_loads, NULL);
	while (race_goes_on(go, 0, go > 500)) {
		unsigned int turn = go + 1;

		ldt[1] = DATA;
		CHECK_EQ(page_set_writable(ldt, false), 0);
		go = turn;
		CHECK_EQ(set_ldt(ldt, 4), 0);
		while (ready != turn) {
			cpu_relax();
		}
		start = turn;
		CHECK_EQ(load_and_forget(), 0);
		while (done != turn) {
			cpu_relax();
		}
		CHECK_EQ(page_set_writable(ldt, true), 0);
	}
	CHECK(other_end() > 0);
	page_free(ldt);
}

/* Present, and no frame that there is. */
#define NONSENSE	0x000fedcba9876067UL

static pte_t *top, *second;
static unsigned int slot;
static pte_t link, good;
static volatile unsigned int found;

/*
 * Takes the tables of TEST_VA out while they are in use, scribbles over the
 * first, and puts them back.
 */
static void scribble(void *arg)
{
	unsigned int before = found;

	(void)arg;
	for (unsigned int i = 0; found == before && i < 20000; i++) {
		cpu_relax();
	}
	pte_write(top, 0);
	page_set_writable(second, true);
	for (unsigned int i = 0; i < 8 * 512; i++) {
		second[i % 512] = NONSENSE;
	}
	memset(second, 0, PAGE_SIZE);
	second[slot] = good;
	page_set_writable(second, false);
	pte_write(top, link);
}

/* An entry named by its address, below a table that comes and goes. */
TEST(race_walk, 0)
{
	unsigned int wrong = 0;
	pte_t *entry;

	need_two_vcpus();
	found = 0;
	pte_reach(kernel_root, TEST_VA, 1);
	top = pte_find(kernel_root, TEST_VA, 4);
	entry = pte_find(kernel_root, TEST_VA, 3);
	second = (pte_t *)((unsigned long)entry & PAGE_MASK);
	slot = (unsigned int)(entry - second);
	link = *top;
	good = *entry;
	other_begin(scribble, NULL);
	while (race_goes_on(0, 0, found > 2000)) {
		int err = hc_update_va_mapping(TEST_VA, 0, UVMF_NONE);

		found += !err;
		wrong += err && err != -XEN_EINVAL;
	}
	CHECK(other_end() > 0);
	CHECK_EQ(wrong, 0);
	CHECK_EQ(hc_update_va_mapping(TEST_VA, 0, UVMF_NONE), 0);
	unmap_test_va(TEST_VA);
}
