/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Whole configs: values and defaults, what wins over what, and that each
 * mistake is named in one line.
 */
#include <criterion/criterion.h>

#include <string.h>
#include <unistd.h>

#include "capture.h"
#include "config/config.h"

#define BASE "name='t'\nkernel='/k'\nmemory=64\n"

static struct domain_config *parse(const char *text)
{
	capture_start();
	return config_read_text("t.cfg", text, NULL, 0);
}

Test(config, defaults)
{
	struct domain_config *c = parse(BASE);

	cr_assert_not_null(c);
	cr_assert_str_eq(c->name, "t");
	cr_assert_str_eq(c->kernel, "/k");
	cr_assert_null(c->ramdisk);
	cr_assert_str_eq(c->cmdline, "");
	cr_assert_eq(c->memory_kib, 64 * 1024);
	cr_assert_eq(c->maxmem_kib, 64 * 1024);
	cr_assert_eq(c->vcpus, 1);
	cr_assert_eq(c->maxvcpus, 1);
	cr_assert_eq(c->nr_affinity, 0);
	cr_assert_eq(c->tsc, TSC_NATIVE);
	cr_assert_eq(c->on_poweroff, END_DESTROY);
	cr_assert_eq(c->on_reboot, END_RESTART);
	cr_assert_eq(c->on_crash, END_DESTROY);
	cr_assert_eq(c->max_grant_frames, -1);
	cr_assert_eq(c->nr_disks + c->nr_vifs, 0);
	cr_assert_eq(c->uuid[6] >> 4, 4);
	cr_assert_eq(captured_warnings() + captured_errors(), 0);
	config_free(c);
}

Test(config, full)
{
	struct domain_config *c = parse(
		"# a guest\n"
		"type = \"pv\"\nname = \"web\"\n"
		"uuid = \"00112233-4455-6677-8899-aabbccddeeff\"\n"
		"kernel = \"/boot/vmlinuz\"\nramdisk = \"/boot/initrd\"\n"
		"root = \"/dev/xvda ro\"\nextra = \"console=hvc0\"\n"
		"memory = 256\nmaxmem = 512\nvcpus = 2\nmaxvcpus = 4\n"
		"cpus = [ \"0\", \"1-2\" ]\ncpu_weight = 512\ncap = 50\n"
		"on_crash = \"preserve\"\non_reboot = \"destroy\"\n"
		"disk = [ '/w.img,raw,xvda,rw', '/d.img,raw,xvdb,ro' ]\n"
		"vif = [ 'bridge=br0', 'mac=00:16:3e:00:00:02' ]\n");

	cr_assert_not_null(c);
	cr_assert_str_eq(c->cmdline, "root=/dev/xvda ro console=hvc0");
	cr_assert_eq(c->uuid[0], 0x00);
	cr_assert_eq(c->uuid[15], 0xff);
	cr_assert_eq(c->maxmem_kib, 512 * 1024);
	cr_assert_eq(c->vcpus, 2);
	cr_assert_eq(c->maxvcpus, 4);
	cr_assert_eq(c->nr_affinity, 4);
	cr_assert(cpu_list_has(&c->affinity[1], 2));
	cr_assert_not(cpu_list_has(&c->affinity[0], 1));
	cr_assert(cpu_list_has(&c->affinity[3], 7));
	cr_assert_eq(c->weight, 512);
	cr_assert_eq(c->cap, 50);
	cr_assert_eq(c->on_crash, END_PRESERVE);
	cr_assert_eq(c->on_reboot, END_DESTROY);
	cr_assert_eq(c->nr_disks, 2);
	cr_assert(c->disks[1].readonly);
	cr_assert_eq(c->nr_vifs, 2);
	cr_assert_eq(c->vifs[1].devid, 1);
	cr_assert_eq(captured_warnings() + captured_errors(), 0);
	config_free(c);
}

Test(config, settings_after_the_file_win)
{
	char *extra[] = { "memory=128", "vcpus=3" };
	struct domain_config *c;

	capture_start();
	c = config_read_text("t.cfg", BASE, extra, 2);
	cr_assert_not_null(c);
	cr_assert_eq(c->memory_kib, 128 * 1024);
	cr_assert_eq(c->vcpus, 3);
	config_free(c);
}

Test(config, cmdline_beats_root_and_extra)
{
	struct domain_config *c = parse(BASE "cmdline='a b'\nextra='c'\n");

	cr_assert_not_null(c);
	cr_assert_str_eq(c->cmdline, "a b");
	cr_assert(captured("no effect beside cmdline="));
	config_free(c);
}

