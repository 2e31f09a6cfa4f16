# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Paravane authors
#
# The part of the root Makefile.am that builds bench/: the counting plugin for
# QEMU and the static workloads. `make bench-quick` prints the core table.

PARAVANE_CLEAN += clean-bench

bench/count.so: %D%/plugin/count.c %D%/plugin/qemu_plugin.h
	@$(MKDIR_P) bench
	$(CC) -O2 -Wall -Wextra -shared -fPIC -fvisibility=hidden \
		$(srcdir)/bench/plugin/count.c -o $@

bench/core: %D%/workloads/core.c %D%/workloads/mark.h
	@$(MKDIR_P) bench
	$(CC) -O2 -Wall -Wextra -static $(srcdir)/bench/workloads/core.c -o $@

.PHONY: bench-quick clean-bench
# Instructions per operation: native, Paravane's domain 0, Xen's domain 0.
bench-quick: paravane bench/count.so bench/core
	PARAVANE_BUILD=$(abs_builddir) $(srcdir)/scripts/fetch-kernel 6.1
	PARAVANE_BUILD=$(abs_builddir) $(srcdir)/scripts/fetch-xen
	$(srcdir)/bench/run --program bench/core --plugin bench/count.so \
		--vmlinuz images/vmlinuz-6.1 --vmlinux images/vmlinux-6.1 \
		--paravane paravane --xen images/xen --json bench/core.json

clean-bench:
	rm -rf bench/count.so bench/core
