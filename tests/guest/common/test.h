/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The harness of the conformance suite. A test states one rule of the ABI and
 * checks it case by case; the image runs as a PV kernel and has all tests in
 * it. Verdicts:
 *
 *	success	every check held
 *	failure	a check did not hold, or the kernel took a fault nobody expected
 *	skip	the rule cannot apply here, for the reason given
 *	error	the test could not be carried out: the environment is broken
 *
 * A test leaves everything as it found it (pages, ports, grants: checked). One
 * that cannot is ALONE, and gets a boot of its own.
 */
#ifndef TESTS_GUEST_TEST_H
#define TESTS_GUEST_TEST_H

#include "lib/page.h"
#include "xen/clock.h"
#include "xen/cpu.h"
#include "xen/event.h"
#include "xen/grant.h"
#include "xen/pagetable.h"
#include "xen/shutdown.h"
#include "xen/start.h"
#include "xen/trap.h"

enum test_flags {
	ALONE = 1,		/* a boot for itself */
	CRASHES = 2 | ALONE,	/* success is that the domain is crashed */
	FOUR_CPUS = 4 | ALONE,	/* with four of them, each a vCPU of ours */
	COUNTED = 8 | ALONE,	/* on one that counts instructions as ns */
};

struct test {
	const char *name;
	void (*run)(void);
	unsigned int flags;
};

/* TEST(pagetable_pin, 0) { ... }: named "pagetable_pin" in the output. */
#define TEST(id, test_flags)						\
	static void run_##id(void);					\
	static const struct test test_##id				\
	__attribute__((section(".tests." #id), used, aligned(8))) = {	\
		.name = #id, .run = run_##id, .flags = test_flags,	\
	};								\
	static void run_##id(void)

/* One case: says what was expected when it does not hold, and goes on. */
#define CHECK(cond, ...)						\
	test_check((cond), __FILE__, __LINE__, #cond, "" __VA_ARGS__)
#define CHECK_EQ(got, want)						\
	test_check_eq((long)(got), (long)(want), __FILE__, __LINE__,	\
		      #got, #want)

bool test_check(bool holds, const char *file, int line, const char *what,
		const char *fmt, ...) __attribute__((format(printf, 5, 6)));
bool test_check_eq(long got, long want, const char *file, int line,
		   const char *got_text, const char *want_text);

/* Ends the test at once. */
void test_skip(const char *fmt, ...)
	__attribute__((format(printf, 1, 2), noreturn));
void test_error(const char *fmt, ...)
	__attribute__((format(printf, 1, 2), noreturn));

/* In what follows, failed checks are announced with this case's name. */
void test_case(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * Runs an instruction that may fault and says what came of it:
 *	struct fault f;
 *	TRY(f, "mov (%0), %%eax", : : "r" (ptr) : "eax");
 */
#define TRY(fault, insn, ...)						\
	do {								\
		fault_take();						\
		asm volatile(MAY_FAULT(insn) __VA_ARGS__);		\
		(fault) = fault_take();					\
	} while (0)

/* Reads or writes a byte; tells the fault, vector -1 when there was none. */
struct fault try_read(const volatile void *va);
struct fault try_write(volatile void *va);

/* The fault was a page fault with this error code at this address. */
#define CHECK_PF(f, code, va)						\
	do {								\
		CHECK_EQ((f).vector, VEC_PF);				\
		CHECK_EQ((f).error, code);				\
		CHECK_EQ((f).cr2, (unsigned long)(va));			\
	} while (0)

/* The fault was #GP with this error code. */
#define CHECK_GP(f, code)						\
	do {								\
		CHECK_EQ((f).vector, VEC_GP);				\
		CHECK_EQ((f).error, code);				\
	} while (0)

/* Virtual addresses that no keel mapping uses, for tests to map things at. */
#define TEST_VA		0x0000100000000000UL	/* L4 slot 32 */
#define TEST_VA2	0x0000180000000000UL	/* L4 slot 48 */

/*
 * Runs fn(arg) in user mode, on a stack of its own, in an address space that
 * has the kernel's memory and all of its rights. Returns how it came back:
 * ENTRY_SYSCALL with its result in rax when fn returned, else the entry made
 * by what it did. Events are handled on the way. No printk in there: the gs
 * base is the user's.
 */
const struct regs *user_run(unsigned long (*fn)(unsigned long arg),
			    unsigned long arg);

/* The same, from a register state: cs, ss and rflags are the caller's too. */
const struct regs *user_run_regs(const struct regs *regs);

/* A register state with which user_run would start. */
struct regs user_regs(unsigned long (*fn)(unsigned long arg),
		      unsigned long arg);

/* The root of that address space. */
pte_t *user_root(void);

/* A want that is met by any negative errno: refused, for whatever reason. */
#define REFUSED		1
#define CHECK_WANT(got, want)						\
	do {								\
		long got_ = (got);					\
									\
		if ((want) == REFUSED) {				\
			CHECK(got_ < 0, "%ld", got_);			\
		} else {						\
			CHECK_EQ(got_, want);				\
		}							\
	} while (0)

/* A frame that is the hypervisor's own: one of its page tables. */
unsigned long hypervisor_mfn(void);

/* Gives up on a page table page: writable again, and freed. */
void table_free(pte_t *table);

/*
 * A zeroed page that is already read-only, to build a page table in with
 * pte_write once it has a type, or to be pinned empty.
 */
pte_t *table_alloc(void);

/* A page filled with entries (all the same), read-only as a table must be. */
pte_t *table_alloc_filled(pte_t first_entry, unsigned int index);

/* Empties the L4 slot of TEST_VA or TEST_VA2 and frees the tables under it. */
void unmap_test_va(unsigned long va);

/* The same for any slot under any root. */
void unmap_slot(pte_t *root, unsigned long va);

/* Checks that nothing holds this page: it can become a page table. Zeroes it. */
void check_unreferenced(void *page);

/* MMUEXT_SET_LDT: its result. */
int set_ldt(const void *base, unsigned int entries);

/* PHYSDEVOP_set_iopl, the caller's level for ports: its result. */
int set_iopl(unsigned int level);

/* A page of user mode's own at `va`, below 4 GiB; 32-bit code can run there. */
#define USER_VA		0x00400000UL

#endif
