/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The column of initialisations, in the order in which one needs the other,
 * then process 1.
 */
#include "kernel/device.h"
#include "kernel/file.h"
#include "kernel/page.h"
#include "kernel/process.h"
#include "kernel/thread.h"

struct boot boot;

static unsigned int cpus_up = 1;

static void cpu_main(void)
{
	thread_init_cpu();
	__atomic_add_fetch(&cpus_up, 1, __ATOMIC_RELEASE);
	thread_idle();
}

static void start_cpus(void)
{
	unsigned int wanted = boot.cpus;

	for (unsigned int id = 1; id < wanted; id++) {
		if (!cpu_boot(id, cpu_main)) {
			printk("CPU %u does not start\n", id);
			break;
		}
		while (__atomic_load_n(&cpus_up, __ATOMIC_ACQUIRE) <= id) {
			cpu_spin();
		}
	}
	boot.cpus = cpus_up;
}

void kernel_main(void)
{
	static const char *const programs[] = { "/init", "/sbin/init" };

	memory_map_all();
	page_start();
	thread_init_cpu();
	start_cpus();
	printk("keel: on %s, %u CPUs, %lu MiB free of %lu, up %lu ms\n",
	       boot.platform, boot.cpus, page_free_count() >> 8,
	       page_total() >> 8, clock_ns() / 1000000);
	disk_init();
	net_init();
	power_listen();
	if (!boot.initrd_size) {
		printk("keel: no initial archive, so nothing to run\n");
		power_off();
	}
	if (!archive_init(boot.initrd, boot.initrd_size)) {
		panic("the initial archive is not one that cpio -H newc made");
	}
	for (size_t i = 0; i < ARRAY_SIZE(programs); i++) {
		if (archive_find(programs[i])) {
			if (process_init(programs[i])) {
				panic("no memory for process 1");
			}
			thread_idle();
		}
	}
	panic("the initial archive has no /init");
}
