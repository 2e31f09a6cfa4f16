# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Paravane authors
#
# The part of the root Makefile.am that builds bench/: the counting plugin for
# QEMU, the static programs of workloads and the keel kernel of hypercalls.
# `make bench-quick` prints the core table, `make bench` makes the report.

BENCH_DIR = %D%
BENCH_FILES = bench/count.so bench/core bench/wide bench/mark \
	bench/peer bench/hypercalls bench/abi

PARAVANE_ALL += $(BENCH_FILES)
PARAVANE_CLEAN += clean-bench

bench/count.so: $(addprefix $(srcdir)/%D%/plugin/, count.c qemu_plugin.h)
	@$(MKDIR_P) bench
	$(CC) -O2 -Wall -Wextra -shared -fPIC -fvisibility=hidden \
		$(srcdir)/%D%/plugin/count.c -o $@

BENCH_RUN = $(addprefix $(srcdir)/%D%/workloads/, run.c run.h mark.h \
	counters.c counters.h)

bench/core: $(srcdir)/%D%/workloads/core.c $(BENCH_RUN)
	@$(MKDIR_P) bench
	$(CC) -O2 -Wall -Wextra -static -o $@ $< \
		$(filter %/run.c %/counters.c, $^)

BENCH_WIDE = $(addprefix $(srcdir)/%D%/workloads/, wide.c disk.c net.c serve.c)

bench/wide: $(BENCH_WIDE) $(BENCH_RUN) $(srcdir)/%D%/workloads/disk.h \
		$(srcdir)/%D%/workloads/net.h
	@$(MKDIR_P) bench
	$(CC) -O2 -Wall -Wextra -static -o $@ $(BENCH_WIDE) \
		$(filter %/run.c %/counters.c, $^)

bench/peer: $(addprefix $(srcdir)/%D%/workloads/, peer.c serve.c net.h)
	@$(MKDIR_P) bench
	$(CC) -O2 -Wall -Wextra -static -o $@ $(filter %.c, $^)

bench/mark: $(srcdir)/%D%/workloads/mark.c
	@$(MKDIR_P) bench
	$(CC) -O2 -Wall -Wextra -static -o $@ $<

bench/%.o: $(srcdir)/%D%/workloads/%.c
	@$(MKDIR_P) bench
	$(KEEL_V)$(KEEL_COMPILE) -iquote $(srcdir) -c -o $@ $<

bench/pair.o: KEEL_PP += -iquote $(srcdir)/tests/guest

# The second domain is made by the conformance suite's code.
bench/hypercalls: bench/pair.o tests/guest/common/peer.o \
	tests/guest/common/audit.o

bench/hypercalls bench/abi: %: %.o $(KEEL_DIR)/libkeel.a $(KEEL_DIR)/keel.lds
	$(KEEL_V)$(KEEL_LINK) -o $@ $(filter %.o, $^) -Wl,--whole-archive \
		$(KEEL_DIR)/libkeel.a -Wl,--no-whole-archive

.PHONY: bench bench-quick clean-bench
# All workloads in all places, counted and timed: bench/report.html. Half an hour.
bench: all
	PARAVANE_BUILD=$(abs_builddir) $(srcdir)/%D%/run --full

# Instructions per operation: native, domain 0 and guest, ours and Xen's.
bench-quick: paravane $(BENCH_FILES)
	PARAVANE_BUILD=$(abs_builddir) $(srcdir)/%D%/run --quick

clean-bench:
	rm -rf $(BENCH_FILES) bench/*.[od]
