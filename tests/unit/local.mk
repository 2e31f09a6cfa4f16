# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Paravane authors
#
# The part of the root Makefile.am that builds tests/unit/: the hypervisor's
# pure parts, compiled for the host with sanitizers (PARAVANE_HOST_TEST). Those
# of the toolstack and of the backends are in their own folders' local.mk.
# Automake gets no say in the flags: they are the hypervisor's. (object-size
# does not understand per-CPU variables.)

HVT_CFLAGS = -std=gnu11 -g -O1 -fsanitize=address,undefined \
	-fno-sanitize=object-size -fno-sanitize-recover=all -DPARAVANE_HOST_TEST -I$(srcdir)/hypervisor \
	-Wall -Wextra -Wno-unused-parameter -Wno-sign-compare
HVT = tests/unit/hypervisor

if HAVE_CRITERION
HVT_PROGS = $(HVT)/test-image $(HVT)/test-insn \
	$(HVT)/test-timer-heap $(HVT)/test-port-bits \
	$(HVT)/test-evtchn $(HVT)/test-sched \
	$(HVT)/test-boot-memory $(HVT)/test-cmdline \
	$(HVT)/test-page-types $(HVT)/test-grants $(HVT)/test-alloc
endif

# Not in PARAVANE_CHECK: automake runs TESTS and check-local beside each other,
# and a program would be linked anew while it runs. A test's log asks for it.
TESTS += $(HVT_PROGS)
CLEANFILES += $(HVT_PROGS)

HVT_BUILD = @$(MKDIR_P) $(HVT) && echo "  HVT   $@" && \
	gcc $(HVT_CFLAGS) $(filter %.c,$^) $(CRITERION_LIBS) -o $@

# The tests include headers, and some what they test: any change makes all anew.
$(HVT)/sources: $(wildcard $(srcdir)/hypervisor/*/*.[ch] $(srcdir)/%D%/hv_*/*.[ch])
	@$(MKDIR_P) $(HVT) && touch $@
$(HVT_PROGS): $(HVT)/sources
CLEANFILES += $(HVT)/sources

$(HVT)/test-image: %D%/hypervisor/test_image.c \
		hypervisor/image/pv_elf.c hypervisor/image/pv_layout.c
	$(HVT_BUILD)

$(HVT)/test-insn: %D%/hypervisor/test_insn.c \
		hypervisor/lib/insn.c hypervisor/lib/insn_store.c
	$(HVT_BUILD)

$(HVT)/test-timer-heap: %D%/hv_domain/test_timer_heap.c \
		hypervisor/domain/timer_heap.c
	$(HVT_BUILD)
$(HVT)/test-port-bits: %D%/hv_domain/test_port_bits.c
	$(HVT_BUILD)
# These two include what they test.
$(HVT)/test-evtchn: %D%/hv_domain/test_evtchn.c
	$(HVT_BUILD)
$(HVT)/test-sched: %D%/hv_domain/test_sched.c
	$(HVT_BUILD)

# These include what they test, too.
$(HVT)/test-boot-memory: %D%/hv_boot/test_memory.c
	$(HVT_BUILD)
$(HVT)/test-cmdline: %D%/hv_boot/test_cmdline.c hypervisor/lib/string.c
	$(HVT_BUILD)

# Memory and grants on a pretend machine.
HVT_MM = %D%/hv_mm/fake_machine.c $(addprefix hypervisor/mm/, frame.c \
	alloc.c heap.c domain_frames.c l1_ref.c page_type.c validate.c \
	pt_update.c relinquish.c audit.c) $(addprefix \
	hypervisor/grant/, table.c maptrack.c entry.c map.c unmap.c \
	host_map.c copy.c audit.c)
$(HVT)/test-page-types: %D%/hv_mm/test_page_types.c $(HVT_MM)
	$(HVT_BUILD)
$(HVT)/test-grants: %D%/hv_mm/test_grants.c $(HVT_MM)
	$(HVT_BUILD)
$(HVT)/test-alloc: %D%/hv_mm/test_alloc.c $(HVT_MM)
	$(HVT_BUILD)

# keel's frontends, with a pretended domain around them.
if HAVE_CRITERION
check_PROGRAMS += %D%/frontend/test-frontend
TESTS += %D%/frontend/test-frontend
endif
tests_unit_frontend_test_frontend_SOURCES = \
	%D%/frontend/test_blkfront.c \
	pv-guest/front/blkfront.c pv-guest/front/blkfront.h
tests_unit_frontend_test_frontend_CPPFLAGS = -iquote $(srcdir)/pv-guest \
	-D__XEN_INTERFACE_VERSION__=__XEN_LATEST_INTERFACE_VERSION__ \
	-D__XEN_TOOLS__ $(CRITERION_CFLAGS)
tests_unit_frontend_test_frontend_CFLAGS = $(AM_CFLAGS) $(SANITIZE_CFLAGS)
tests_unit_frontend_test_frontend_LDADD = $(CRITERION_LIBS)
