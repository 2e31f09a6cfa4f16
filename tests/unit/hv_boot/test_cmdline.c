/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * boot/cmdline.c: each word that has a meaning, Xen's that have none here, and
 * what is not understood.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../../hypervisor/boot/cmdline.c"

struct boot_info boot_info;
static char said[2048];

void printk(enum log_level level, const char *fmt, ...)
{
	va_list args;
	size_t n = strlen(said);

	va_start(args, fmt);
	vsnprintf(said + n, sizeof(said) - n, fmt, args);
	va_end(args);
}

static struct boot_options *parse(const char *line)
{
	static const struct boot_options fresh = {
		.com1 = true, .com1_baud = 115200, .com1_port = 0x3f8,
		.com1_irq = 4, .loglvl = LOG_INFO,
		.guest_loglvl = LOG_WARNING, .maxcpus = 64, .smap = true,
		.smep = true,
	};

	boot_options = fresh;
	ignored[0] = unknown[0] = said[0] = 0;
	strncpy(boot_info.cmdline, line, sizeof(boot_info.cmdline) - 1);
	cmdline_parse();
	cmdline_report();
	return &boot_options;
}

Test(cmdline, memory)
{
	struct boot_options *o = parse("dom0_mem=512M");

	cr_assert_eq(o->dom0_mem_bytes, 512UL << 20);
	o = parse("dom0_mem=1G,max:2G");
	cr_assert_eq(o->dom0_mem_bytes, 1UL << 30);
	cr_assert_eq(o->dom0_max_mem_bytes, 2UL << 30);
	o = parse("dom0_mem=max:768M");
	cr_assert_eq(o->dom0_mem_bytes, 768UL << 20);
	o = parse("dom0_mem=1048576");
	cr_assert_eq(o->dom0_mem_bytes, 1UL << 30);
	o = parse("dom0_mem=min:1M,600M");
	cr_assert_eq(o->dom0_mem_bytes, 600UL << 20);
	parse("dom0_mem=much");
	cr_assert(strstr(said, "not understood: dom0_mem"));
}

Test(cmdline, serial)
{
	struct boot_options *o = parse("com1=9600,8n1,0x2f8,3 console=com1");

	cr_assert_eq(o->com1_baud, 9600);
	cr_assert_eq(o->com1_port, 0x2f8);
	cr_assert_eq(o->com1_irq, 3);
	cr_assert(o->com1);
	o = parse("console=none");
	cr_assert_not(o->com1);
	o = parse("console=vga");
	cr_assert(o->com1);
	o = parse("console=com1,vga com1=115200,8n1");
	cr_assert(o->com1);
	cr_assert_eq(o->com1_port, 0x3f8);
	o = parse("com1=auto");
	cr_assert_eq(o->com1_baud, 115200);
	cr_assert_eq(parse("com1=,,0xfff8")->com1_port, 0xfff8);
	/* Behind the last port, or in memory. */
	o = parse("com1=9600,8n1,0xfff9");
	cr_assert_eq(o->com1_port, 0x3f8);
	cr_assert_str_eq(unknown, "com1");
	o = parse("com1=9600,8n1,0xfe034000,5");
	cr_assert_eq(o->com1_port, 0x3f8);
	cr_assert_eq(o->com1_irq, 5);
}

Test(cmdline, switches)
{
	cr_assert(parse("noreboot")->noreboot);
	cr_assert_not(parse("noreboot=0")->noreboot);
	cr_assert_not(parse("no-noreboot")->noreboot);
	cr_assert(parse("sync_console")->sync_console);
	cr_assert(parse("")->smap && parse("")->smep);
	cr_assert_not(parse("smap=0")->smap);
	cr_assert_not(parse("no-smap")->smap);
	cr_assert_not(parse("smep=off")->smep);
	cr_assert_null(parse("")->cpuid);
	cr_assert_str_eq(parse("cpuid=no-avx,no-smap nosmp")->cpuid,
			 "no-avx,no-smap");
	cr_assert(parse("nosmp")->no_smp);
	cr_assert_eq(parse("maxcpus=99999999999")->maxcpus, ~0U);
	cr_assert_eq(parse("maxcpus=3")->maxcpus, 3);
	cr_assert_eq(parse("dom0_max_vcpus=2")->dom0_max_vcpus, 2);
	cr_assert_eq(parse("dom0_max_vcpus=1-4")->dom0_max_vcpus, 4);
	cr_assert_eq(parse("loglvl=all")->loglvl, LOG_DEBUG);
	cr_assert_eq(parse("loglvl=none")->loglvl, -1);
	cr_assert_eq(parse("guest_loglvl=error/all")->guest_loglvl, LOG_ERROR);
}

Test(cmdline, words_of_xen_and_of_nobody)
{
	parse("placeholder flask=late no-xpti ucode=scan");
	cr_assert_str_eq(said, "Command line: without meaning here: "
			 "placeholder flask no-xpti ucode\n");
	parse("frobnicate=1 iommu");
	cr_assert(strstr(said, "not understood: frobnicate\n"));
	cr_assert(strstr(said, "without meaning here: iommu\n"));
	parse("");
	cr_assert_str_eq(said, "");
	parse("   ");
	cr_assert_str_eq(said, "");
}

Test(cmdline, a_line_as_long_as_it_can_be)
{
	char line[BOOT_CMDLINE_SIZE];

	memset(line, 'x', sizeof(line));
	for (unsigned int i = 7; i < sizeof(line); i += 8) {
		line[i] = i % 3 ? ' ' : '=';
	}
	line[sizeof(line) - 1] = 0;
	parse(line);
	cr_assert(strstr(said, "not understood: xxxxxxx"));
}
