/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The address map.  The ABI gives the hypervisor the 16 top-level slots
 * 256..271 of every guest address space (xen/arch-x86/xen-x86_64.h); the
 * first is the machine-to-physical table, which guests may read.
 *
 *  slot  from                what                                    guest
 *  256   0xffff800000000000  M2P: u64 pfn for each mfn               read
 *  257   0xffff808000000000  the same memory, for us to write           -
 *  260   0xffff820000000000  frame table: struct frame for each mfn  -
 *  261   0xffff828000000000  image: text, rodata, data, bss          -
 *  262   0xffff830000000000  per-CPU areas, 256 KiB for each CPU     -
 *  263   0xffff838000000000  device mappings (LAPIC, IO-APIC, MSI-X) -
 *  264   0xffff840000000000  direct map of all RAM, NX               -
 *  271   ends at 0xffff87ffffffffff
 *
 * Because the top 2 GiB are the guest kernel's, the image is position
 * independent in the compiler's eyes (-fpie, hidden visibility): every access
 * is relative to RIP.
 *
 * One CPU's area, from its start (all PTEs of the first 128 KiB are present
 * at all times but where marked):
 *
 *  page  0..15   GDT window: pages 0..13 the guest's GDT frames (not present
 *                where it has none), page 14 our own descriptors, 15 unused
 *  page 16..31   LDT window: the guest's LDT frames, filled on demand
 *  page 32       TSS (104 bytes), its I/O bitmap goes on to page 34
 *  page 35       syscall entry stubs (executable, read-only)
 *  page 40..47   stack block, 32 KiB aligned: 40 NMI, 41 #MC, 42 #DF, 43 #DB,
 *                44 guard (not present), 45..47 stack, struct cpu_info on top
 *  page 48..63   per-CPU variables (DEFINE_PER_CPU)
 */
#ifndef X86_LAYOUT_H
#define X86_LAYOUT_H

#define HV_SLOT_FIRST		256
#define HV_SLOT_LAST		271
#define HV_VIRT_START		0xffff800000000000
#define HV_VIRT_END		0xffff880000000000	/* first byte after */

#define M2P_START		0xffff800000000000
#define M2P_RW_START		0xffff808000000000
#define FRAME_TABLE_START	0xffff820000000000
#define IMAGE_START		0xffff828000000000
#define PERCPU_START		0xffff830000000000
#define IOREMAP_START		0xffff838000000000
#define DEVICE_PAGES_END	0xffff838000200000	/* MSI-X tables */
#define IOREMAP_END		0xffff840000000000
#define DIRECTMAP_START		0xffff840000000000
#define DIRECTMAP_END		0xffff848000000000	/* 512 GiB */

/*
 * The image in the machine (boot/wrapper.lds).  Its first page is wrapper.S's,
 * where every CPU comes to 64-bit mode: at its first byte in 32-bit mode, with
 * the GDT behind it, EAX who comes.
 */
#define IMAGE_PHYS		0x200000
#define BOOT_GDT		(IMAGE_PHYS + 0x10)
#define BOOT_GDT_BYTES		0x20
#define BOOT_AP			0x50415650

#define MAX_CPUS		64
#define MAX_VCPUS		64	/* per domain; 32 fit in shared_info */

#define PERCPU_STRIDE		0x40000
#define PERCPU_GDT_OFF		0x00000
#define PERCPU_LDT_OFF		0x10000
#define PERCPU_TSS_OFF		0x20000
#define PERCPU_STUB_OFF		0x23000
#define PERCPU_STACK_OFF	0x28000
#define PERCPU_VARS_OFF		0x30000

#define GDT_OWN_PAGE		14
#define STACK_BLOCK_SIZE	0x8000
#define STACK_GUARD_PAGE	4
#define IST_NMI			1
#define IST_MC			2
#define IST_DF			3
#define IST_DB			4

/*
 * Our selectors, in page 14 of the GDT window (FIRST_RESERVED_GDT_ENTRY).
 * Those for ring 3 are fixed by the ABI (FLAT_RING3_*, xen-x86_64.h); SYSCALL
 * and SYSRET want CS then SS, and CS32, SS, CS64, side by side.
 */
#define HV_CS			0xe008
#define HV_DS			0xe010
#define GUEST_CS32		0xe023
#define GUEST_SS		0xe02b
#define GUEST_CS64		0xe033
#define HV_TSS			0xe040	/* two entries */
#define HV_LDT			0xe050	/* two entries */

#endif
