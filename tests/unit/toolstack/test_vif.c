/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Network specifications after xl-network-configuration(5).
 */
#include <criterion/criterion.h>

#include <string.h>

#include "capture.h"
#include "config/vif.h"

Test(vif, empty_has_every_default)
{
	static const uint8_t xen[3] = { 0x00, 0x16, 0x3e };
	struct vif a, b;

	capture_start();
	cr_assert_eq(vif_parse("", &a), 0);
	cr_assert_eq(vif_parse("", &b), 0);
	cr_assert_str_eq(a.bridge, "xenbr0");
	cr_assert_eq(a.devid, -1);
	cr_assert_null(a.ifname);
	cr_assert_eq(memcmp(a.mac, xen, 3), 0);
	cr_assert_neq(memcmp(a.mac, b.mac, 6), 0);
	vif_free(&a);
	vif_free(&b);
}

Test(vif, all_keys)
{
	static const uint8_t mac[6] = { 0x00, 0x16, 0x3e, 0x74, 0x3d, 0x76 };
	struct vif v;

	capture_start();
	cr_assert_eq(vif_parse("mac=00:16:3E:74:3d:76, bridge=br1,vifname=web0,mtu=9000,devid=3,untrusted,script=vif-bridge",
			       &v), 0);
	cr_assert_eq(memcmp(v.mac, mac, 6), 0);
	cr_assert_str_eq(v.bridge, "br1");
	cr_assert_str_eq(v.ifname, "web0");
	cr_assert_eq(v.mtu, 9000);
	cr_assert_eq(v.devid, 3);
	cr_assert_not(v.trusted);
	cr_assert_eq(captured_warnings(), 0);
	vif_free(&v);
}

Test(vif, keys_without_effect_warn)
{
	struct vif v;

	capture_start();
	cr_assert_eq(vif_parse("model=e1000,type=ioemu,ip=10.0.0.2", &v), 0);
	cr_assert_eq(captured_warnings(), 3);
	cr_assert_eq(captured_errors(), 0);
	vif_free(&v);
}

static const struct {
	const char *spec;
	const char *says;
} bad[] = {
	{ "mac=1:2:3", "must look like" },
	{ "mac=00:16:3e:00:00:00:00", "must look like" },
	{ "mac=01:16:3e:00:00:01", "multicast" },
	{ "bridge=", "no interface name" },
	{ "bridge=a-name-that-is-too-long", "no interface name" },
	{ "vifname=a/b", "no interface name" },
	{ "mtu=12", "must be a number from 68" },
	{ "rate=10Mb/s", "rate= is not supported" },
	{ "script=vif-route", "hotplug scripts" },
	{ "backend=net", "driver domains" },
	{ "speed=3", "unknown key 'speed'" },
	{ "fast", "neither key=value nor a flag" },
};

Test(vif, bad_specifications_say_why)
{
	struct vif v;

	for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		capture_start();
		cr_assert_eq(vif_parse(bad[i].spec, &v), -1, "%s",
			     bad[i].spec);
		cr_assert(captured(bad[i].says), "%s", bad[i].spec);
	}
}
