/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The machine that the kernel runs on: all that it needs of one, and nothing
 * that tells which it is. platform/native is bare x86-64, platform/pv asks the
 * hypervisor; the build takes one of the two, whose machine.h has the types
 * and what must be inline:
 *
 *	struct tables		an address space's root(s), and where it is loaded
 *	pte_of(page, flags)	an entry that maps or refers to a page
 *	pte_page(pte)		the page that an entry means
 *	cpu_id()		this CPU's number, from 0
 *	USER_CS, USER_SS	the selectors of user mode
 *
 * The kernel runs with interrupts off, except in cpu_wait() and in user mode:
 * nothing here is called from an interrupt that the caller did not wait for.
 */
#ifndef KEEL_PLATFORM_PLATFORM_H
#define KEEL_PLATFORM_PLATFORM_H

#include "kernel/page.h"
#include "lib/pte.h"
#include "lib/regs.h"
#include "machine.h"

#define MAX_CPUS	8

/* What the loader left for us; filled in before kernel_main. */
struct boot {
	const char *platform;		/* a word for the first line */
	const char *cmdline;
	const void *initrd;
	size_t initrd_size;
	unsigned int cpus;
};
extern struct boot boot;

/* ---- console: console_write and crash are in lib/lib.h ---- */

/* Waiting input, at most n bytes; 0 when there is none. */
size_t console_read(char *buf, size_t n);

/* ---- memory: the platform calls page_init for each range of it ---- */

/* Has all of memory mapped in the linear map; the allocator works already. */
void memory_map_all(void);

/* ---- page tables ---- */

enum flush {
	FLUSH_NONE,		/* no CPU can know the old entries */
	FLUSH_PAGE,		/* one page's translation is to be forgotten */
	FLUSH_ALL,		/* all of the address space's are */
};

struct pte_change {
	pte_t *entry;		/* in a table of the lowest level */
	pte_t value;
};

/*
 * Roots for a new address space, with the kernel in the upper half and `l3`,
 * an empty page, as the table of the first 512 GiB. False: no memory.
 */
bool tables_create(struct tables *t, pte_t *l3);

/* From here on CPUs may run on them; each table has the shape of a table. */
void tables_live(struct tables *t);

/* No CPU will run on them any more: their pages become plain memory. */
void tables_dead(struct tables *t);

/* Gives back the roots. */
void tables_destroy(struct tables *t);

/* Hangs an empty page, as a table, into an entry of a higher level. */
void tables_link(struct tables *t, pte_t *entry, void *table);

/* Changes n entries and then flushes, on every CPU that has t loaded. */
void tables_change(struct tables *t, const struct pte_change *change,
		   unsigned int n, enum flush flush, unsigned long va);

/* ---- CPUs ---- */

/* What the machine has to know of a thread before it may run. */
struct user_context {
	struct tables *tables;		/* NULL: the kernel's own */
	void *stack;			/* where entries from user mode begin */
	unsigned long fs, gs;		/* user's segment bases */
};

/* Loads it; the caller goes on running on the stack that it has. */
void cpu_load(const struct user_context *next);

/* Starts CPU `id` in fn, on a stack of its own. False: it did not come up. */
bool cpu_boot(unsigned int id, void (*fn)(void));

/* Makes cpu_wait end there, or has kernel_kicked called in user mode. */
void cpu_kick(unsigned int id);

/* Sleeps until an interrupt has been handled, with interrupts on. */
void cpu_wait(void);

/* A turn of a loop that waits for another CPU. */
void cpu_spin(void);

/* Leaves for the context in regs, for ever. */
void entry_return(struct regs *regs) __attribute__((noreturn));

/* ---- time ---- */

/* Nanoseconds since the machine started; the same on all CPUs. */
uint64_t clock_ns(void);

/* Seconds and nanoseconds since 1970. */
void clock_wall(uint64_t *sec, uint32_t *nsec);

/* Has kernel_timer called on this CPU at that time; 0 cancels. */
void timer_set(uint64_t deadline);

/*
 * ---- devices ----
 * "block.h" and "net.h" have the calls for a disk and a card, blk_* and
 * net_*, the same on each platform; whoever makes them holds a lock. From
 * blk_listen and net_listen on, kernel_device is called when a device has
 * something for us.
 */

/* ---- the end ---- */

/* From here on kernel_power_wanted is called. */
void power_listen(void);

void power_off(void) __attribute__((noreturn));
void power_reset(void) __attribute__((noreturn));

/* ---- what the platform calls in the kernel ---- */

/* On the boot CPU with everything above working. */
void kernel_main(void) __attribute__((noreturn));

/* A system call, number in rax; the result goes there. */
void kernel_syscall(struct regs *regs);

/* An exception; for page faults with the address. */
void kernel_exception(struct regs *regs, unsigned long address);

/* The timer's time has come; another CPU wants this one to look around. */
void kernel_timer(void);
void kernel_kicked(void);

/* A device has answered, or received. */
void kernel_device(void);

/* Whoever runs the machine wants it off, or started again. */
void kernel_power_wanted(bool restart);

/* After any interrupt, exception or call, when it came from user mode. */
void kernel_leave(struct regs *regs);

#endif
