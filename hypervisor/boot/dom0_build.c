/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Builds domain 0 from the boot modules: module 1 is its kernel, a PV ELF
 * file; module 2, if there is one, its initrd.  Everything that can be wrong
 * with them ends in one line that says so.
 *
 * Nothing is copied that need not be: a page of the kernel whose bytes lie in
 * its module at the same offset within a page is that module's frame itself;
 * so are the initrd's pages.  The rest are fresh frames, in the largest blocks
 * that can be had.  The first page tables are written as plain memory and then
 * pinned, which validates them by the same rules as any guest's tables.
 */
#include "boot/boot_info.h"
#include "hypercall/hypercall.h"
#include "image/pv_layout.h"
#include "lib/bits.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "mm/alloc.h"
#include "mm/frame_list.h"
#include "mm/page_type.h"
#include "pvcpu/pvcpu.h"
#include "x86/current.h"
#include "x86/regs.h"
#include <xen/domctl.h>

#define MIB		(1UL << 20)
#define RESERVE_MAX	(128 * MIB)
#define DOM0_MIN_PAGES	(32 * MIB / PAGE_SIZE)
#define P2M_PER_FRAME	(PAGE_SIZE / sizeof(u64))
#define BLOCK_ORDER	9
#define TABLE_FLAGS	(PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D)

static __initdata struct pv_image img;
static __initdata struct pv_layout layout;
static struct boot_module *const kernel = &boot_info.modules[0];
static struct boot_module *const initrd = &boot_info.modules[1];	/* size 0: none */
static __initdata u64 nr_pages, first_table, next_table;	/* pfns of tables */
static __initdata u64 *p2m_frames;	/* mfn of each frame of the p2m array */
static __initdata unsigned int p2m_order;

static u64 frames_of(u64 bytes)
{
	return DIV_ROUND_UP(bytes, PAGE_SIZE);
}

/* dom0_mem, or all that is free but a sixteenth (at most 128 MiB). */
static u64 choose_pages(void)
{
	u64 all = nr_free_frames + frames_of(kernel->size) +
		  frames_of(initrd->size);
	u64 reserve = min(all / 16, RESERVE_MAX / PAGE_SIZE);
	u64 want = boot_options.dom0_mem_bytes >> PAGE_SHIFT;

	if (!want) {
		want = all - reserve;
	}
	if (want < DOM0_MIN_PAGES) {
		panic("domain 0 would get only %lu MiB: it needs 32 MiB or more",
		      want * PAGE_SIZE / MIB);
	}
	if (want > all) {
		panic("dom0_mem asks for %lu MiB, but only %lu MiB are free",
		      want * PAGE_SIZE / MIB, all * PAGE_SIZE / MIB);
	}
	return want;
}

/* Ports that stay ours: interrupt controllers, our serial line. */
static void grant_io_ports(void)
{
	const struct { u32 first, last; } ours[] = {
		{ 0x20, 0x21 }, { 0xa0, 0xa1 },		/* PICs */
		{ 0x4d0, 0x4d1 },			/* their ELCR */
		{ 0xcf8, 0xcfb },			/* PCI address */
		{ boot_options.com1_port,
		  boot_options.com1 ? boot_options.com1_port + 7 : 0 },
	};

	dom0->io_ports = heap_alloc_pages(1);
	if (!dom0->io_ports) {
		panic("not enough memory for domain 0's I/O ports");
	}
	memset(dom0->io_ports, 0xff, 0x10000 / 8);
	for (unsigned int i = 0; i < ARRAY_LEN(ours); i++) {
		for (u32 p = ours[i].first; p <= ours[i].last; p++) {
			bit_clear(dom0->io_ports, p);
		}
	}
}

static void create(void)
{
	unsigned int vcpus = boot_options.dom0_max_vcpus;
	u64 most = boot_options.dom0_max_mem_bytes >> PAGE_SHIFT;
	struct xen_domctl_createdomain how = {
		.max_vcpus = min(vcpus ? vcpus : nr_cpus, MAX_VCPUS),
		.max_evtchn_port = 4095,
		.max_grant_frames = -1,
		.max_maptrack_frames = -1,
	};
	int err = domain_create(0, &how, true, &dom0);

	if (err) {
		panic("cannot create domain 0: error %d", err);
	}
	dom0->max_pages = most ? max(nr_pages, most) : ~0U;
	grant_io_ports();
}

