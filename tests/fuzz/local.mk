# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Paravane authors
#
# libFuzzer targets of pure code, built by clang (Debian: clang,
# libclang-rt-14-dev) when tests/fuzz/run asks for them:
#	make fuzz-host SECONDS=600	each of them for that long

FUZZ = tests/fuzz/bin
FUZZ_CFLAGS = -std=gnu11 -D_GNU_SOURCE -g -O1 \
	-fsanitize=fuzzer,address,undefined -fno-sanitize=object-size \
	-fno-sanitize-recover=all -Wall -Wextra -Wno-unused-parameter \
	-Wno-sign-compare -Wno-address-of-packed-member
FUZZ_BUILD = @$(MKDIR_P) $(FUZZ) && \
	clang $(FUZZ_CFLAGS) $(filter %.c,$^) -o $@
FUZZ_HV = -DPARAVANE_HOST_TEST -I$(srcdir)/hypervisor

$(FUZZ)/elf: %D%/elf.c %D%/seeds.c hypervisor/image/pv_elf.c
	$(FUZZ_BUILD) $(FUZZ_HV)
$(FUZZ)/layout: %D%/layout.c %D%/seeds.c hypervisor/image/pv_elf.c \
		hypervisor/image/pv_layout.c
	$(FUZZ_BUILD) $(FUZZ_HV)
$(FUZZ)/insn: %D%/insn.c %D%/seeds.c hypervisor/lib/insn.c \
		hypervisor/lib/insn_store.c
	$(FUZZ_BUILD) $(FUZZ_HV)
$(FUZZ)/pte: %D%/pte.c %D%/seeds.c $(HVT_MM)
	$(FUZZ_BUILD) $(FUZZ_HV)
$(FUZZ)/ring: %D%/ring.c %D%/seeds.c backend-drivers/common/ring.c
	$(FUZZ_BUILD) -I$(srcdir)/backend-drivers
$(FUZZ)/requests: %D%/requests.c %D%/seeds.c \
		backend-drivers/common/number.c \
		backend-drivers/blk/blk_request.c \
		backend-drivers/net/net_offload.c \
		backend-drivers/net/net_request.c
	$(FUZZ_BUILD) -I$(srcdir)/backend-drivers
$(FUZZ)/config: %D%/config.c %D%/seeds.c $(toolstack_config)
	$(FUZZ_BUILD) $(toolstack_cppflags) $(XLUTIL_LIBS)

SECONDS = 60
.PHONY: fuzz-host fuzz-long
fuzz-host:
	$(abs_top_srcdir)/tests/fuzz/run --build $(abs_top_builddir) \
		--seconds $(SECONDS)

# The hostile guest (tests/guest/fuzz) for long: 10^8 calls.
FUZZ_CALLS = 100000000
fuzz-long: all
	PARAVANE_BUILD=$(abs_top_builddir) $(abs_top_srcdir)/tests/fuzz/long \
		--calls $(FUZZ_CALLS)

PARAVANE_CLEAN += clean-fuzz
.PHONY: clean-fuzz
clean-fuzz:
	rm -rf $(FUZZ)
