# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Paravane authors
#
# pvctl, its manual pages and shell completion, and the unit tests of config
# reading.

sbin_PROGRAMS += pvctl
dist_man_MANS += %D%/man/pvctl.1 %D%/man/pvctl.cfg.5

toolstack_cppflags = $(AM_CPPFLAGS) -DHAVE_CONFIG_H -I$(srcdir)/%D% \
	-DBACKEND_DIR='"$(sbindir)"' \
	$(XENCONTROL_CFLAGS) $(XENGUEST_CFLAGS) $(XENSTORE_CFLAGS) \
	$(XENTOOLLOG_CFLAGS)

toolstack_config = \
	%D%/config/config.h \
	%D%/config/read.c %D%/config/reader.h %D%/config/settings.c \
	%D%/config/cpus.c %D%/config/cpus.h \
	%D%/config/disk.c %D%/config/disk.h %D%/config/vdev.c \
	%D%/config/keys.c %D%/config/keys.h \
	%D%/config/vif.c %D%/config/vif.h \
	%D%/config/words.c %D%/config/words.h \
	%D%/lib/clock.h %D%/lib/msg.c %D%/lib/msg.h

pvctl_SOURCES = $(toolstack_config) \
	%D%/lib/backends.c %D%/lib/backends.h \
	%D%/lib/build.c %D%/lib/build.h \
	%D%/lib/console.c %D%/lib/console.h \
	%D%/lib/guest.c %D%/lib/guest.h \
	%D%/lib/json.c %D%/lib/json.h \
	%D%/lib/power.c %D%/lib/power.h \
	%D%/lib/progress.c %D%/lib/progress.h \
	%D%/lib/rundir.c %D%/lib/rundir.h \
	%D%/lib/store.c %D%/lib/store.h \
	%D%/lib/tools.c %D%/lib/tools.h \
	%D%/lib/watcher.c %D%/lib/watcher.h \
	%D%/cli/command.h %D%/cli/main.c \
	%D%/cli/console.c %D%/cli/create.c %D%/cli/destroy.c \
	%D%/cli/stats.c %D%/cli/dmesg.c %D%/cli/info.c %D%/cli/list.c %D%/cli/pause.c \
	%D%/cli/reboot.c %D%/cli/shutdown.c %D%/cli/unpause.c
pvctl_CPPFLAGS = $(toolstack_cppflags)
pvctl_LDADD = $(XLUTIL_LIBS) $(XENGUEST_LIBS) $(XENCONTROL_LIBS) \
	$(XENSTORE_LIBS) $(XENTOOLLOG_LIBS)

bashcompletiondir = $(datadir)/bash-completion/completions
dist_bashcompletion_DATA = %D%/completion/pvctl

if HAVE_CRITERION
check_PROGRAMS += tests/unit/toolstack/test-toolstack
TESTS += tests/unit/toolstack/test-toolstack
endif
tests_unit_toolstack_test_toolstack_SOURCES = \
	tests/unit/toolstack/capture.c tests/unit/toolstack/capture.h \
	tests/unit/toolstack/test_config.c \
	tests/unit/toolstack/test_cpus.c \
	tests/unit/toolstack/test_disk.c \
	tests/unit/toolstack/test_json.c \
	tests/unit/toolstack/test_keys.c \
	tests/unit/toolstack/test_vif.c \
	%D%/lib/json.c %D%/lib/json.h \
	$(toolstack_config)
tests_unit_toolstack_test_toolstack_CPPFLAGS = $(toolstack_cppflags) \
	-I$(srcdir)/tests/unit/toolstack $(CRITERION_CFLAGS)
tests_unit_toolstack_test_toolstack_CFLAGS = $(AM_CFLAGS) $(SANITIZE_CFLAGS)
tests_unit_toolstack_test_toolstack_LDADD = $(XLUTIL_LIBS) $(CRITERION_LIBS)