Test(config, unknown_keys_are_named_with_their_line)
{
	struct domain_config *c = parse(BASE "memroy=3\nvnc=1\n");

	cr_assert_not_null(c);
	cr_assert(captured("t.cfg:4: unknown key 'memroy'"));
	cr_assert(captured("t.cfg:5: vnc="));
	cr_assert_eq(captured_warnings(), 2);
	config_free(c);
}

static const struct {
	const char *text;
	const char *says;
} bad[] = {
	{ "kernel='/k'\nmemory=64\n", "no name=" },
	{ "name='t'\nmemory=64\n", "no kernel=" },
	{ "name='t'\nkernel='/k'\n", "no memory=" },
	{ "name='12'\nkernel='/k'\nmemory=64\n", "name='12'" },
	{ "name='a/b'\nkernel='/k'\nmemory=64\n", "name='a/b'" },
	{ "name='-t'\nkernel='/k'\nmemory=64\n", "name='-t'" },
	{ "name='a\tb'\nkernel='/k'\nmemory=64\n", "no control character" },
	{ BASE "type='hvm'\n", "type='hvm' is not supported" },
	{ BASE "type='pvh'\n", "type='pvh' is not supported" },
	{ BASE "builder='hvm'\n", "type='hvm' is not supported" },
	{ BASE "memory='much'\n", "memory='much' must be a number" },
	{ BASE "memory='-5'\n", "must be a number from 4" },
	{ BASE "maxmem=32\n", "maxmem=32 is below memory=64" },
	{ BASE "vcpus=0\n", "must be a number from 1" },
	{ BASE "vcpus=4\nmaxvcpus=2\n", "maxvcpus=2 is below vcpus=4" },
	{ BASE "vcpus=65\n", "must be a number from 1 to 64" },
	{ BASE "cpus='x'\n", "is no CPU list" },
	{ BASE "cpus=['0',['1']]\nvcpus=2\n", "entry 2 of cpus= must be a string" },
	{ BASE "uuid='123'\n", "must look like" },
	{ BASE "uuid='00112233-4455-6677-8899-aabbccddeefg'\n",
	  "must look like" },
	{ BASE "on_crash='explode'\n", "on_crash='explode'" },
	{ BASE "tsc_mode='fast'\n", "tsc_mode='fast'" },
	{ BASE "pci=['01:00.0']\n", "no PCI pass-through" },
	{ BASE "bootloader='pygrub'\n", "bootloader='pygrub'" },
	{ BASE "disk='x'\n", "disk= must be a list" },
	{ BASE "disk=[['/x,raw,xvda']]\n", "entry 1 of disk= must be a string" },
	{ BASE "disk=['/x,raw,xvda','/y,raw,xvda']\n", "both 'xvda'" },
	{ BASE "vif=['',['mac=1']]\n", "entry 2 of vif= must be a string" },
	{ BASE "vif=['devid=1','']\n", "both have devid 1" },
	{ BASE "pool='fast'\n", "pool='fast' does not exist" },
	{ BASE "name=['a']\n", "must be a string" },
	{ BASE "memory=\n", "t.cfg:" },
	{ "=\n", "t.cfg:1:" },
};

Test(config, mistakes_are_named)
{
	for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		cr_assert_null(parse(bad[i].text), "%s", bad[i].text);
		cr_assert(captured(bad[i].says), "%s", bad[i].text);
	}
}

Test(config, several_mistakes_are_all_named)
{
	cr_assert_null(parse("memory=2\nvcpus=0\ntype='hvm'\n"));
	cr_assert(captured("no name="));
	cr_assert(captured("memory='2'"));
	cr_assert(captured("vcpus='0'"));
	cr_assert(captured("type='hvm'"));
}

Test(config, paths_are_made_absolute)
{
	struct domain_config *c;

	cr_assert_eq(chdir("/tmp"), 0);
	c = parse("name='t'\nkernel='k'\nramdisk='d/r'\nmemory=64\n");
	cr_assert_not_null(c);
	cr_assert_str_eq(c->kernel, "/tmp/k");
	cr_assert_str_eq(c->ramdisk, "/tmp/d/r");
	config_free(c);
}

Test(config, missing_file)
{
	capture_start();
	cr_assert_null(config_read_file("/no/such.cfg", NULL, 0));
	cr_assert(captured("cannot open config file '/no/such.cfg'"));
	cr_assert_null(config_read_file("/", NULL, 0));
	cr_assert(captured("cannot read config file '/': Is a directory"));
}