/* ---- its memory ---- */

static u64 *p2m_entry(u64 pfn)
{
	u64 *frame = mfn_to_virt(mfn(p2m_frames[pfn / P2M_PER_FRAME]));

	return &frame[pfn % P2M_PER_FRAME];
}

static mfn_t pfn_to_mfn(u64 pfn)
{
	return mfn(*p2m_entry(pfn));
}

static void *pfn_to_virt(u64 pfn)
{
	return mfn_to_virt(pfn_to_mfn(pfn));
}

/* Our view of a page of the start-of-day span. */
static void *va_to_virt(u64 va)
{
	return pfn_to_virt(pv_layout_pfn(&layout, va));
}

static void p2m_set(u64 pfn, u64 frame)
{
	*p2m_entry(pfn) = frame;
	m2p_set(mfn(frame), pfn);
}

/* Frames for domain 0 in one block of at most that order, which is changed. */
static u64 fresh_frames(unsigned int *order)
{
	mfn_t got;

	while (domain_frames_alloc(dom0, *order, ALLOC_NO_SCRUB, &got)) {
		if (!(*order)--) {
			panic("not enough memory for domain 0: lower dom0_mem");
		}
	}
	return got.v;
}

/*
 * The module's frame that holds exactly the page at va, if one does: all of
 * the page comes from one segment's file contents, congruent in the file.
 */
static mfn_t kernel_module_frame(u64 va)
{
	for (unsigned int i = 0; i < img.nr_segments; i++) {
		const struct pv_segment *s = &img.segments[i];
		u64 in = va - s->vaddr, at = kernel->maddr + s->offset + in;

		if (va >= s->vaddr && at % PAGE_SIZE == 0 &&
		    range_within(in, PAGE_SIZE, s->filesz)) {
			return mfn(at >> PAGE_SHIFT);
		}
	}
	return INVALID_MFN;
}

/* The array itself, each entry 0 but its own frames'. */
static void alloc_p2m(void)
{
	u64 bytes = layout.p2m_frames * sizeof(u64);
	unsigned int single = 0;

	while ((PAGE_SIZE << p2m_order) < bytes) {
		p2m_order++;
	}
	p2m_frames = heap_alloc_pages(p2m_order);
	if (!p2m_frames) {
		panic("not enough memory for domain 0's p2m");
	}
	for (u64 i = 0; i < layout.p2m_frames; i++) {
		p2m_frames[i] = fresh_frames(&single);
		memset(mfn_to_virt(mfn(p2m_frames[i])), 0, PAGE_SIZE);
	}
	for (u64 i = 0; i < layout.p2m_frames; i++) {
		p2m_set(layout.p2m_pfn + i, p2m_frames[i]);
	}
}

/* A frame of a boot module becomes domain 0's pfn; nobody else runs yet. */
static void take_frame(u64 pfn, u64 frame)
{
	domain_frames_added(dom0, mfn(frame), 1);
	p2m_set(pfn, frame);
}

static void take_modules(void)
{
	u64 va = ROUND_DOWN(img.virt_start, PAGE_SIZE);

	for (; va < img.virt_end; va += PAGE_SIZE) {
		mfn_t frame = kernel_module_frame(va);

		if (!mfn_eq(frame, INVALID_MFN)) {
			take_frame(pv_layout_pfn(&layout, va), frame.v);
		}
	}
	for (u64 i = 0; i < layout.initrd_frames; i++) {
		take_frame(layout.initrd_pfn + i,
			   (initrd->maddr >> PAGE_SHIFT) + i);
	}
}

/* Pfns from here on that have no frame, as many as a block may have. */
static u64 empty_run(u64 pfn)
{
	u64 n = 0;

	while (n < 1U << BLOCK_ORDER && pfn + n < nr_pages &&
	       !*p2m_entry(pfn + n)) {
		n++;
	}
	return n;
}

/* Gives every pfn a frame and fills p2m and M2P. */
static void populate(void)
{
	alloc_p2m();
	take_modules();
	for (u64 pfn = 0; pfn < nr_pages; pfn++) {
		u64 run = empty_run(pfn), frame;
		unsigned int order;

		if (!run) {
			continue;
		}
		order = bit_highest(run);
		frame = fresh_frames(&order);
		p2m_set(pfn, frame);
		for (u64 i = 1; i < 1ULL << order; i++) {
			p2m_set(++pfn, frame + i);
		}
	}
}

