# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Paravane authors
#
# hypervisor/: the boot image, build/paravane.
#
# Plain make rules: none of the user's CFLAGS reach freestanding code.  The
# 64-bit image is linked three times, with no, a first, and its final symbol
# table for reports (a table moves what lies behind it), and wrapped into the
# 32-bit ELF that boot loaders want.

HV_DIR = $(srcdir)/%D%
HV_OBJ = hypervisor/obj
HV_SRCS := $(sort $(wildcard $(srcdir)/hypervisor/*/*.c))
HV_ASMS := $(filter-out %/wrapper.S,$(sort $(wildcard $(srcdir)/hypervisor/*/*.S)))
HV_OBJS = $(patsubst $(srcdir)/hypervisor/%.c,$(HV_OBJ)/%.o,$(HV_SRCS)) \
	$(patsubst $(srcdir)/hypervisor/%.S,$(HV_OBJ)/%.o,$(HV_ASMS))

HV_CC = gcc
HV_CPPFLAGS = -I$(HV_DIR) -I$(HV_OBJ)
HV_CFLAGS = -std=gnu11 -O2 -g -ffreestanding -fpie -mcmodel=small \
	-fvisibility=hidden -mno-red-zone -mgeneral-regs-only -fno-common \
	-fno-strict-aliasing -fno-stack-protector -fcf-protection=none \
	-fno-asynchronous-unwind-tables -fno-omit-frame-pointer \
	-ffunction-sections -fdata-sections \
	-Wall -Wextra -Werror -Wstrict-prototypes -Wmissing-prototypes \
	-Wshadow -Wundef -Wvla -Wimplicit-fallthrough=5 \
	-Wno-unused-parameter -Wno-sign-compare -Wframe-larger-than=1024

$(HV_OBJ)/%.o: $(srcdir)/hypervisor/%.c $(HV_OBJ)/asm-offsets.h
	@mkdir -p $(@D)
	@echo "  HVCC  $*.c"; $(HV_CC) $(HV_CPPFLAGS) $(HV_CFLAGS) -MMD -MP -c $< -o $@

$(HV_OBJ)/%.o: $(srcdir)/hypervisor/%.S $(HV_OBJ)/asm-offsets.h
	@mkdir -p $(@D)
	@echo "  HVAS  $*.S"; $(HV_CC) $(HV_CPPFLAGS) -D__ASSEMBLY__ -g -MMD -MP -c $< -o $@

# x86/asm-offsets.c.in compiles to lines "->NAME value" that become symbols.
$(HV_OBJ)/asm-offsets.h: $(srcdir)/hypervisor/x86/asm-offsets.c.in
	@mkdir -p $(@D)
	@$(HV_CC) $(HV_CPPFLAGS) $(HV_CFLAGS) -x c -MMD -MP -MT $@ -MF $@.d -S $< -o $@.s
	@sed -n 's/^.*->\([A-Za-z0-9_]*\) \$$*\([-0-9]*\).*$$/.set \1, \2/p' $@.s > $@

HV_LDS = $(srcdir)/hypervisor/boot/paravane.lds

hypervisor/paravane.elf: $(HV_OBJS) $(HV_LDS) $(srcdir)/hypervisor/debug/symbols.awk
	@echo "  HVLD  $@"
	@: | awk -f $(srcdir)/hypervisor/debug/symbols.awk > $(HV_OBJ)/symtab.S
	@$(HV_CC) -c $(HV_OBJ)/symtab.S -o $(HV_OBJ)/symtab.o
	@ld -nostdlib -static -z noexecstack -z max-page-size=4096 --gc-sections -T $(HV_LDS) $(HV_OBJS) $(HV_OBJ)/symtab.o -o $@.1
	@nm -n $@.1 | awk -f $(srcdir)/hypervisor/debug/symbols.awk > $(HV_OBJ)/symtab.S
	@$(HV_CC) -c $(HV_OBJ)/symtab.S -o $(HV_OBJ)/symtab.o
	@ld -nostdlib -static -z noexecstack -z max-page-size=4096 --gc-sections -T $(HV_LDS) $(HV_OBJS) $(HV_OBJ)/symtab.o -o $@.2
	@nm -n $@.2 | awk -f $(srcdir)/hypervisor/debug/symbols.awk > $(HV_OBJ)/symtab.S
	@$(HV_CC) -c $(HV_OBJ)/symtab.S -o $(HV_OBJ)/symtab.o
	@ld -nostdlib -static -z noexecstack -z max-page-size=4096 --gc-sections -T $(HV_LDS) $(HV_OBJS) $(HV_OBJ)/symtab.o -o $@

# The wrapper: 32-bit entry with multiboot 1, multiboot 2 and PVH headers
# around the flat 64-bit image (boot/wrapper.S).
paravane: hypervisor/paravane.elf $(srcdir)/hypervisor/boot/wrapper.S $(srcdir)/hypervisor/boot/wrapper.lds
	@echo "  WRAP  $@"
	@objcopy -O binary hypervisor/paravane.elf $(HV_OBJ)/paravane.bin
	@nm hypervisor/paravane.elf | sed -n 's/^0*\([0-9a-f]*\) . \(image_[a-z_]*\)$$/.set \2, 0x\1 - 0xffff828000000000/p' > $(HV_OBJ)/wrapper-symbols.inc
	@$(HV_CC) -m32 -D__ASSEMBLY__ $(HV_CPPFLAGS) -c $(srcdir)/hypervisor/boot/wrapper.S -o $(HV_OBJ)/wrapper32.o
	@ld -m elf_i386 -nostdlib -static -z noexecstack -T $(srcdir)/hypervisor/boot/wrapper.lds $(HV_OBJ)/wrapper32.o -o $@

-include $(HV_OBJS:.o=.d) $(HV_OBJ)/asm-offsets.h.d

PARAVANE_ALL += paravane
PARAVANE_CLEAN += clean-hypervisor
PARAVANE_INSTALL += install-hypervisor
PARAVANE_UNINSTALL += uninstall-hypervisor
CLEANFILES += paravane hypervisor/paravane.elf hypervisor/paravane.elf.1 hypervisor/paravane.elf.2

.PHONY: clean-hypervisor install-hypervisor uninstall-hypervisor
clean-hypervisor:
	rm -rf $(HV_OBJ)

# Where boot loaders look; the ELF with symbols beside it is for gdb.
install-hypervisor: paravane
	$(MKDIR_P) $(DESTDIR)/boot $(DESTDIR)$(libdir)/debug/boot
	$(INSTALL_DATA) paravane $(DESTDIR)/boot/paravane
	$(INSTALL_DATA) hypervisor/paravane.elf \
		$(DESTDIR)$(libdir)/debug/boot/paravane.elf

uninstall-hypervisor:
	rm -f $(DESTDIR)/boot/paravane \
		$(DESTDIR)$(libdir)/debug/boot/paravane.elf
