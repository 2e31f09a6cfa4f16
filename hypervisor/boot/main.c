/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * From the loader to domain 0, as one column of calls.  The first part runs on
 * the boot-only stack and the early page tables, the second on CPU 0's own
 * stack; what is left at the end is the idle loop.
 */
#include "boot/boot_info.h"
#include "device/acpi.h"
#include "device/console.h"
#include "device/uart.h"
#include "domain/sched.h"
#include "lib/printk.h"
#include "mm/alloc.h"
#include "mm/l1_ref.h"
#include "pvcpu/policy.h"
#include "x86/apic.h"
#include "x86/clock.h"
#include "x86/cpu_features.h"
#include "x86/current.h"
#include "x86/descriptors.h"
#include "x86/entry.h"
#include "x86/fpu.h"
#include "x86/ioapic.h"
#include "x86/paging.h"
#include "x86/percpu.h"
#include "x86/smp.h"
#include "x86/tlb.h"
#include "x86/upcalls.h"

#define LOW_MEMORY	0xa0000
#define LEAST_MIB	64

static u64 ap_page;

static __init void say_hello(void)
{
	u64 mib = (boot_ram_frames() + 128) >> 8;

	printk(LOG_ERROR, "Paravane %s on %s, %lu MiB\n", PARAVANE_VERSION,
	       cpu_features.brand, mib);
	log_info("Booted by %s, %u module%s, command line: %s\n",
		 boot_info.loader, boot_info.nr_modules,
		 boot_info.nr_modules == 1 ? "" : "s", boot_info.cmdline);
	cmdline_report();
	if (mib < LEAST_MIB) {
		panic("%lu MiB of memory are too little; Paravane and domain 0 need %u.",
		      mib, LEAST_MIB);
	}
}

/*
 * Nothing of .init may be in use from here on.  What is neither free nor
 * domain 0's is ours.
 */
static __attribute__((noinline)) void __noreturn boot_finish(void)
{
	u64 all = boot_ram_frames();

	paging_seal();
	log_info("Paravane takes %lu KiB of %lu MiB\n",
		 (all - nr_free_frames - dom0->tot_pages) * 4, all >> 8);
	enter_idle();
}

/* Interrupt controllers are ours: not even domain 0 maps them. */
static __init void keep_our_devices(void)
{
	mmio_deny(mfn(acpi_info.lapic_address >> PAGE_SHIFT));
	for (unsigned int i = 0; i < acpi_info.nr_ioapics; i++) {
		mmio_deny(mfn(acpi_info.ioapics[i].address >> PAGE_SHIFT));
	}
}

static __init void __noreturn boot_on_own_stack(void)
{
	idt_init();
	descriptors_load();
	mm_init();
	paging_use_heap();
	acpi_init();
	apic_init();
	ioapic_init();
	keep_our_devices();
	clock_init();
	machine_selftest();
	policies_init();
	entry_init_cpu();
	fpu_init_cpu();
	tlb_init();
	sched_init();
	sched_init_cpu(0);
	irq_enable();
	smp_boot_cpus(ap_page, boot_options.no_smp ? 1 :
				min(boot_options.maxcpus, MAX_CPUS));
	console_init_irq();
	dom0_build();
	boot_finish();
}

/* From boot/start.S, on the boot-only stack. */
__init void boot_main(u32 magic, u32 info)
{
	boot_info_read(magic, info);
	cmdline_parse();
	uart_init();
	if (!boot_info.loader) {
		panic("Started by no multiboot or PVH loader.");
	}
	bundle_unpack();
	boot_memory_init();
	cpu_features_detect();
	say_hello();
	paging_init();
	cpu_setup();
	percpu_init(0);
	ap_page = boot_alloc(PAGE_SIZE, PAGE_SIZE, LOW_MEMORY);

	__asm__ volatile("mov %0, %%rsp\n\t"
			 "xor %%ebp, %%ebp\n\t"
			 "call *%1\n\t"
			 "ud2"
			 : : "r" ((u64)cpu_info_of(0) & ~15UL),
			     "r" (boot_on_own_stack) : "memory");
	__builtin_unreachable();
}
