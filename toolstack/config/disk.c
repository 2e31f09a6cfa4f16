/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Disk specifications: a comma-separated list in which bare words fill
 * target, format, vdev and access in that order, and key=value pairs or flags
 * may stand anywhere.  "target=" takes the rest of the text as it is.  The
 * older "phy:/dev/x,xvda,w" form only adds prefixes, which are dropped.
 *
 * What Paravane's backend cannot do (image formats other than raw, hotplug
 * scripts, driver domains) is refused here, by name, before anything is built.
 */
#include "config/disk.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/words.h"
#include "lib/msg.h"

enum position { POS_TARGET, POS_FORMAT, POS_VDEV, POS_ACCESS, POS_END };

struct parse {
	const char *spec;
	struct disk *disk;
	char *field[POS_END];
	bool given[POS_END];
};

static int refuse(const struct parse *p, const char *what, const char *word,
		  const char *advice)
{
	return msg_error("disk '%s': %s '%s'; %s", p->spec, what, word, advice);
}

static int set_field(struct parse *p, enum position pos, const char *value)
{
	static const char *const name[] = { "target", "format", "vdev",
					    "access" };

	if (p->given[pos] && p->field[pos] && *p->field[pos]) {
		return refuse(p, "given twice:", name[pos], "keep one");
	}
	free(p->field[pos]);
	p->field[pos] = strdup(value);
	p->given[pos] = true;
	return 0;
}

/* The words that stand alone; 1 if @word is none of them. */
static int parse_flag(struct parse *p, const char *word)
{
	struct disk *d = p->disk;

	if (!strcmp(word, "cdrom")) {
		d->cdrom = true;
	} else if (!strcmp(word, "discard")) {
		d->discard = true;
	} else if (!strcmp(word, "no-discard")) {
		d->discard = false;
	} else if (!strcmp(word, "trusted")) {
		d->trusted = true;
	} else if (!strcmp(word, "untrusted")) {
		d->trusted = false;
	} else if (!strcmp(word, "direct-io-safe")) {
		/* Our backend's I/O is always safe in the sense meant here. */
	} else if (!strcmp(word, "colo")) {
		return refuse(p, "unsupported flag", word, "remove it");
	} else {
		return 1;
	}
	return 0;
}

static int parse_pair(struct parse *p, const char *key, const char *value)
{
	static const char *const name[] = { "target", "format", "vdev",
					    "access" };
	int pos;

	for (pos = 0; pos < POS_END; pos++) {
		if (!strcmp(key, name[pos])) {
			return set_field(p, pos, value);
		}
	}
	if (!strcmp(key, "devtype")) {
		if (!strcmp(value, "cdrom")) {
			p->disk->cdrom = true;
			return 0;
		}
		return refuse(p, "unknown devtype", value,
			      "'cdrom' is the only one");
	}
	if (!strcmp(key, "backendtype")) {
		msg_warn("disk '%s': backendtype=%s has no effect: pv-blkback serves every disk",
			 p->spec, value);
		return 0;
	}
	if (!strcmp(key, "backend")) {
		if (!strcmp(value, "0") || !strcmp(value, "Domain-0")) {
			return 0;
		}
		return refuse(p, "driver domains are not supported:", value,
			      "remove backend=");
	}
	if (!strcmp(key, "script")) {
		return refuse(p, "hotplug scripts are not supported:", value,
			      "set the device up first and give its path");
	}
	if (!strcmp(key, "specification")) {
		if (!strcmp(value, "xen")) {
			return 0;
		}
		return refuse(p, "unsupported specification", value,
			      "only 'xen' exists");
	}
	return refuse(p, "unknown key", key, "see xl-disk-configuration(5)");
}

/* Older specifications begin with words like "phy:" or "tap:aio:raw:". */
static int strip_prefixes(struct parse *p, char **word)
{
	static const char *const dropped[] = {
		"phy:", "file:", "raw:", "tap:", "tap2:", "tapdisk:", "aio:",
		"ioemu:",
	};
	static const char *const refused[] = {
		"qcow:", "qcow2:", "vhd:", "qed:", "iscsi:", "nbd:", "enbd:",
		"drbd:",
	};
	unsigned int i;

again:
	for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		if (!strncmp(*word, refused[i], strlen(refused[i]))) {
			return refuse(p, "unsupported prefix", refused[i],
				      "give a raw image or a block device");
		}
	}
	for (i = 0; i < sizeof(dropped) / sizeof(dropped[0]); i++) {
		if (!strncmp(*word, dropped[i], strlen(dropped[i]))) {
			*word += strlen(dropped[i]);
			goto again;
		}
	}
	return 0;
}

