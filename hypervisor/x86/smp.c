/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The other CPUs: bringing them up, all at once, and calling on them.
 *
 * An application processor comes from boot/start.S's real-mode page, takes its
 * stack and its descriptors, and reports.  The boot CPU waits for all; when
 * one does not come, those behind it are not used (numbers have no holes).
 * Released, it goes to the idle loop and waits for something to do.
 */
#include "device/acpi.h"
#include "domain/sched.h"
#include "lib/bits.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "x86/apic.h"
#include "x86/clock.h"
#include "x86/cpu_features.h"
#include "x86/descriptors.h"
#include "x86/entry.h"
#include "x86/fpu.h"
#include "x86/msr.h"
#include "x86/paging.h"
#include "x86/percpu.h"
#include "x86/smp.h"
#include "x86/tlb.h"

#define AP_TIMEOUT_NS	500000000ULL

cpumask_t cpus_online = 1;

/* The highest number that a CPU may find itself to have (boot/start.S). */
u32 ap_last;

/* Boot: CPUs that have come up, and those that may go on. */
static cpumask_t arrived, released;

u32 acpi_ids[MAX_CPUS] __ro_after_init;

extern char ap_trampoline[], ap_trampoline_end[];

/* ---- bring-up ---- */

/* First C code of an application processor, on its own stack. */
void ap_main(void)
{
	cpumask_t me = CPUMASK(this_cpu_id());

	cpu_setup();
	descriptors_load();
	apic_init_cpu();
	atomic_or(&arrived, me);
	while (!(READ_ONCE(released) & me)) {
		cpu_relax();
	}
	tlb_flush_local();
	irq_enable();
	entry_init_cpu();
	fpu_init_cpu();
	sched_init_cpu(this_cpu_id());
	atomic_or(&cpus_online, me);
	enter_idle();
}

/* Numbers the CPUs as ACPI lists them, the boot CPU first; how many. */
static __init unsigned int number_cpus(unsigned int max_cpus)
{
	const struct acpi_info *a = &acpi_info;
	unsigned int n = 1;

	for (unsigned int i = 0; i < a->nr_cpus; i++) {
		if (a->apic_ids[i] == apic_ids[0]) {
			acpi_ids[0] = a->acpi_ids[i];
		} else if (n < max_cpus) {
			apic_ids[n] = a->apic_ids[i];
			acpi_ids[n++] = a->acpi_ids[i];
		}
	}
	return n;
}

static __init void start_all(unsigned int n, cpumask_t others, u64 page)
{
	for (unsigned int cpu = 1; cpu < n; cpu++) {
		apic_send(apic_ids[cpu], ICR_INIT);
	}
	delay_us(20);
	for (int tries = 0; tries < 2; tries++) {
		u64 end = now_ns() + AP_TIMEOUT_NS;

		for (unsigned int cpu = 1; cpu < n; cpu++) {
			apic_send(apic_ids[cpu],
				  ICR_STARTUP | (u32)(page >> PAGE_SHIFT));
		}
		while (now_ns() < end) {
			if (READ_ONCE(arrived) == others) {
				return;
			}
			cpu_relax();
		}
	}
}

__init void smp_boot_cpus(u64 page, unsigned int max_cpus)
{
	unsigned int n = number_cpus(max(max_cpus, 1U));
	cpumask_t others = (n < 64 ? CPUMASK(n) : 0) - 2;
	u64 start = now_ns();

	if (n == 1) {
		return;
	}
	memcpy(mfn_to_virt(maddr_to_mfn((maddr_t){ page })), ap_trampoline,
	       (size_t)(ap_trampoline_end - ap_trampoline));
	for (unsigned int cpu = 1; cpu < n; cpu++) {
		percpu_init(cpu);
	}
	ap_last = n - 1;
	smp_mb();
	start_all(n, others, page);
	if (arrived != others) {
		n = bit_lowest(~(arrived | 1));
		log_error("CPU with APIC id %u does not start\n", apic_ids[n]);
		others = CPUMASK(n) - 2;
	}
	nr_cpus = n;
	WRITE_ONCE(released, others);
	while ((READ_ONCE(cpus_online) & others) != others) {
		cpu_relax();
	}
	log_info("%u CPUs, started in %lu us\n", n,
		 (now_ns() - start) / 1000);
}

/* ---- calls ---- */

void smp_kick(unsigned int cpu)
{
	if (cpu != this_cpu_id()) {
		apic_send(apic_ids[cpu], VECTOR_KICK);
	}
}

/*
 * Each CPU has one request of its own, the others' bits in `waiting`; in each
 * target's `called` is a bit for each CPU that wants something.  No lock: a
 * target takes all bits at once and answers each.
 */
struct call {
	cpumask_t waiting;		/* targets that have not answered */
	void (*fn)(unsigned long);
	unsigned long arg;
};

static DEFINE_PER_CPU(struct call, call);
static DEFINE_PER_CPU(cpumask_t, called);

void smp_call_interrupt(void)
{
	cpumask_t from = xchg(&this_cpu(called), 0);
	cpumask_t me = ~CPUMASK(this_cpu_id());
	unsigned int cpu;

	for_each_cpu_in(cpu, from) {
		struct call *c = &per_cpu(call, cpu);

		c->fn(c->arg);
		atomic_and(&c->waiting, me);
	}
}

void smp_call(cpumask_t cpus, void (*fn)(unsigned long), unsigned long arg)
{
	struct call *c = &this_cpu(call);
	cpumask_t me = CPUMASK(this_cpu_id());
	cpumask_t others = cpus & cpus_online & ~me;
	unsigned int cpu;

	c->fn = fn;
	c->arg = arg;
	WRITE_ONCE(c->waiting, others);
	smp_mb();
	for_each_cpu_in(cpu, others) {
		if (!__atomic_fetch_or(&per_cpu(called, cpu), me,
				       __ATOMIC_SEQ_CST)) {
			apic_send(apic_ids[cpu], VECTOR_CALL);
		}
	}
	if (cpus & me) {
		fn(arg);
	}
	/* Two CPUs that want something of each other must not wait in turn. */
	while (READ_ONCE(c->waiting)) {
		if (READ_ONCE(this_cpu(called))) {
			smp_call_interrupt();
		}
		cpu_relax();
	}
}

static u32 stop_requested;

bool smp_stopping(void)
{
	return READ_ONCE(stop_requested);
}

/*
 * A CPU with interrupts off does not hear an IPI, so it is an NMI: the NMI
 * handler halts when smp_stopping().
 */
void smp_stop_others(void)
{
	if (cpus_online == CPUMASK(this_cpu_id()) ||
	    xchg(&stop_requested, 1)) {
		return;
	}
	apic_send(0, ICR_NMI_OTHERS);
	delay_us(1000);
}
