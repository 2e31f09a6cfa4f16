# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Paravane authors
#
# The conformance suite: one PV kernel, keel-tests, with the harness and every
# test folder's sources in it.

GUEST_TESTS_SRCS = $(sort $(wildcard $(srcdir)/%D%/*/*.c) \
	$(wildcard $(srcdir)/%D%/*/*.S))
GUEST_TESTS_OBJS = $(patsubst $(srcdir)/%,%.o, \
	$(basename $(GUEST_TESTS_SRCS)))

# CHECK(condition) has an empty text.
GUEST_TESTS_OPTIONS = -Wno-format-zero-length -iquote $(srcdir)/%D%

PARAVANE_ALL += keel-tests

%D%/%.o: $(srcdir)/%D%/%.c
	@mkdir -p $(@D)
	$(KEEL_V)$(KEEL_COMPILE) $(GUEST_TESTS_OPTIONS) -c -o $@ $<

%D%/%.o: $(srcdir)/%D%/%.S
	@mkdir -p $(@D)
	$(KEEL_V)$(KEEL_COMPILE) $(GUEST_TESTS_OPTIONS) -c -o $@ $<

keel-tests: $(GUEST_TESTS_OBJS) $(KEEL_DIR)/libkeel.a $(KEEL_DIR)/keel.lds
	$(KEEL_V)$(KEEL_LINK) -o $@ $(GUEST_TESTS_OBJS) \
		-Wl,--whole-archive $(KEEL_DIR)/libkeel.a \
		-Wl,--no-whole-archive

-include $(GUEST_TESTS_OBJS:.o=.d)

PARAVANE_CLEAN += clean-guest-tests
.PHONY: clean-guest-tests
clean-guest-tests:
	rm -f keel-tests $(GUEST_TESTS_OBJS) $(GUEST_TESTS_OBJS:.o=.d)

# The suite on our hypervisor, and a kernel from outside this tree.
.PHONY: check-guest
check-guest: all
	PARAVANE_BUILD=$(abs_top_builddir) $(top_srcdir)/tests/run
	$(top_srcdir)/%D%/own-kernel $(abs_top_builddir)
