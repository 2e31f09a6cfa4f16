/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The tap device of a virtual network interface: see net_tap.h.
 */
#include "net/net_tap.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#ifndef TUNSETCARRIER
#define TUNSETCARRIER _IOW('T', 226, int)
#endif

/* An empty request about interface @name. -ENAMETOOLONG: no such name. */
static int request(struct ifreq *ifr, const char *name)
{
	size_t n = strlen(name);

	memset(ifr, 0, sizeof(*ifr));
	if (n >= sizeof(ifr->ifr_name)) {
		return -ENAMETOOLONG;
	}
	memcpy(ifr->ifr_name, name, n);
	return 0;
}

static int create(struct net_tap *tap, const char *name)
{
	struct ifreq ifr;

	tap->fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (tap->fd < 0) {
		return -errno;
	}
	if (request(&ifr, name) != 0) {
		return -ENAMETOOLONG;
	}
	ifr.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR;
	if (ioctl(tap->fd, TUNSETIFF, &ifr) < 0) {
		return -errno;
	}
	memcpy(tap->name, ifr.ifr_name, sizeof(tap->name));
	tap->name[sizeof(tap->name) - 1] = '\0';
	return 0;
}

/* The highest address there is, so that the bridge never takes it over. */
static int set_address(int sock, const char *name)
{
	static const unsigned char addr[6] = {
		0xfe, 0xff, 0xff, 0xff, 0xff, 0xff,
	};
	struct ifreq ifr;

	if (request(&ifr, name) != 0) {
		return -ENAMETOOLONG;
	}
	ifr.ifr_hwaddr.sa_family = ARPHRD_ETHER;
	memcpy(ifr.ifr_hwaddr.sa_data, addr, sizeof(addr));
	return ioctl(sock, SIOCSIFHWADDR, &ifr) < 0 ? -errno : 0;
}

static int set_mtu(int sock, const char *name, unsigned int mtu)
{
	struct ifreq ifr;

	if (request(&ifr, name) != 0) {
		return -ENAMETOOLONG;
	}
	ifr.ifr_mtu = (int)mtu;
	return ioctl(sock, SIOCSIFMTU, &ifr) < 0 ? -errno : 0;
}

static int set_up(int sock, const char *name)
{
	struct ifreq ifr;

	if (request(&ifr, name) != 0) {
		return -ENAMETOOLONG;
	}
	if (ioctl(sock, SIOCGIFFLAGS, &ifr) < 0) {
		return -errno;
	}
	ifr.ifr_flags |= IFF_UP;
	return ioctl(sock, SIOCSIFFLAGS, &ifr) < 0 ? -errno : 0;
}

static int join_bridge(int sock, const char *name, const char *bridge)
{
	struct ifreq ifr;

	if (request(&ifr, bridge) != 0) {
		return -ENAMETOOLONG;
	}
	ifr.ifr_ifindex = (int)if_nametoindex(name);
	if (ifr.ifr_ifindex == 0) {
		return -errno;
	}
	return ioctl(sock, SIOCBRADDIF, &ifr) < 0 ? -errno : 0;
}

/* Domain 0 itself has no business on the guest's wire. */
static void no_ipv6(const char *name)
{
	char path[80];
	int fd;

	snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/disable_ipv6",
		 name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0) {
		return;
	}
	if (write(fd, "1", 1) < 0) {
		errno = 0;
	}
	close(fd);
}

static int configure(struct net_tap *tap, int sock, const char *bridge,
		     unsigned int mtu, const char **what)
{
	int rc;

	*what = "set the address of its tap device";
	rc = set_address(sock, tap->name);
	if (rc == 0 && mtu != 0) {
		*what = "set the MTU of its tap device";
		rc = set_mtu(sock, tap->name, mtu);
	}
	if (rc == 0 && bridge) {
		*what = "join the bridge";
		rc = join_bridge(sock, tap->name, bridge);
	}
	if (rc == 0) {
		*what = "bring its tap device up";
		no_ipv6(tap->name);
		rc = set_up(sock, tap->name);
	}
	return rc;
}

int net_tap_open(struct net_tap *tap, const char *name, const char *bridge,
		 unsigned int mtu, const char **what)
{
	int sock, rc;

	*what = "create a tap device";
	rc = create(tap, name);
	if (rc != 0) {
		goto out_close;
	}
	net_tap_carrier(tap, false);
	sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (sock < 0) {
		rc = -errno;
		goto out_close;
	}
	rc = configure(tap, sock, bridge, mtu, what);
	close(sock);
	if (rc == 0) {
		return 0;
	}

out_close:
	net_tap_close(tap);
	return rc;
}

void net_tap_close(struct net_tap *tap)
{
	if (tap->fd >= 0) {
		close(tap->fd);
	}
	tap->fd = -1;
}

void net_tap_carrier(struct net_tap *tap, bool up)
{
	int on = up;

	/* Kernels before 4.20 cannot; then the carrier is always there. */
	if (ioctl(tap->fd, TUNSETCARRIER, &on) < 0) {
		errno = 0;
	}
}

int net_tap_offloads(struct net_tap *tap, bool csum, bool tso4, bool tso6)
{
	unsigned long flags = 0;

	if (csum) {
		flags |= TUN_F_CSUM;
		flags |= tso4 ? TUN_F_TSO4 : 0;
		flags |= tso6 ? TUN_F_TSO6 : 0;
	}
	return ioctl(tap->fd, TUNSETOFFLOAD, flags) < 0 ? -errno : 0;
}

ssize_t net_tap_read(struct net_tap *tap, struct virtio_net_hdr *h,
		     void *data, size_t room)
{
	struct iovec iov[2] = {
		{ .iov_base = h, .iov_len = sizeof(*h) },
		{ .iov_base = data, .iov_len = room },
	};
	ssize_t n = readv(tap->fd, iov, 2);

	if (n < 0) {
		return -errno;
	}
	if ((size_t)n < sizeof(*h)) {
		return -EIO;
	}
	return n - (ssize_t)sizeof(*h);
}
