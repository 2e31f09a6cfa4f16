# SPDX-License-Identifier: MIT
# Copyright (C) 2026 The Paravane authors
#
# keel: the library that guest kernels are built on, and its applications.
# Freestanding: the user's CFLAGS and the distribution's hardening flags have
# no place here. A kernel keel-NAME is apps/NAME.c and the whole library.

KEEL_DIR = %D%

# ABI headers are <xen/...>; ours are "xen/...", which -iquote keeps apart.
KEEL_FLAGS = -std=gnu11 -ffreestanding -fpie -mno-red-zone \
	-mgeneral-regs-only -mcmodel=small -fvisibility=hidden \
	-fno-strict-aliasing -fno-common -fno-stack-protector \
	-fno-asynchronous-unwind-tables -fcf-protection=none \
	-D__XEN_INTERFACE_VERSION__=__XEN_LATEST_INTERFACE_VERSION__ \
	-D__XEN_TOOLS__
KEEL_PP = $(CC) -iquote $(srcdir)/%D% -MMD -MP -nostdinc \
	-isystem $(shell $(CC) -print-file-name=include) \
	-idirafter /usr/include $(KEEL_FLAGS)
KEEL_COMPILE = $(KEEL_PP) -O2 -g -Wall -Wextra -Werror -Wstrict-prototypes \
	-Wmissing-prototypes -Wshadow -Wundef -Wvla -Wimplicit-fallthrough=5
# --no-relax: an address behind 2 GiB does not fit where ld would put it.
KEEL_LINK_FLAGS = -nostdlib -static -no-pie -Wl,--build-id=none \
	-Wl,-z,max-page-size=4096 -Wl,-z,norelro -Wl,--no-relax \
	-Wl,--no-warn-rwx-segments
KEEL_LINK = $(CC) $(KEEL_LINK_FLAGS) -Wl,-T,%D%/keel.lds

KEEL_LIB_OBJS = $(addprefix %D%/, \
	start/head.o lib/string.o lib/printf.o lib/printk.o lib/page.o \
	xen/start.o xen/entry.o xen/trap.o xen/cpu.o xen/event.o \
	xen/pagetable.o xen/console.o xen/clock.o xen/grant.o \
	xen/shutdown.o xen/balloon.o xen/suspend.o xen/runstate.o \
	front/control.o front/store.o front/device.o front/blkfront.o \
	front/netfront.o)
KEEL_APPS = hello diskcheck echo ping hog manage
KEEL_IMAGES = $(addprefix keel-, $(KEEL_APPS))

PARAVANE_ALL += $(KEEL_IMAGES)

KEEL_V = $(if $(filter 0,$(or $(V),0)),@echo "  KEEL    " $@;)

%D%/%.o: $(srcdir)/%D%/%.c
	@mkdir -p $(@D)
	$(KEEL_V)$(KEEL_COMPILE) -c -o $@ $<

%D%/%.o: $(srcdir)/%D%/%.S
	@mkdir -p $(@D)
	$(KEEL_V)$(KEEL_COMPILE) -c -o $@ $<

%D%/keel.lds: $(srcdir)/%D%/start/keel.lds.S
	@mkdir -p $(@D)
	$(KEEL_V)$(KEEL_PP) -E -P -x assembler-with-cpp -o $@ $<

%D%/libkeel.a: $(KEEL_LIB_OBJS)
	$(KEEL_V)rm -f $@; $(AR) rcs $@ $^

keel-%: %D%/apps/%.o %D%/libkeel.a %D%/keel.lds
	$(KEEL_V)$(KEEL_LINK) -o $@ $< -Wl,--whole-archive %D%/libkeel.a \
		-Wl,--no-whole-archive

# For kernels outside this tree (examples/own-kernel).
keel.pc: $(srcdir)/%D%/local.mk
	@{ echo 'Name: keel'; \
	echo 'Description: library for Xen PV guest kernels'; \
	echo 'Version: $(PACKAGE_VERSION)'; \
	echo 'Cflags: $(KEEL_FLAGS) -iquote $(includedir)/keel'; \
	echo 'Libs: $(KEEL_LINK_FLAGS) -Wl,-T,$(libdir)/keel/keel.lds' \
		'-Wl,--whole-archive $(libdir)/keel/libkeel.a' \
		'-Wl,--no-whole-archive'; } > $@

