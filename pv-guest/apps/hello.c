/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The smallest guest kernel: says who it runs on and goes. Copy this file to
 * begin your own.
 */
#include "xen/clock.h"
#include "xen/hypercall.h"
#include "xen/start.h"

int main(void)
{
	unsigned long version = hc_xen_version(XENVER_version, NULL);

	printk("hello from keel: %s, %lu MiB, ABI %lu.%lu, up %lu ms\n",
	       is_initial_domain() ? "domain 0" : "a guest",
	       start_info->nr_pages >> 8, version >> 16, version & 0xffff,
	       clock_ns() / NSEC_PER_MSEC);
	printk("command line: %s\n", (const char *)start_info->cmd_line);
	printk("VERDICT success\n");
	return SHUTDOWN_reboot;
}