/* Fills one fresh page of the kernel's span: segments' bytes, else zero. */
static void load_page(u64 va)
{
	u8 *page = va_to_virt(va);
	const u8 *file = mfn_to_virt(mfn(kernel->maddr >> PAGE_SHIFT));

	memset(page, 0, PAGE_SIZE);
	for (unsigned int i = 0; i < img.nr_segments; i++) {
		const struct pv_segment *s = &img.segments[i];
		u64 from = max(va, s->vaddr);
		u64 to = min(va + PAGE_SIZE, s->vaddr + s->filesz);

		if (from < to) {
			memcpy(page + (from - va),
			       file + s->offset + (from - s->vaddr),
			       to - from);
		}
	}
}

/* What could not be taken over as whole frames, and the initrd's last page. */
static void load_kernel(void)
{
	u64 va = ROUND_DOWN(img.virt_start, PAGE_SIZE);
	u64 tail = initrd->size % PAGE_SIZE;
	u64 last = layout.initrd_pfn + layout.initrd_frames - 1;

	for (; va < img.virt_end; va += PAGE_SIZE) {
		if (mfn_eq(kernel_module_frame(va), INVALID_MFN)) {
			load_page(va);
		}
	}
	if (tail) {
		memset((u8 *)pfn_to_virt(last) + tail, 0, PAGE_SIZE - tail);
	}
}

/* What is left of the kernel's module goes to the free pool. */
static void free_kernel_module(void)
{
	u64 first = kernel->maddr >> PAGE_SHIFT;

	for (u64 i = 0; i < frames_of(kernel->size); i++) {
		mfn_t f = mfn(first + i);

		if (frame_owner_id(mfn_to_frame(f)->state) != dom0->id) {
			frames_free(f, 0);
		}
	}
	heap_free_pages(p2m_frames, p2m_order);
}

/* ---- its first page tables ---- */

static void map_page(u64 va, u64 pfn)
{
	pte_t *e = (pte_t *)va_to_virt(layout.pt_va) + pte_index(4, va);
	bool is_table = pfn - first_table < layout.pt_frames;

	for (unsigned int level = 3; level; level--) {
		if (!(*e & PTE_P)) {
			memset(pfn_to_virt(next_table), 0, PAGE_SIZE);
			*e = pte_make(pfn_to_mfn(next_table++), TABLE_FLAGS);
		}
		e = (pte_t *)mfn_to_virt(pte_mfn(*e)) + pte_index(level, va);
	}
	*e = pte_make(pfn_to_mfn(pfn), TABLE_FLAGS | PTE_GUEST_KERNEL);
	if (is_table) {
		*e &= ~PTE_RW;
	}
}

/*
 * Maps the start-of-day span, the tables in it read-only, and, for a kernel
 * with an init_p2m address, the p2m array; pins the L4.
 */
static mfn_t build_tables(void)
{
	mfn_t l4 = pfn_to_mfn(pv_layout_pfn(&layout, layout.pt_va));
	u64 end;
	int err;

	first_table = pv_layout_pfn(&layout, layout.pt_va);
	next_table = first_table + 1;
	end = first_table + layout.pt_frames;
	memset(mfn_to_virt(l4), 0, PAGE_SIZE);
	for (u64 va = layout.virt_base; va < layout.virt_end; va += PAGE_SIZE) {
		map_page(va, pv_layout_pfn(&layout, va));
	}
	ASSERT(next_table <= end);
	if (layout.p2m_tables) {
		next_table = layout.p2m_pfn + layout.p2m_frames;
		end = next_table + layout.p2m_tables;
		for (u64 i = 0; i < layout.p2m_frames; i++) {
			map_page(layout.p2m_va + i * PAGE_SIZE,
				 layout.p2m_pfn + i);
		}
		ASSERT(next_table <= end);
	}
	do {
		err = page_pin(l4, FT_L4, dom0);
	} while (err == -ERESTART);
	if (err) {
		BUG("domain 0's first page tables are not valid");
	}
	return l4;
}

/* ---- its start ---- */

