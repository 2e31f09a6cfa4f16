/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Disk specifications after xl-disk-configuration(5), and device numbers
 * after xen-vbd-interface(7).
 */
#include <criterion/criterion.h>

#include "capture.h"
#include "config/disk.h"

struct good {
	const char *spec;
	const char *path;
	unsigned int devid;
	bool readonly;
	bool cdrom;
};

/* Four spellings of two disks, as the manual page has them, and more. */
static const struct good good[] = {
	{ "/dev/vg/guest-volume,,hda", "/dev/vg/guest-volume", 768, 0, 0 },
	{ "/dev/vg/guest-volume,raw,hda,rw", "/dev/vg/guest-volume", 768, 0, 0 },
	{ "format=raw, vdev=hda, access=rw, target=/dev/vg/guest-volume",
	  "/dev/vg/guest-volume", 768, 0, 0 },
	{ "raw:/dev/vg/guest-volume,hda,w", "/dev/vg/guest-volume", 768, 0, 0 },
	{ "/root/image.iso,,hdc,cdrom", "/root/image.iso", 5632, 1, 1 },
	{ "/root/image.iso,,hdc,,cdrom", "/root/image.iso", 5632, 1, 1 },
	{ "/root/image.iso,raw,hdc,devtype=cdrom", "/root/image.iso", 5632, 1, 1 },
	{ "raw:/root/image.iso,hdc:cdrom,ro", "/root/image.iso", 5632, 1, 1 },
	{ "phy:sdb1,xvda1,w", "/dev/sdb1", 51713, 0, 0 },
	{ "tap:aio:/x.img,xvdb,r", "/x.img", 51728, 1, 0 },
	{ "vdev=xvda,target=/a,b c", "/a,b c", 51712, 0, 0 },
	{ "/x,raw,xvda,ro,no-discard", "/x", 51712, 1, 0 },
	{ "file:/x.img,xvdaa,w", "/x.img", 1 << 28 | 26 << 8, 0, 0 },
};

Test(disk, good_specifications)
{
	struct disk d;

	for (unsigned int i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		capture_start();
		cr_assert_eq(disk_parse(good[i].spec, &d), 0, "%s",
			     good[i].spec);
		cr_assert_str_eq(d.path, good[i].path, "%s", good[i].spec);
		cr_assert_eq(d.devid, good[i].devid, "%s: %u", good[i].spec,
			     d.devid);
		cr_assert_eq(d.readonly, good[i].readonly, "%s",
			     good[i].spec);
		cr_assert_eq(d.cdrom, good[i].cdrom, "%s", good[i].spec);
		cr_assert_eq(captured_errors(), 0);
		disk_free(&d);
	}
}

static const struct {
	const char *spec;
	const char *says;
} bad[] = {
	{ "/x", "no virtual device" },
	{ "", "no virtual device" },
	{ ",,xvda", "no target" },
	{ "/x,qcow2,xvda", "unsupported format 'qcow2'" },
	{ "qcow2:/x,xvda,w", "unsupported prefix" },
	{ "/x,raw,xvda,rx", "unknown access 'rx'" },
	{ "/x,raw,nvme0,rw", "unknown virtual device 'nvme0'" },
	{ "/x,raw,xvda,rw,more", "one word too many" },
	{ "/x,raw,xvda,colour=red", "unknown key 'colour'" },
	{ "/x,raw,xvda,script=block-nbd", "hotplug scripts" },
	{ "/x,raw,xvda,backend=storage", "driver domains" },
	{ "/x,raw,hdc,rw,cdrom", "access of a cdrom" },
	{ "/x,raw,xvda,vdev=xvdb", "given twice" },
};

Test(disk, bad_specifications_say_why)
{
	struct disk d;

	for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		capture_start();
		cr_assert_eq(disk_parse(bad[i].spec, &d), -1, "%s",
			     bad[i].spec);
		cr_assert(captured(bad[i].says), "%s", bad[i].spec);
		cr_assert_eq(captured_errors(), 1, "%s", bad[i].spec);
	}
}

static const struct {
	const char *name;
	int devid;
} names[] = {
	{ "xvda", 51712 }, { "xvda1", 51713 }, { "xvdb", 51728 },
	{ "xvdp15", 51967 }, { "xvdq", 1 << 28 | 16 << 8 },
	{ "xvda16", 1 << 28 | 16 }, { "xvdz", 1 << 28 | 25 << 8 },
	{ "sda", 2048 }, { "sdb3", 2067 }, { "sdq", -1 },
	{ "hda", 768 }, { "hdb", 832 }, { "hdd1", 5697 }, { "hde", -1 },
	{ "d0", 51712 }, { "d0p1", 51713 }, { "d20p3", 1 << 28 | 20 << 8 | 3 },
	{ "51712", 51712 }, { "0xca00", 51712 },
	{ "xvd", -1 }, { "xvda0", -1 }, { "xvda256", -1 }, { "xvdA", -1 },
	{ "vda", -1 }, { "xvdzzzzzzzzzzz", -1 }, { "d0p", -1 }, { "12x", -1 },
};

Test(disk, device_numbers)
{
	for (unsigned int i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		cr_assert_eq(vdev_to_devid(names[i].name), names[i].devid,
			     "%s: %d", names[i].name,
			     vdev_to_devid(names[i].name));
	}
}
