/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * image/: reading PV kernels' ELF files and placing them.  A small valid file
 * is built in memory; each test spoils one thing of it and expects the line
 * that names it.  The last test throws random damage at the reader, under the
 * address sanitizer.
 */
#include "image/pv_elf.h"
#include "image/pv_layout.h"
#include "lib/string.h"
#undef min
#undef max
#include <criterion/criterion.h>
#include <stdlib.h>

#define BASE	0xffffffff80000000ULL
#define TEXT	0x1000000ULL

struct header {
	u8 ident[16];
	u16 type, machine;
	u32 version;
	u64 entry, phoff, shoff;
	u32 flags;
	u16 ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};

struct phdr {
	u32 type, flags;
	u64 offset, vaddr, paddr, filesz, memsz, align;
};

struct note {
	u32 namesz, descsz, type;
	char name[4];
	u64 value;
};

struct kernel {
	struct header h;
	struct phdr load, notes;
	struct note n[5];
	u8 pad[4096 - sizeof(struct header) - 2 * sizeof(struct phdr) -
	       5 * sizeof(struct note)];
	u8 text[8192];
};

static struct note note(u32 type, u64 value)
{
	return (struct note){ 4, 8, type, "Xen", value };
}

static struct kernel good(void)
{
	struct kernel k = {
		.h = { .ident = "\177ELF\2\1\1", .type = 2, .machine = 62,
		       .entry = TEXT, .phoff = offsetof(struct kernel, load),
		       .phentsize = sizeof(struct phdr), .phnum = 2 },
		.load = { 1, 5, offsetof(struct kernel, text), BASE + TEXT,
			  TEXT, 8192, 3 * 4096, 4096 },
		.notes = { 4, 4, offsetof(struct kernel, n), 0, 0,
			   5 * sizeof(struct note), 0, 4 },
	};

	k.n[0] = note(1, BASE + TEXT + 0x10);		/* entry */
	k.n[1] = note(2, BASE + TEXT + 0x1000);		/* hypercall page */
	k.n[2] = note(3, BASE);				/* virt base */
	k.n[3] = note(15, 0x8000000000);		/* init p2m */
	k.n[4] = note(16, 1);				/* mod start pfn */
	return k;
}

static const char *parse(const struct kernel *k, struct pv_image *img)
{
	return pv_elf_parse(k, sizeof(*k), img);
}

Test(pv_elf, reads_segments_and_notes)
{
	struct kernel k = good();
	struct pv_image img;

	cr_assert_null(parse(&k, &img));
	cr_assert_eq(img.entry, BASE + TEXT + 0x10);
	cr_assert_eq(img.hypercall_page, BASE + TEXT + 0x1000);
	cr_assert_eq(img.virt_start, BASE + TEXT);
	cr_assert_eq(img.virt_end, BASE + TEXT + 3 * 4096);
	cr_assert_eq(img.init_p2m, 0x8000000000);
	cr_assert(img.mod_start_pfn);
	cr_assert_eq(img.nr_segments, 1);
}

static void refuse(struct kernel *k, const char *why)
{
	struct pv_image img;
	const char *said = parse(k, &img);

	cr_assert_not_null(said, "accepted: should say '%s'", why);
	cr_assert_str_eq(said, why);
}

Test(pv_elf, says_what_is_wrong)
{
	struct kernel k = good();

	k.h.ident[0] = 0;
	refuse(&k, "kernel is no ELF file (unpack a bzImage to vmlinux)");
	k = good();
	k.h.machine = 3;
	refuse(&k, "kernel is no 64-bit x86 ELF file");
	k = good();
	k.h.phoff = sizeof(k) - 8;
	refuse(&k, "kernel file is cut short");
	k = good();
	k.load.offset = ~0ULL - 4096;
	refuse(&k, "kernel file is cut short");
	k = good();
	k.load.filesz = k.load.memsz + 1;
	refuse(&k, "kernel file is cut short");
	k = good();
	k.h.phnum = 1;
	refuse(&k, "kernel has no Xen notes: it was not built for PV");
	k = good();
	k.n[0].value = BASE + TEXT + 3 * 4096;
	refuse(&k, "kernel's entry point lies outside its segments");
	k = good();
	k.n[1].value = BASE + TEXT + 0x10;
	refuse(&k, "kernel's hypercall page lies outside its segments");
	k = good();
	k.n[3] = note(8, 1);				/* loader */
	refuse(&k, "kernel is made for another loader");
	k.n[3] = note(5, 1);				/* Xen's version */
	refuse(&k, "kernel is made for another loader");
	k.n[3] = note(17, 1);				/* features */
	refuse(&k, "kernel says that it cannot be domain 0");
	k = good();
	k.load.memsz = 1ULL << 40;
	refuse(&k, "kernel's segments lie outside its address range");
	k = good();
	k.load.memsz = 0;
	refuse(&k, "kernel has nothing to load");
}

