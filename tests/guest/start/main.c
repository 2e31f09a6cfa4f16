/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Start of day. A new kernel finds:
 *  - rsi the address of its start_info, rsp the end of a stack page, flat
 *    64-bit selectors, DF clear, events masked;
 *  - one contiguous virtual region, from VIRT_BASE to a 4 MiB boundary with at
 *    least 512 KiB behind the last element, in this order: kernel, module,
 *    list of frames, start_info, page tables, stack, all mapped read-write
 *    but for the page tables;
 *  - that region mapping pseudo-physical pages 0, 1, 2, ... one to one;
 *  - the machine-to-physical table, readable, at the hypervisor's base.
 *
 * From <xen/xen.h>, "Start-of-day memory layout".
 */
#include "common/test.h"

#define MIB	(1UL << 20)

extern char _text[], _end[];

TEST(start_registers, 0)
{
	const struct start_regs *r = &start_regs;

	CHECK_EQ(r->rsi, (unsigned long)start_info);
	CHECK_EQ(r->rsp & ~PAGE_MASK, 0);
	CHECK_EQ(r->cs, FLAT_KERNEL_CS);
	CHECK_EQ(r->ss, FLAT_KERNEL_SS);
	CHECK_EQ(r->rflags & FLAG_DF, 0);
	CHECK_EQ(r->rflags & FLAG_TF, 0);
	CHECK_EQ(r->rflags & FLAG_NT, 0);
	CHECK_EQ(r->rflags & FLAG_AC, 0);
	/* The rest is not promised, but may not be anyone's. */
	CHECK_EQ(r->rax | r->rbx | r->rcx | r->rdx | r->rdi | r->rbp, 0);
	CHECK_EQ(r->fs | r->gs, 0);
	/* Data selectors: flat or null, whatever can be reloaded. */
	CHECK(r->ds == 0 || r->ds == FLAT_RING3_DS32, "ds %lx", r->ds);
	CHECK(r->es == 0 || r->es == FLAT_RING3_DS32, "es %lx", r->es);
}

TEST(start_info, 0)
{
	const struct start_info *s = start_info;

	CHECK(!strncmp(s->magic, "xen-3.0-x86_64", 14), "%s", s->magic);
	CHECK_EQ((unsigned long)s & ~PAGE_MASK, 0);
	CHECK(s->nr_pages >= 1024, "%lu pages", s->nr_pages);
	CHECK_EQ(s->shared_info & ~PAGE_MASK, 0);
	CHECK(s->shared_info != 0);
	CHECK_EQ(s->pt_base & ~PAGE_MASK, 0);
	CHECK_EQ(s->mfn_list & ~PAGE_MASK, 0);
	CHECK(s->nr_pt_frames >= 4, "%lu", s->nr_pt_frames);
	CHECK(strchr((const char *)s->cmd_line, 0) <
	      (const char *)s->cmd_line + MAX_GUEST_CMDLINE);
	if (!is_initial_domain()) {
		return;
	}
	CHECK_EQ(s->flags & (SIF_PRIVILEGED | SIF_INITDOMAIN),
		 SIF_PRIVILEGED | SIF_INITDOMAIN);
	CHECK_EQ(s->store_evtchn, 0);
	CHECK(s->console.dom0.info_off + s->console.dom0.info_size <=
	      PAGE_SIZE);
}

TEST(start_layout, 0)
{
	const struct start_info *s = start_info;
	unsigned long info = (unsigned long)s;
	unsigned long list_end = s->mfn_list + s->nr_pages * 8;
	unsigned long tables_end = s->pt_base + s->nr_pt_frames * PAGE_SIZE;
	unsigned long end = (start_regs.rsp + 512 * 1024 + 4 * MIB - 1) &
			    ~(4 * MIB - 1);

	CHECK(s->mfn_list >= (unsigned long)_end);
	CHECK(info >= list_end);
	CHECK(s->pt_base > info);
	CHECK(start_regs.rsp > tables_end);
	if (s->mod_len && !(s->flags & SIF_MOD_START_PFN)) {
		CHECK(s->mod_start >= (unsigned long)_end);
		CHECK(s->mod_start + s->mod_len <= s->mfn_list);
	}
	/* The builder's mapping goes on to a 4 MiB boundary. */
	CHECK_EQ(try_read((void *)(end - PAGE_SIZE)).vector, -1);
	CHECK_EQ(try_write((void *)(end - PAGE_SIZE)).vector, -1);
	CHECK_EQ(try_write((void *)(start_regs.rsp - 8)).vector, -1);
	CHECK_EQ(try_write((void *)KEEL_BASE).vector, -1);
}

