# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Paravane authors
#
# The backends, which run in domain 0, and the unit tests of their pure
# parts: ring, requests, offloads, state decisions, numbers.

sbin_PROGRAMS += pv-blkback pv-netback
dist_man_MANS += %D%/blk/pv-blkback.8 %D%/net/pv-netback.8

backend_cppflags = $(AM_CPPFLAGS) -DHAVE_CONFIG_H -I$(srcdir)/%D% \
	$(XENEVTCHN_CFLAGS) $(XENGNTTAB_CFLAGS) $(XENSTORE_CFLAGS) \
	$(LIBURING_CFLAGS)
backend_libs = $(XENEVTCHN_LIBS) $(XENGNTTAB_LIBS) $(XENSTORE_LIBS)

backend_common = \
	%D%/common/backend.c %D%/common/backend.h \
	%D%/common/channel.c \
	%D%/common/log.c %D%/common/log.h \
	%D%/common/loop.c %D%/common/loop.h \
	%D%/common/number.c %D%/common/number.h \
	%D%/common/own_pages.c %D%/common/own_pages.h \
	%D%/common/process.c %D%/common/process.h \
	%D%/common/ring.c %D%/common/ring.h \
	%D%/common/seccomp.c %D%/common/seccomp.h \
	%D%/common/store.c %D%/common/store.h \
	%D%/common/uring.c %D%/common/uring.h \
	%D%/common/xenbus.c %D%/common/xenbus.h \
	%D%/common/xenbus_state.c %D%/common/xenbus_state.h

pv_blkback_SOURCES = $(backend_common) \
	%D%/blk/main.c \
	%D%/blk/blk_device.h \
	%D%/blk/blk_image.c %D%/blk/blk_image.h \
	%D%/blk/blk_jobs.c \
	%D%/blk/blk_pages.c %D%/blk/blk_pages.h \
	%D%/blk/blk_request.c %D%/blk/blk_request.h \
	%D%/blk/blk_ring.c
pv_blkback_CPPFLAGS = $(backend_cppflags)
pv_blkback_LDADD = $(backend_libs) $(LIBURING_LIBS)

pv_netback_SOURCES = $(backend_common) \
	%D%/net/main.c \
	%D%/net/net_device.h \
	%D%/net/net_offload.c %D%/net/net_offload.h \
	%D%/net/net_request.c %D%/net/net_request.h \
	%D%/net/net_rings.c \
	%D%/net/net_rx.c \
	%D%/net/net_tap.c %D%/net/net_tap.h \
	%D%/net/net_tx.c
pv_netback_CPPFLAGS = $(backend_cppflags)
pv_netback_LDADD = $(backend_libs) $(LIBURING_LIBS)

if HAVE_CRITERION
check_PROGRAMS += tests/unit/backend/test-backend \
	tests/unit/backend/test-device
TESTS += tests/unit/backend/test-backend tests/unit/backend/test-device
endif
tests_unit_backend_test_backend_SOURCES = \
	tests/unit/backend/test_log.c \
	tests/unit/backend/test_number.c \
	tests/unit/backend/test_ring.c \
	tests/unit/backend/test_state.c \
	tests/unit/backend/test_blk.c \
	tests/unit/backend/test_net_chain.c \
	tests/unit/backend/test_net_offload.c \
	%D%/common/log.c \
	%D%/common/number.c \
	%D%/common/ring.c \
	%D%/common/xenbus_state.c \
	%D%/blk/blk_request.c \
	%D%/net/net_offload.c \
	%D%/net/net_request.c
tests_unit_backend_test_backend_CPPFLAGS = $(backend_cppflags) \
	$(CRITERION_CFLAGS)
tests_unit_backend_test_backend_CFLAGS = $(AM_CFLAGS) $(SANITIZE_CFLAGS)
tests_unit_backend_test_backend_LDADD = $(CRITERION_LIBS)

# The same programs without main(), against a pretended Xen.
tests_unit_backend_test_device_SOURCES = \
	tests/unit/backend/fake_xen.c \
	tests/unit/backend/fake_xen.h \
	tests/unit/backend/test_blk_device.c \
	tests/unit/backend/test_net_device.c \
	%D%/common/channel.c \
	%D%/common/log.c \
	%D%/common/loop.c \
	%D%/common/number.c \
	%D%/common/own_pages.c \
	%D%/common/ring.c \
	%D%/common/store.c \
	%D%/common/uring.c \
	%D%/common/xenbus.c \
	%D%/common/xenbus_state.c \
	%D%/blk/blk_image.c \
	%D%/blk/blk_jobs.c \
	%D%/blk/blk_pages.c \
	%D%/blk/blk_request.c \
	%D%/blk/blk_ring.c \
	%D%/net/net_offload.c \
	%D%/net/net_request.c \
	%D%/net/net_rings.c \
	%D%/net/net_rx.c \
	%D%/net/net_tap.c \
	%D%/net/net_tx.c
tests_unit_backend_test_device_CPPFLAGS = $(backend_cppflags) \
	-I$(srcdir)/tests/unit/backend $(CRITERION_CFLAGS)
tests_unit_backend_test_device_CFLAGS = $(AM_CFLAGS) $(SANITIZE_CFLAGS)
tests_unit_backend_test_device_LDADD = $(CRITERION_LIBS) $(LIBURING_LIBS)

# For the system test "hostile frontends": runs in domain 0.
noinst_PROGRAMS += fake-frontend
fake_frontend_SOURCES = tests/system/backend/fake_frontend.c
fake_frontend_CPPFLAGS = $(backend_cppflags)
fake_frontend_LDADD = $(backend_libs)
