/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Network specifications.  Everything that would need a hotplug script in
 * domain 0 (rates, routed networks, address filters) is refused or said to
 * have no effect: pv-netback puts a tap on a bridge and does no more.
 */
#include "config/vif.h"

#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "config/words.h"
#include "lib/msg.h"

#define DEFAULT_BRIDGE "xenbr0"

/* getrandom()'s flag for "now, whatever the pool has"; Linux 5.6. */
#ifndef GRND_INSECURE
#define GRND_INSECURE 0x0004
#endif

/*
 * Names need to be unique, not secret, and a control domain early in its
 * boot may have no entropy yet: waiting for it would cost seconds.
 */
void random_bytes(void *buf, unsigned int len)
{
	unsigned char *p = buf;
	unsigned int i;

	if (getrandom(buf, len, GRND_INSECURE) == (ssize_t)len) {
		return;
	}
	for (i = 0; i < len; i++) {
		p[i] = random() >> 8;
	}
}

static int parse_mac(const char *text, uint8_t mac[6])
{
	unsigned int b[6];
	int i, used = 0;

	if (sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%n", &b[0], &b[1], &b[2],
		   &b[3], &b[4], &b[5], &used) != 6 || text[used]) {
		return -1;
	}
	for (i = 0; i < 6; i++) {
		mac[i] = b[i];
	}
	return 0;
}

static int set_name(const char *spec, const char *key, const char *value,
		    char **out)
{
	if (!*value || strlen(value) >= IFNAMSIZ || strchr(value, '/')) {
		return msg_error("vif '%s': %s='%s' is no interface name; it has 1 to %d characters and no '/'",
				 spec, key, value, IFNAMSIZ - 1);
	}
	free(*out);
	*out = strdup(value);
	return 0;
}

static int set_number(const char *spec, const char *key, const char *value,
		      int min, int max, int *out)
{
	char *end;
	long n = strtol(value, &end, 10);

	if (end == value || *end || n < min || n > max) {
		return msg_error("vif '%s': %s='%s' must be a number from %d to %d",
				 spec, key, value, min, max);
	}
	*out = n;
	return 0;
}

/* Keys of xl that change nothing here, and keys that cannot be honoured. */
static const struct {
	const char *key;
	bool refuse;
	const char *why;
} others[] = {
	{ "type", false, "it is for HVM guests only" },
	{ "model", false, "it is for HVM guests only" },
	{ "ip", false,
	  "addresses are not filtered; set it inside the guest" },
	{ "rate", true, "limit the tap with tc(8) instead" },
	{ "gatewaydev", true, "there are no routed networks; use bridge=" },
	{ "netdev", true, "there are no routed networks; use bridge=" },
};

static int parse_other(const char *spec, const char *key)
{
	unsigned int i;

	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		if (strcmp(key, others[i].key)) {
			continue;
		}
		if (others[i].refuse) {
			return msg_error("vif '%s': %s= is not supported: %s",
					 spec, key, others[i].why);
		}
		msg_warn("vif '%s': %s= has no effect: %s", spec, key,
			 others[i].why);
		return 0;
	}
	return msg_error("vif '%s': unknown key '%s'; see xl-network-configuration(5)",
			 spec, key);
}

static int set_mac(const char *spec, const char *value, struct vif *vif)
{
	if (parse_mac(value, vif->mac)) {
		return msg_error("vif '%s': mac='%s' must look like 00:16:3e:12:34:56",
				 spec, value);
	}
	if (vif->mac[0] & 1) {
		return msg_error("vif '%s': mac=%s is a multicast address; make its first byte even",
				 spec, value);
	}
	return 0;
}

/* Only what asks for nothing but the default is accepted. */
static int check_script(const char *spec, const char *value)
{
	if (!strcmp(value, "vif-bridge") ||
	    !strcmp(value, "/etc/xen/scripts/vif-bridge")) {
		return 0;
	}
	return msg_error("vif '%s': hotplug scripts are not supported: '%s'; use bridge=",
			 spec, value);
}

static int check_backend(const char *spec, const char *value)
{
	if (!strcmp(value, "0") || !strcmp(value, "Domain-0")) {
		return 0;
	}
	return msg_error("vif '%s': driver domains are not supported: '%s'; remove backend=",
			 spec, value);
}

static int parse_pair(const char *spec, struct vif *vif, const char *key,
		      const char *value)
{
	if (!strcmp(key, "mac")) {
		return set_mac(spec, value, vif);
	}
	if (!strcmp(key, "bridge")) {
		return set_name(spec, key, value, &vif->bridge);
	}
	if (!strcmp(key, "vifname")) {
		return set_name(spec, key, value, &vif->ifname);
	}
	if (!strcmp(key, "devid")) {
		return set_number(spec, key, value, 0, 255, &vif->devid);
	}
	if (!strcmp(key, "mtu")) {
		return set_number(spec, key, value, 68, 65521, &vif->mtu);
	}
	if (!strcmp(key, "script")) {
		return check_script(spec, value);
	}
	if (!strcmp(key, "backend")) {
		return check_backend(spec, value);
	}
	return parse_other(spec, key);
}

static int parse_word(const char *spec, struct vif *vif, char *word)
{
	char *equals = strchr(word, '=');

	if (equals) {
		*equals = '\0';
		return parse_pair(spec, vif, word_trim(word),
				  word_trim(equals + 1));
	}
	if (!strcmp(word, "trusted")) {
		vif->trusted = true;
	} else if (!strcmp(word, "untrusted")) {
		vif->trusted = false;
	} else if (*word) {
		return msg_error("vif '%s': '%s' is neither key=value nor a flag; see xl-network-configuration(5)",
				 spec, word);
	}
	return 0;
}

int vif_parse(const char *spec, struct vif *vif)
{
	static const uint8_t no_mac[6];
	char *copy = strdup(spec), *next = copy, *word;
	int ret = 0;

	memset(vif, 0, sizeof(*vif));
	vif->devid = -1;
	vif->trusted = true;
	vif->bridge = strdup(DEFAULT_BRIDGE);
	while (!ret && (word = strsep(&next, ","))) {
		ret = parse_word(spec, vif, word_trim(word));
	}
	free(copy);
	if (ret) {
		vif_free(vif);
		return ret;
	}
	if (!memcmp(vif->mac, no_mac, 6)) {
		/* Xen's own range, lower half of its third byte pair. */
		random_bytes(vif->mac, 6);
		vif->mac[0] = 0x00;
		vif->mac[1] = 0x16;
		vif->mac[2] = 0x3e;
		vif->mac[3] &= 0x7f;
	}
	return 0;
}

void vif_free(struct vif *vif)
{
	free(vif->bridge);
	free(vif->ifname);
	vif->bridge = NULL;
	vif->ifname = NULL;
}