TEST(start_page_tables, 0)
{
	unsigned long tables = start_info->pt_base;
	unsigned int writable = 0, wrong = 0;
	unsigned long cr3;

	asm volatile("mov %%cr3, %0" : "=r" (cr3));
	CHECK_EQ(xen_cr3_to_pfn(cr3), virt_to_mfn((void *)tables));
	for (unsigned long i = 0; i < start_info->nr_pt_frames; i++) {
		unsigned long va = tables + i * PAGE_SIZE;
		pte_t *pte = pte_find(kernel_root, va, 1);

		writable += (*pte & PTE_RW) != 0;
	}
	CHECK_EQ(writable, 0);
	for (unsigned long va = KEEL_BASE; va < start_regs.rsp;
	     va += PAGE_SIZE) {
		pte_t *pte = pte_find(kernel_root, va, 1);

		/* Two pages have since become windows on shared ones. */
		if (va == (unsigned long)shared_info ||
		    va == (unsigned long)grant_table()) {
			continue;
		}
		wrong += !(*pte & PTE_P) ||
			 pte_mfn(*pte) != virt_to_mfn((void *)va);
	}
	CHECK_EQ(wrong, 0);
	/* Writing one is a protection fault of the kernel. */
	CHECK_PF(try_write((void *)tables), PF_P | PF_W, tables);
}

TEST(start_p2m, 0)
{
	unsigned int wrong = 0;

	for (unsigned long pfn = 0; pfn < start_info->nr_pages; pfn++) {
		wrong += m2p[p2m[pfn]] != pfn;
	}
	CHECK_EQ(wrong, 0);
}

/*
 * Where the list of frames is: behind the kernel, in the one region, unless
 * the file had a note that asks for another address (images.py makes such a
 * one); then it is there, and can be written to.
 */
TEST(start_list, 0)
{
	unsigned long list = start_info->mfn_list;
	bool elsewhere = list < KEEL_BASE;

	CHECK_EQ(list, (unsigned long)p2m);
	CHECK_EQ(try_write((void *)list).vector, -1);
	CHECK_EQ(try_write((void *)(list + start_info->nr_pages * 8 - 1))
		 .vector, -1);
	if (elsewhere) {
		CHECK_EQ(list, 0x0000400000000000);
		CHECK(start_info->first_p2m_pfn != 0);
		/* The tables that map it are among these. */
		CHECK(start_info->nr_p2m_frames * PAGE_SIZE >=
		      start_info->nr_pages * 8);
	} else {
		CHECK(list >= (unsigned long)_end);
	}
}

/* Nothing below this kernel's own root is mapped but what it was given. */
TEST(start_root, 0)
{
	unsigned int hypervisor = (HYPERVISOR_VIRT_START >> 39) & 511;
	unsigned int own = (KEEL_BASE >> 39) & 511;

	for (unsigned int i = 0; i < 512; i++) {
		if (i >= hypervisor && i < hypervisor + 16) {
			continue;
		}
		CHECK_EQ(kernel_root[i] & PTE_P, i == own ? PTE_P : 0);
	}
}

/* The hypervisor's range: the M2P is read-only, the rest is not there. */
TEST(start_hypervisor_range, 0)
{
	static const struct {
		unsigned long va;
		const char *what;
	} holes[] = {
		{ MACH2PHYS_VIRT_END, "behind the M2P" },
		{ 0xffff820000000000, "in the middle" },
		{ 0xffff82d040200000, "where Xen's text is" },
		{ 0xffff830000000000, "where Xen's direct map is" },
		{ HYPERVISOR_VIRT_END - PAGE_SIZE, "at the end" },
	};
	struct fault f = try_read(m2p);

	CHECK_EQ(f.vector, -1);
	CHECK_PF(try_write((void *)m2p), PF_P | PF_W, m2p);
	for (unsigned int i = 0; i < ARRAY_SIZE(holes); i++) {
		test_case("%s", holes[i].what);
		f = try_read((void *)holes[i].va);
		CHECK_EQ(f.vector, VEC_PF);
		CHECK_EQ(f.cr2, holes[i].va);
		CHECK_EQ(f.error & PF_US, 0);
		f = try_write((void *)holes[i].va);
		CHECK_EQ(f.vector, VEC_PF);
		CHECK_EQ(f.error & PF_W, PF_W);
	}
}

TEST(start_shared_info, 0)
{
	for (unsigned int i = 1; i < XEN_LEGACY_MAX_VCPUS; i++) {
		if (cpu_is_up(i)) {
			continue;
		}
		test_case("vcpu %u", i);
		CHECK_EQ(shared_info->vcpu_info[i].evtchn_upcall_pending, 0);
		CHECK_EQ(shared_info->vcpu_info[i].evtchn_pending_sel, 0);
	}
	CHECK(shared_info->wc_sec != 0);
	CHECK_EQ(shared_info->wc_version & 1, 0);
	CHECK(shared_info->vcpu_info[0].time.tsc_to_system_mul != 0);
	CHECK(shared_info->vcpu_info[0].time.system_time != 0);
}
