/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The key table and the scanner that finds which keys a file sets.
 */
#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

#include "config/keys.h"

static char found[512];

static void note(const char *key, int line, void *arg)
{
	size_t used = strlen(found);

	(void)arg;
	snprintf(found + used, sizeof(found) - used, "%s:%d ", key, line);
}

static void expect(const char *text, const char *keys)
{
	found[0] = '\0';
	keys_scan(text, note, NULL);
	cr_assert_str_eq(found, keys, "%s", text);
}

Test(keys, scanner)
{
	expect("", "");
	expect("name=\"a\"\n", "name:1 ");
	expect("name = 'a' ; memory=3\n\nvcpus\t= 2", "name:1 memory:1 vcpus:3 ");
	expect("# x=1\nname='b' # y=2\nz=3", "name:2 z:3 ");
	expect("extra=\"root=/dev/xvda ro\"\nmemory=1", "extra:1 memory:2 ");
	expect("disk=[ 'a=b,c=d',\n 'vdev=xvda' ]\nvif=['']",
	       "disk:1 vif:3 ");
	expect("extra += 'x'", "extra:1 ");
	expect("a='it\\'s b=1'\nc=1", "a:1 c:2 ");
	expect("a='unfinished", "a:1 ");
	expect("no key here", "");
	expect("]]x=1", "");
}

Test(keys, classes)
{
	static const struct {
		const char *key;
		enum key_class class;
	} expected[] = {
		{ "name", KEY_USED }, { "disk", KEY_USED },
		{ "nomigrate", KEY_SILENT }, { "vnc", KEY_NO_EFFECT },
		{ "bios", KEY_NO_EFFECT }, { "pci", KEY_REFUSED },
		{ "memroy", KEY_UNKNOWN }, { "", KEY_UNKNOWN },
	};
	const char *why;

	for (unsigned int i = 0; i < sizeof(expected) / sizeof(expected[0]);
	     i++) {
		cr_assert_eq(key_classify(expected[i].key, &why),
			     expected[i].class, "%s", expected[i].key);
		cr_assert_not_null(why);
	}
}
