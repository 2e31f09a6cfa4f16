# SPDX-License-Identifier: MIT
# Copyright (C) 2026 The Paravane authors
# The part of the root Makefile.am that builds interface/: nothing but the
# assertion that the ABI's headers are the ones we mean.

PARAVANE_CHECK += %D%/layout.o

%D%/layout.o: $(srcdir)/%D%/layout.c
	@mkdir -p $(@D)
	$(CC) -std=gnu11 -Wall -Wextra -Werror -D__XEN_TOOLS__ \
		-D__XEN_INTERFACE_VERSION__=__XEN_LATEST_INTERFACE_VERSION__ \
		-c -o $@ $<

CLEANFILES += %D%/layout.o
