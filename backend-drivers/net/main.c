/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * pv-netback: one virtual network interface of one domain, joined to a
 * bridge of domain 0 through a tap device. Here: the command line, and what
 * the interface says about itself in xenstore (meanings: xen/io/netif.h).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "common/log.h"
#include "common/store.h"
#include "net/net_device.h"

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "unknown"
#endif

static const char usage[] =
"Usage: pv-netback --frontend-domid N --devid D --backend-path PATH [OPTION]...\n"
"Serve a network interface of a Xen PV domain through a tap device.\n"
"\n"
"  --bridge BRIDGE       put the tap device on BRIDGE\n"
"  --mac MAC             address of the domain's interface\n"
"  --lock-mac            refuse packets that the domain sends from others\n"
"  --ifname NAME         name of the tap device (default vifN.D)\n"
BACKEND_HELP
"  --help, --version\n"
"\n"
"It ends by itself when the device or the domain is gone; the tap device\n"
"goes with it. SIGTERM closes the device.\n";

static void on_tap(void *arg)
{
	struct net_device *d = arg;

	/* Nothing was asked for: so somebody removed the tap device. */
	if (d->tap_source.events == 0) {
		net_tap_lost(d);
	}
	d->tap_ready = true;
}

/* Granted to ourselves: the domain whose backends are at this path. */
static int make_buffers(struct backend *be, struct net_device *d)
{
	unsigned int self = 0;
	int rc;

	if (sscanf(be->path, "/local/domain/%u/", &self) != 1) {
		self = 0;
	}
	rc = own_pages_open(&d->tx_pages, be->gntshr, self, NET_TX_PAGES);
	return rc != 0 ? rc : own_pages_open(&d->rx_pages, be->gntshr, self,
					     NET_RX_PAGES);
}

static int net_start(struct backend *be)
{
	struct net_device *d = be->device;
	const char *what;
	uint64_t mtu = 0;
	int rc;

	rc = make_buffers(be, d);
	if (rc != 0) {
		log_error("no memory");
		return rc;
	}
	rc = net_tx_open(d);
	if (rc != 0) {
		return rc;
	}
	if (store_read_number(be->xs, be->path, "mtu", 65535, &mtu) != 0) {
		mtu = 0;
	}
	snprintf(d->name, sizeof(d->name), "vif%u.%u", be->domid, be->devid);
	rc = net_tap_open(&d->tap, d->ifname ? d->ifname : d->name, d->bridge,
			  (unsigned int)mtu, &what);
	if (rc != 0) {
		log_error("cannot %s (%s%s%s): %s", what,
			  d->ifname ? d->ifname : d->name,
			  d->bridge ? " on " : "", d->bridge ? d->bridge : "",
			  strerror(-rc));
		return rc;
	}
	d->tap_ready = true;
	d->tap_source = (struct loop_source){
		.fd = d->tap.fd, .events = 0, .ready = on_tap, .arg = d,
	};
	rc = loop_add(&be->loop, &d->tap_source);
	if (rc != 0) {
		log_error("cannot wait for packets: %s", strerror(-rc));
		return rc;
	}
	log_info("%s%s%s, copies by %s", d->tap.name, d->bridge ? " on " : "",
		 d->bridge ? d->bridge : "",
		 d->rx_pages.refs ? "grant" : "address");
	return 0;
}

static int net_publish(struct backend *be)
{
	static const char *const features[] = {
		"feature-sg",
		"feature-gso-tcpv4",
		"feature-gso-tcpv6",
		"feature-ipv6-csum-offload",
		"feature-rx-copy",
		"feature-split-event-channels",
	};
	unsigned int i;

	for (i = 0; i < sizeof(features) / sizeof(features[0]); i++) {
		int rc = store_write(be->xs, be->path, features[i], "1");

		if (rc != 0) {
			return rc;
		}
	}
	return store_write(be->xs, be->path, "hotplug-status", "connected");
}

static void net_stop(struct backend *be)
{
	struct net_device *d = be->device;

	net_tx_close(d);
	net_tap_close(&d->tap);
	own_pages_close(&d->tx_pages);
	own_pages_close(&d->rx_pages);
}

static const struct backend_ops net_ops = {
	.program = "pv-netback",
	.start = net_start,
	.publish = net_publish,
	.attach = net_rings_attach,
	.attached = net_rings_attached,
	.work = net_rings_work,
	.detach = net_rings_detach,
	.stop = net_stop,
};

static const struct option options[] = {
	BACKEND_OPTIONS,
	{ "bridge", required_argument, NULL, 'b' },
	{ "mac", required_argument, NULL, 'm' },
	{ "lock-mac", no_argument, NULL, 'k' },
	{ "ifname", required_argument, NULL, 'n' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'v' },
	{ NULL, 0, NULL, 0 },
};

static bool parse_mac(const char *text, uint8_t *mac)
{
	char end;

	return sscanf(text, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx%c", &mac[0],
		      &mac[1], &mac[2], &mac[3], &mac[4], &mac[5], &end) == 6;
}

static bool net_option(struct net_device *d, int c, const char *value)
{
	switch (c) {
	case 'b':
		d->bridge = value;
		return true;
	case 'm':
		d->have_mac = parse_mac(value, d->mac);
		return d->have_mac;
	case 'k':
		d->lock_mac = true;
		return true;
	case 'n':
		d->ifname = value;
		return true;
	default:
		return backend_option(d->be, c, value);
	}
}

/* Negative: go on. Otherwise the exit status. */
static int parse(int argc, char **argv, struct net_device *d)
{
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 'h') {
			fputs(usage, stdout);
			return 0;
		}
		if (c == 'v') {
			puts("pv-netback (Paravane) " PACKAGE_VERSION);
			return 0;
		}
		if (!net_option(d, c, optarg)) {
			fputs("Try 'pv-netback --help'.\n", stderr);
			return 2;
		}
	}
	if (d->lock_mac && !d->have_mac) {
		fputs("pv-netback: --lock-mac needs --mac\n", stderr);
		return 2;
	}
	if (optind != argc || !backend_options_complete(d->be)) {
		fputs(usage, stderr);
		return 2;
	}
	return -1;
}

int main(int argc, char **argv)
{
	static struct net_device device;
	static struct backend be;
	int rc;

	be.ops = &net_ops;
	be.device = &device;
	device.be = &be;
	device.tap.fd = -1;
	device.tx_port = -1;
	device.rx_port = -1;
	rc = parse(argc, argv, &device);
	if (rc >= 0) {
		return rc;
	}
	return backend_run(&be);
}
