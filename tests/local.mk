# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Paravane authors
#
# Tests: on the host under `make check`, in QEMU under `make check-system`
# (the part that CI runs) and `make check-matrix` (every boot combination).

include $(srcdir)/tests/unit/local.mk
include $(srcdir)/tests/guest/local.mk
include $(srcdir)/tests/fuzz/local.mk

.PHONY: check-system check-matrix
check-system: all
	$(top_srcdir)/tests/system/run --build $(abs_top_builddir)
check-matrix: all
	$(top_srcdir)/tests/system/run --build $(abs_top_builddir) --matrix

# For the system test "keel as a guest": runs in domain 0.
noinst_PROGRAMS += suspend-cancel
suspend_cancel_SOURCES = %D%/system/suspend_cancel.c
suspend_cancel_CPPFLAGS = $(toolstack_cppflags)
suspend_cancel_LDADD = $(pvctl_LDADD)