/* Our text console at the time we began: domain 0 takes the screen over. */
static void fill_vga(struct start_info *si)
{
	si->console.dom0.info_off = sizeof(*si);
	if (boot_info.efi) {
		return;
	}
	*(struct dom0_vga_console_info *)(si + 1) =
		(struct dom0_vga_console_info){
			.video_type = XEN_VGATYPE_TEXT_MODE_3,
			.u.text_mode_3 = {
				.rows = 25, .columns = 80, .font_height = 16,
				.cursor_y = 24,
			},
		};
	si->console.dom0.info_size = sizeof(struct dom0_vga_console_info);
}

/*
 * On a machine without a BIOS area to search, Linux takes the root of the
 * ACPI tables from its command line (XENFEAT_linux_rsdp_unrestricted).
 */
static void fill_command_line(char *to, const char *words)
{
	size_t len = str_copy(to, words, MAX_GUEST_CMDLINE);

	if (len < MAX_GUEST_CMDLINE && boot_info.efi && boot_info.rsdp) {
		format(to + len, MAX_GUEST_CMDLINE - len, " acpi_rsdp=0x%lx",
		       boot_info.rsdp);
	}
}

static void fill_start_info(void)
{
	struct start_info *si = va_to_virt(layout.start_info_va);

	memset(si, 0, PAGE_SIZE);
	str_copy(si->magic, "xen-3.0-x86_64", sizeof(si->magic));
	si->nr_pages = nr_pages;
	si->shared_info = mfn_to_maddr(dom0->shared_mfn).v;
	si->flags = SIF_PRIVILEGED | SIF_INITDOMAIN;
	si->pt_base = layout.pt_va;
	si->nr_pt_frames = layout.pt_frames;
	si->mfn_list = layout.p2m_va;
	if (layout.p2m_tables) {
		si->first_p2m_pfn = layout.p2m_pfn;
		si->nr_p2m_frames = layout.p2m_frames + layout.p2m_tables;
	}
	if (initrd->size) {
		si->mod_len = initrd->size;
		si->mod_start = layout.initrd_va;
		if (!layout.initrd_va) {
			si->mod_start = layout.initrd_pfn;
			si->flags |= SIF_MOD_START_PFN;
		}
	}
	fill_command_line((char *)si->cmd_line, kernel->cmdline);
	fill_vga(si);
}

static void start_vcpu(mfn_t l4)
{
	static __initdata struct vcpu_guest_context first;
	struct vcpu_guest_context *c = &first;
	int err;

	c->flags = VGCF_in_kernel | VGCF_online;
	c->user_regs.rip = img.entry;
	c->user_regs.rsp = layout.stack_va + PAGE_SIZE;
	c->user_regs.rsi = layout.start_info_va;
	c->user_regs.rflags = EFLAGS_IF | EFLAGS_MBS;
	c->user_regs.cs = FLAT_KERNEL_CS;
	c->user_regs.ss = c->user_regs.ds = c->user_regs.es = FLAT_KERNEL_SS;
	c->kernel_ss = FLAT_KERNEL_SS;
	c->kernel_sp = c->user_regs.rsp;
	c->ctrlreg[3] = mfn_to_maddr(l4).v;
	err = pvcpu_set_context(dom0->vcpus[0], c);
	if (err) {
		panic("cannot set domain 0's first context: error %d", err);
	}
}

void dom0_build(void)
{
	const void *file = mfn_to_virt(mfn(kernel->maddr >> PAGE_SHIFT));
	const char *why;

	if (!boot_info.nr_modules) {
		panic("no kernel for domain 0: give it as the first boot module");
	}
	if (boot_info.nr_modules == 1) {
		initrd->size = 0;
	}
	nr_pages = choose_pages();
	why = pv_elf_parse(file, kernel->size, &img);
	if (!why) {
		why = pv_layout_compute(&img, nr_pages, initrd->size, &layout);
	}
	if (why) {
		panic("domain 0: %s", why);
	}
	create();
	populate();
	load_kernel();
	fill_start_info();
	if (img.hypercall_page != PV_UNSET) {
		hypercall_page_fill(va_to_virt(img.hypercall_page));
	}
	start_vcpu(build_tables());
	log_info("Domain 0: %s, %lu MiB, %u vCPUs, entry %lx, initrd %lu KiB\n",
		 img.guest_os, nr_pages * PAGE_SIZE / MIB, dom0->max_vcpus,
		 img.entry, initrd->size >> 10);
	free_kernel_module();
	domain_controller_unpause(dom0);
}
