/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Config files (toolstack/config): whatever the text, it is either refused
 * with a message or gives settings within their limits; all memory comes
 * back.
 */
#include "fuzz.h"

#include "config/config.h"
#include "lib/msg.h"

void fuzz_seeds(void (*add)(const void *data, size_t size))
{
	static const char *const texts[] = {
		"name='t'\nkernel='/k'\nmemory=64\n",
		"type=\"pv\"\nname=\"web\"\nkernel=\"/k\"\n"
		"uuid=\"00112233-4455-6677-8899-aabbccddeeff\"\n"
		"ramdisk=\"/i\"\nroot=\"/dev/xvda ro\"\nextra=\"x\"\n"
		"memory=256\nmaxmem=512\nvcpus=2\nmaxvcpus=4\n"
		"cpus=[\"0\",\"1-2,^1\"]\ncpu_weight=512\ncap=50\n"
		"on_crash=\"preserve\"\non_reboot=\"destroy\"\n"
		"disk=['/w.img,raw,xvda,rw','format=qcow2,vdev=sdb3,"
		"access=ro,target=/a b']\n"
		"vif=['bridge=br0,rate=10Mb/s','mac=00:16:3e:00:00:02']\n",
		"name='t'\nkernel='/k'\nmemory=64\ncpus=\"all\"\n"
		"tsc_mode=\"native\"\nmax_grant_frames=64\nclaim_mode=1\n",
		"name='t'\nkernel='/k'\nmemory=64\n"
		"cpus=[['0'],'1']\ndisk=[['/x']]\nvif=['',[]]\n",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		add(texts[i], strlen(texts[i]));
	}
}

/* After a syntax error libxlutil itself forgets some memory. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libxlutil";
}

static unsigned int said;

static void count(enum msg_level level, const char *line)
{
	(void)line;
	said += level == MSG_ERROR;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	struct domain_config *c;

	if (!text) {
		return 0;
	}
	memcpy(text, data, size);
	text[size] = '\0';
	said = 0;
	msg_set_sink(count);
	c = config_read_text("fuzz.cfg", text, NULL, 0);
	if (!c) {
		promise(said > 0);
	} else {
		promise(c->name && c->name[0] && c->kernel && c->cmdline);
		promise(c->vcpus > 0 && c->vcpus <= c->maxvcpus);
		promise(c->maxvcpus <= CONFIG_MAX_VCPUS);
		promise(c->memory_kib > 0 && c->memory_kib <= c->maxmem_kib);
		promise(c->nr_disks <= CONFIG_MAX_DISKS);
		promise(c->nr_vifs <= CONFIG_MAX_VIFS);
		promise(c->nr_affinity <= CONFIG_MAX_VCPUS);
	}
	config_free(c);
	free(text);
	return 0;
}
