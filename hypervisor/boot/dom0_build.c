/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Builds domain 0 from the boot modules: module 1 is its kernel, a PV ELF
 * file; module 2, if there is one, its initrd.  Everything that can be wrong
 * with them ends in one line that says so.
 */
#include "boot/boot_info.h"
#include "boot/dom0_memory.h"
#include "hypercall/hypercall.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "mm/alloc.h"
#include "pvcpu/pvcpu.h"
#include "x86/current.h"
#include "x86/regs.h"
#include <xen/domctl.h>

#define MIB		(1UL << 20)
#define RESERVE_MAX	(128 * MIB)
#define DOM0_MIN_PAGES	(32 * MIB / PAGE_SIZE)

/* dom0_mem, or all that is free but a sixteenth (at most 128 MiB). */
static u64 choose_pages(u64 module_frames)
{
	u64 all = frames_free_count() + module_frames;
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

static struct domain *create(void)
{
	unsigned int vcpus = boot_options.dom0_max_vcpus;
	struct xen_domctl_createdomain how = {
		.max_vcpus = vcpus ? vcpus : nr_cpus,
		.max_evtchn_port = 4095,
		.max_grant_frames = -1,
		.max_maptrack_frames = -1,
	};
	struct domain *d;
	int err = domain_create(0, &how, true, &d);

	if (err) {
		panic("cannot create domain 0: error %d", err);
	}
	return d;
}

/* Ports that stay ours: interrupt controllers, our serial line. */
static void grant_io_ports(struct domain *d)
{
	static const struct { u16 first, last; } ours[] = {
		{ 0x20, 0x21 }, { 0xa0, 0xa1 },		/* PICs */
		{ 0x4d0, 0x4d1 },			/* their ELCR */
		{ 0xcf8, 0xcfb },			/* PCI address */
	};

	d->io_ports = heap_alloc_pages(1);
	if (!d->io_ports) {
		panic("not enough memory for domain 0's I/O ports");
	}
	memset(d->io_ports, 0xff, 0x10000 / 8);
	for (unsigned int i = 0; i < ARRAY_LEN(ours); i++) {
		for (u32 p = ours[i].first; p <= ours[i].last; p++) {
			bit_clear(d->io_ports, p);
		}
	}
	if (boot_options.com1) {
		for (u32 p = 0; p < 8; p++) {
			bit_clear(d->io_ports, boot_options.com1_port + p);
		}
	}
}

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

static void fill_start_info(const struct dom0_memory *m)
{
	const struct pv_layout *l = m->l;
	struct start_info *si = dom0_pfn_to_virt(m,
				pv_layout_pfn(l, l->start_info_va));

	page_zero(si);
	str_copy(si->magic, "xen-3.0-x86_64", sizeof(si->magic));
	si->nr_pages = m->nr_pages;
	si->shared_info = mfn_to_maddr(m->d->shared_mfn).v;
	si->flags = SIF_PRIVILEGED | SIF_INITDOMAIN;
	si->pt_base = l->pt_va;
	si->nr_pt_frames = l->pt_frames;
	si->mfn_list = l->p2m_va;
	if (l->p2m_tables) {
		si->first_p2m_pfn = l->p2m_pfn;
		si->nr_p2m_frames = l->p2m_frames + l->p2m_tables;
	}
	if (m->initrd) {
		si->mod_len = m->initrd->size;
		si->mod_start = l->initrd_va;
		if (!l->initrd_va) {
			si->mod_start = l->initrd_pfn;
			si->flags |= SIF_MOD_START_PFN;
		}
	}
	fill_command_line((char *)si->cmd_line, m->kernel->cmdline);
	fill_vga(si);
}

static void start_vcpu(const struct dom0_memory *m, mfn_t l4)
{
	struct vcpu_guest_context *c = heap_alloc_pages(1);
	const struct pv_layout *l = m->l;
	int err;

	if (!c) {
		panic("not enough memory to start domain 0");
	}
	c->flags = VGCF_in_kernel | VGCF_online;
	c->user_regs.rip = m->img->entry;
	c->user_regs.rsp = l->stack_va + PAGE_SIZE;
	c->user_regs.rsi = l->start_info_va;
	c->user_regs.rflags = EFLAGS_IF | EFLAGS_MBS;
	c->user_regs.cs = FLAT_KERNEL_CS;
	c->user_regs.ss = c->user_regs.ds = c->user_regs.es = FLAT_KERNEL_SS;
	c->user_regs.fs = c->user_regs.gs = 0;
	c->kernel_ss = FLAT_KERNEL_SS;
	c->kernel_sp = c->user_regs.rsp;
	c->ctrlreg[3] = mfn_to_maddr(l4).v;
	err = pvcpu_set_context(m->d->vcpus[0], c);
	if (err) {
		panic("cannot set domain 0's first context: error %d", err);
	}
	heap_free_pages(c, 1);
}

static void report(const struct dom0_memory *m)
{
	log_info("Domain 0: %s, %lu MiB, %u vCPUs, entry %lx, initrd %lu KiB\n",
		 m->img->guest_os, m->nr_pages * PAGE_SIZE / MIB,
		 m->d->max_vcpus, m->img->entry,
		 m->initrd ? m->initrd->size >> 10 : 0UL);
}

void dom0_build(void)
{
	static struct pv_image img __initdata;
	static struct pv_layout layout __initdata;
	struct dom0_memory m = { .img = &img, .l = &layout };
	u64 frames;
	const char *why;

	if (!boot_info.nr_modules) {
		panic("no kernel for domain 0: give it as the first boot module");
	}
	m.kernel = &boot_info.modules[0];
	m.initrd = boot_info.nr_modules > 1 && boot_info.modules[1].size ?
		   &boot_info.modules[1] : NULL;
	why = pv_elf_parse(mfn_to_virt(mfn(m.kernel->maddr >> PAGE_SHIFT)),
			   m.kernel->size, &img);
	if (why) {
		panic("domain 0: %s", why);
	}
	frames = DIV_ROUND_UP(m.kernel->size, PAGE_SIZE) +
		 (m.initrd ? DIV_ROUND_UP(m.initrd->size, PAGE_SIZE) : 0);
	m.nr_pages = choose_pages(frames);
	why = pv_layout_compute(&img, m.nr_pages,
				m.initrd ? m.initrd->size : 0, &layout);
	if (why) {
		panic("domain 0: %s", why);
	}

	dom0 = m.d = create();
	m.d->max_pages = ~0U;
	if (boot_options.dom0_max_mem_bytes) {
		m.d->max_pages = max((u64)m.nr_pages,
				     boot_options.dom0_max_mem_bytes >>
				     PAGE_SHIFT);
	}
	grant_io_ports(m.d);
	dom0_memory_populate(&m);
	dom0_memory_load_kernel(&m);
	fill_start_info(&m);
	if (img.hypercall_page != PV_UNSET) {
		hypercall_page_fill(dom0_pfn_to_virt(&m,
			pv_layout_pfn(&layout, img.hypercall_page)));
	}
	start_vcpu(&m, dom0_tables_build(&m));
	report(&m);
	dom0_memory_free_modules(&m);
	domain_controller_unpause(m.d);
}