PARAVANE_ALL += keel.pc
PARAVANE_INSTALL += install-keel
PARAVANE_UNINSTALL += uninstall-keel
.PHONY: install-keel uninstall-keel
install-keel: keel.pc %D%/libkeel.a %D%/keel.lds
	$(MKDIR_P) $(DESTDIR)$(libdir)/keel $(DESTDIR)$(libdir)/pkgconfig \
		$(addprefix $(DESTDIR)$(includedir)/keel/,lib xen front)
	$(INSTALL_DATA) %D%/libkeel.a %D%/keel.lds $(DESTDIR)$(libdir)/keel
	$(INSTALL_DATA) keel.pc $(DESTDIR)$(libdir)/pkgconfig
	$(INSTALL_DATA) $(srcdir)/%D%/lib/*.h $(DESTDIR)$(includedir)/keel/lib
	$(INSTALL_DATA) $(srcdir)/%D%/xen/*.h $(DESTDIR)$(includedir)/keel/xen
	$(INSTALL_DATA) $(srcdir)/%D%/front/*.h $(DESTDIR)$(includedir)/keel/front
uninstall-keel:
	rm -rf $(DESTDIR)$(libdir)/keel $(DESTDIR)$(includedir)/keel
	rm -f $(DESTDIR)$(libdir)/pkgconfig/keel.pc

.SECONDARY: $(KEEL_APPS:%=%D%/apps/%.o)
-include $(KEEL_LIB_OBJS:.o=.d) $(KEEL_APPS:%=%D%/apps/%.d)

PARAVANE_CLEAN += clean-keel
.PHONY: clean-keel
clean-keel:
	rm -rf $(KEEL_IMAGES) keel.pc %D%/libkeel.a %D%/keel.lds $(KEEL_LIB_OBJS) \
		$(KEEL_APPS:%=%D%/apps/%.o)
	find %D% -name '*.d' -exec rm -f {} + 2>/dev/null || true

# ---- the kernel (kernel/), on each of its platforms ----
#
# The same sources twice: "machine.h" is the platform's own. Of the library the
# kernel takes what it does not have itself.
KEEL_KERNEL_SRCS = main page object thread switch space user file pipe \
	process exec signal futex syscall syscall_file trap disk net socket
KEEL_NATIVE_SRCS = head start entry cpu tables apic clock serial acpi virtio \
	block net
KEEL_PV_SRCS = start entry tables cpu devices control
KEEL_NATIVE_OBJS = $(KEEL_KERNEL_SRCS:%=%D%/native/kernel/%.o) \
	$(KEEL_NATIVE_SRCS:%=%D%/native/platform/native/%.o) \
	$(addprefix %D%/lib/, string.o printf.o printk.o)
KEEL_PV_OBJS = $(KEEL_KERNEL_SRCS:%=%D%/pv/kernel/%.o) \
	$(KEEL_PV_SRCS:%=%D%/pv/platform/pv/%.o)
KEEL_KERNELS = keel-native keel-pv

PARAVANE_ALL += $(KEEL_KERNELS)

%D%/native/%.o: $(srcdir)/%D%/%.c
	@mkdir -p $(@D)
	$(KEEL_V)$(KEEL_COMPILE) -iquote $(srcdir)/%D%/platform/native -c -o $@ $<
%D%/native/%.o: $(srcdir)/%D%/%.S
	@mkdir -p $(@D)
	$(KEEL_V)$(KEEL_COMPILE) -iquote $(srcdir)/%D%/platform/native -c -o $@ $<
%D%/pv/%.o: $(srcdir)/%D%/%.c
	@mkdir -p $(@D)
	$(KEEL_V)$(KEEL_COMPILE) -iquote $(srcdir)/%D%/platform/pv -c -o $@ $<
%D%/pv/%.o: $(srcdir)/%D%/%.S
	@mkdir -p $(@D)
	$(KEEL_V)$(KEEL_COMPILE) -iquote $(srcdir)/%D%/platform/pv -c -o $@ $<

%D%/native.lds: $(srcdir)/%D%/platform/native/native.lds.S
	@mkdir -p $(@D)
	$(KEEL_V)$(KEEL_PP) -E -P -x assembler-with-cpp -o $@ $<

keel-native: $(KEEL_NATIVE_OBJS) %D%/native.lds
	$(KEEL_V)$(CC) $(KEEL_LINK_FLAGS) -Wl,-T,%D%/native.lds -o $@ \
		$(KEEL_NATIVE_OBJS)
keel-pv: $(KEEL_PV_OBJS) %D%/libkeel.a %D%/keel.lds
	$(KEEL_V)$(KEEL_LINK) -o $@ $(KEEL_PV_OBJS) %D%/libkeel.a

-include $(KEEL_NATIVE_OBJS:.o=.d) $(KEEL_PV_OBJS:.o=.d)

PARAVANE_CLEAN += clean-keel-kernel
.PHONY: clean-keel-kernel
clean-keel-kernel:
	rm -rf $(KEEL_KERNELS) $(KEEL_NATIVE_APPS:%=keel-native-%) %D%/native.lds %D%/native %D%/pv

# ---- apps that run on a bare machine, too ----

KEEL_NATIVE_APPS = diskcheck echo ping
KEEL_NATIVE_APP_OBJS = $(KEEL_NATIVE_SRCS:%=%D%/native/platform/native/%.o) \
	$(addprefix %D%/native/, platform/native/app.o kernel/page.o) \
	$(addprefix %D%/lib/, string.o printf.o printk.o)

PARAVANE_ALL += $(KEEL_NATIVE_APPS:%=keel-native-%)

keel-native-%: %D%/native/apps/%.o $(KEEL_NATIVE_APP_OBJS) %D%/native.lds
	$(KEEL_V)$(CC) $(KEEL_LINK_FLAGS) -Wl,-T,%D%/native.lds -o $@ $< \
		$(KEEL_NATIVE_APP_OBJS)

# Else make would take its rule for keel-NAME.
$(KEEL_NATIVE_APPS:%=%D%/apps/%.o): %D%/apps/%.o: $(srcdir)/%D%/apps/%.c
	@mkdir -p $(@D)
	$(KEEL_V)$(KEEL_COMPILE) -iquote $(srcdir)/%D%/platform/pv -c -o $@ $<

.SECONDARY: $(KEEL_NATIVE_APPS:%=%D%/native/apps/%.o)
-include $(KEEL_NATIVE_APP_OBJS:.o=.d)

# ---- programs that run on it, and on Linux ----

KEEL_USER = selftest stress disk net
KEEL_ARCHIVES = $(KEEL_USER:%=keel-%.cpio)

PARAVANE_ALL += $(KEEL_USER:%=%D%/programs/bin/%) $(KEEL_ARCHIVES)

KEEL_USER_CC = $(CC) -std=gnu11 -O2 -g -Wall -Wextra -Werror -static -pthread
KEEL_SELFTEST = $(wildcard $(srcdir)/%D%/programs/selftest/*.c)

%D%/programs/bin/%: $(srcdir)/%D%/programs/%.c $(srcdir)/%D%/programs/check.h
	@mkdir -p $(@D)
	$(KEEL_V)$(KEEL_USER_CC) -o $@ $<
%D%/programs/bin/selftest: $(KEEL_SELFTEST) $(srcdir)/%D%/programs/check.h \
		$(srcdir)/%D%/programs/selftest/selftest.h
	@mkdir -p $(@D)
	$(KEEL_V)$(KEEL_USER_CC) -o $@ $(KEEL_SELFTEST)
keel-%.cpio: %D%/programs/bin/%
	$(KEEL_V)$(top_srcdir)/scripts/mkarchive $@ init=$<
# The workloads of bench/.
keel-bench.cpio: bench/core
	$(KEEL_V)$(top_srcdir)/scripts/mkarchive $@ init=$<
PARAVANE_ALL += keel-bench.cpio

PARAVANE_CLEAN += clean-keel-programs
.PHONY: clean-keel-programs
clean-keel-programs:
	rm -rf $(KEEL_ARCHIVES) keel-bench.cpio $(KEEL_USER:%=%D%/programs/bin/%)