Test(pv_elf, stands_any_damage)
{
	struct kernel k;
	struct pv_image img;
	unsigned int accepted = 0;

	srand(1);
	for (int round = 0; round < 200000; round++) {
		k = good();
		for (int n = rand() % 8; n >= 0; n--) {
			((u8 *)&k)[rand() % offsetof(struct kernel, pad)] =
				(u8)rand();
		}
		u64 size = rand() % 4 ? sizeof(k) : rand() % sizeof(k);
		void *copy = malloc(size);

		memcpy(copy, &k, size);
		accepted += !pv_elf_parse(copy, size, &img);
		free(copy);
	}
	cr_assert_gt(accepted, 0);
}

Test(pv_layout, parts_follow_one_another)
{
	struct kernel k = good();
	struct pv_image img;
	struct pv_layout l;

	cr_assert_null(parse(&k, &img));
	cr_assert_null(pv_layout_compute(&img, 65536, 5000, &l));
	cr_assert_eq(l.start_info_va, BASE + TEXT + 3 * 4096);
	cr_assert_eq(l.pt_va, l.start_info_va + 4096);
	cr_assert_eq(l.stack_va, l.pt_va + l.pt_frames * 4096);
	cr_assert_eq(l.virt_end % (4 << 20), 0);
	cr_assert_geq(l.virt_end - l.stack_va, 4096 + (512 << 10));
	/* one table of each level maps 20 MiB but for L1: one per 2 MiB */
	cr_assert_eq(l.pt_frames, 3 + (l.virt_end - BASE) / (2 << 20));
	cr_assert_eq(l.initrd_pfn, (l.virt_end - BASE) / 4096);
	cr_assert_eq(l.initrd_frames, 2);
	cr_assert_eq(l.p2m_pfn, l.initrd_pfn + 2);
	cr_assert_eq(l.p2m_frames, 128);
	cr_assert_eq(l.p2m_tables, 3);
}

Test(pv_layout, initrd_and_p2m_mapped_when_the_kernel_wants_it)
{
	struct kernel k = good();
	struct pv_image img;
	struct pv_layout l;

	cr_assert_null(parse(&k, &img));
	img.mod_start_pfn = false;
	img.init_p2m = PV_UNSET;
	cr_assert_null(pv_layout_compute(&img, 65536, 5000, &l));
	cr_assert_eq(l.initrd_va, BASE + TEXT + 3 * 4096);
	cr_assert_eq(l.p2m_va, l.initrd_va + 2 * 4096);
	cr_assert_eq(l.start_info_va, l.p2m_va + 128 * 4096);
	cr_assert_eq(l.p2m_tables, 0);
}

Test(pv_layout, refuses_addresses_that_are_not_a_guests)
{
	static const u64 bases[] = {
		1ULL << 47,			/* no address */
		0xffff800000000000ULL,		/* the hypervisor's */
		0xffff880000000000ULL - (1 << 26),
		0x0000800000000000ULL - (1 << 24),	/* reaches out */
		0x1000800,			/* no page */
		0ULL - (1 << 25),		/* wraps */
	};
	struct kernel k = good();
	struct pv_image good_img, img;
	struct pv_layout l;

	cr_assert_null(parse(&k, &good_img));
	for (unsigned int i = 0; i < ARRAY_LEN(bases); i++) {
		img = good_img;
		img.virt_base = bases[i];
		img.virt_end = bases[i] + TEXT + 3 * 4096;
		cr_assert_not_null(pv_layout_compute(&img, 65536, 0, &l),
				   "%llx", bases[i]);
		img = good_img;
		img.init_p2m = bases[i];
		if (i < 5) {
			cr_assert_not_null(pv_layout_compute(&img, 1 << 24, 0,
							     &l), "%llx",
					   bases[i]);
		}
	}
	img = good_img;
	img.init_p2m = BASE + (1 << 28);	/* the kernel's own tables */
	cr_assert_not_null(pv_layout_compute(&img, 65536, 0, &l));
}

Test(pv_layout, says_when_it_does_not_fit)
{
	struct kernel k = good();
	struct pv_image img;
	struct pv_layout l;

	cr_assert_null(parse(&k, &img));
	cr_assert_not_null(pv_layout_compute(&img, 4096, 0, &l));
	cr_assert_null(pv_layout_compute(&img, 8192, 0, &l));
}