static bool is_format(const char *word)
{
	return !strcmp(word, "raw") || !strcmp(word, "qcow") ||
	       !strcmp(word, "qcow2") || !strcmp(word, "vhd") ||
	       !strcmp(word, "qed");
}

static int parse_positional(struct parse *p, char *word)
{
	char *colon;
	int pos = POS_TARGET;

	while (pos < POS_END && p->given[pos]) {
		pos++;
	}
	if (pos == POS_END) {
		return refuse(p, "one word too many:", word,
			      "the order is target, format, vdev, access");
	}
	if (pos == POS_TARGET && strip_prefixes(p, &word)) {
		return -1;
	}
	/* The old form has no format: "file:/x.img,xvda,w". */
	if (pos == POS_FORMAT && *word && !is_format(word)) {
		p->given[POS_FORMAT] = true;
		pos = POS_VDEV;
	}
	colon = pos == POS_VDEV ? strchr(word, ':') : NULL;
	if (colon) {
		*colon = '\0';
		if (strcmp(colon + 1, "cdrom") && strcmp(colon + 1, "disk")) {
			return refuse(p, "unknown devtype", colon + 1,
				      "use 'cdrom' or nothing");
		}
		p->disk->cdrom = !strcmp(colon + 1, "cdrom");
	}
	return set_field(p, pos, word);
}

static int parse_words(struct parse *p, char *text)
{
	char *next = text;

	while (next) {
		char *word = next, *equals;
		int ret;

		while (isspace((unsigned char)*word)) {
			word++;
		}
		/* target= by name swallows the rest, commas and all. */
		if (!strncmp(word, "target=", 7)) {
			free(p->field[POS_TARGET]);
			p->field[POS_TARGET] = strdup(word + 7);
			p->given[POS_TARGET] = true;
			return 0;
		}
		next = strchr(word, ',');
		if (next) {
			*next++ = '\0';
		}
		word = word_trim(word);
		equals = strchr(word, '=');
		if (equals) {
			*equals = '\0';
			ret = parse_pair(p, word_trim(word),
					 word_trim(equals + 1));
		} else {
			ret = parse_flag(p, word);
			if (ret > 0) {
				ret = parse_positional(p, word);
			}
		}
		if (ret) {
			return ret;
		}
	}
	return 0;
}

static int check_access(struct parse *p)
{
	const char *access = p->field[POS_ACCESS];

	if (!access || !*access) {
		p->disk->readonly = p->disk->cdrom;
	} else if (!strcmp(access, "r") || !strcmp(access, "ro")) {
		p->disk->readonly = true;
	} else if (!strcmp(access, "w") || !strcmp(access, "rw") ||
		   !strcmp(access, "w!")) {
		p->disk->readonly = false;
	} else {
		return refuse(p, "unknown access", access,
			      "use 'rw' or 'ro'");
	}
	if (p->disk->cdrom && !p->disk->readonly) {
		return refuse(p, "access of a cdrom cannot be", access,
			      "use 'ro'");
	}
	return 0;
}

static int check_fields(struct parse *p)
{
	const char *target = p->field[POS_TARGET];
	const char *format = p->field[POS_FORMAT];
	const char *vdev = p->field[POS_VDEV];
	struct disk *d = p->disk;
	int devid;

	if (!vdev || !*vdev) {
		return msg_error("disk '%s': no virtual device; add one, for example vdev=xvda",
				 p->spec);
	}
	devid = vdev_to_devid(vdev);
	if (devid < 0 || strlen(vdev) >= sizeof(d->vdev)) {
		return refuse(p, "unknown virtual device", vdev,
			      "use xvda, xvdb, ...");
	}
	d->devid = devid;
	strcpy(d->vdev, vdev);
	if (format && *format && strcmp(format, "raw")) {
		return refuse(p, "unsupported format", format,
			      "convert it with 'qemu-img convert -O raw'");
	}
	if (!target || !*target) {
		return msg_error("disk '%s': no target; empty drives are not supported, give the path of an image or block device",
				 p->spec);
	}
	if (asprintf(&d->path, "%s%s", *target == '/' ? "" : "/dev/",
		     target) < 0) {
		return msg_error("out of memory");
	}
	return check_access(p);
}

int disk_parse(const char *spec, struct disk *disk)
{
	struct parse p = { .spec = spec, .disk = disk };
	char *copy = strdup(spec);
	int ret, i;

	memset(disk, 0, sizeof(*disk));
	disk->discard = true;
	disk->trusted = true;
	ret = parse_words(&p, copy);
	if (!ret) {
		ret = check_fields(&p);
	}
	for (i = 0; i < POS_END; i++) {
		free(p.field[i]);
	}
	free(copy);
	if (ret) {
		disk_free(disk);
	}
	return ret;
}

void disk_free(struct disk *disk)
{
	free(disk->path);
	disk->path = NULL;
}
