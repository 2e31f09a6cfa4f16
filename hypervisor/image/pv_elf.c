/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Reads a PV kernel's ELF header, segments and Xen notes.  The file is
 * untrusted: it is addressed only through file_at(), which knows its size.
 */
#include "image/pv_elf.h"
#include "lib/string.h"
#include <xen/elfnote.h>
#include <xen/features.h>

/* ELF-64 (System V ABI, chapters 4 and 5), as far as we look. */
struct elf_header {
	u8 ident[16];
	u16 type, machine;
	u32 version;
	u64 entry, phoff, shoff;
	u32 flags;
	u16 ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};

struct elf_phdr {
	u32 type, flags;
	u64 offset, vaddr, paddr, filesz, memsz, align;
} __packed;			/* wherever the file has it */

struct elf_note {
	u32 namesz, descsz, type;
};

enum { EM_X86_64 = 62, PT_LOAD = 1, PT_NOTE = 4 };

/* The file, what it is read into, and its notes that are numbers, by type. */
struct reader {
	const u8 *bytes;
	u64 size;
	struct pv_image *img;
	bool any_note;
	u64 number[XEN_ELFNOTE_MAX + 1];	/* PV_UNSET where absent */
};

static const void *file_at(const struct reader *r, u64 offset, u64 len)
{
	return range_within(offset, len, r->size) ? r->bytes + offset : NULL;
}

static void read_note(struct reader *r, u32 type, const void *desc, u32 size)
{
	char *os = r->img->guest_os;

	r->any_note = true;
	if (type == XEN_ELFNOTE_GUEST_OS) {
		memset(os, 0, sizeof(r->img->guest_os));
		memcpy(os, desc, min(size, (u32)sizeof(r->img->guest_os) - 1));
	} else if (type <= XEN_ELFNOTE_MAX) {
		r->number[type] = 0;
		memcpy(&r->number[type], desc, min(size, 8U));
	}
}

/* A note's number, or what counts without it. */
static u64 note_or(const struct reader *r, unsigned int type, u64 otherwise)
{
	return r->number[type] != PV_UNSET ? r->number[type] : otherwise;
}

/* Is there no such note, or does its text begin with these seven letters? */
static bool note_says(const struct reader *r, unsigned int type,
		      const char *text)
{
	return r->number[type] == PV_UNSET ||
		!memcmp(&r->number[type], text, 7);
}

/* All notes between offset and offset + len; stops at the first broken one. */
static void read_notes(struct reader *r, u64 offset, u64 len)
{
	u64 end = offset + len;
	struct elf_note note;

	if (!file_at(r, offset, len)) {
		return;
	}
	while (range_within(offset, sizeof(note), end)) {
		memcpy(&note, r->bytes + offset, sizeof(note));
		offset += sizeof(note);

		u64 desc = offset + ROUND_UP((u64)note.namesz, 4);

		if (desc + note.descsz > end) {
			return;
		}
		if (note.namesz == 4 && !memcmp(r->bytes + offset, "Xen", 4)) {
			read_note(r, note.type, r->bytes + desc, note.descsz);
		}
		offset = desc + ROUND_UP((u64)note.descsz, 4);
	}
}

static const char *read_headers(struct reader *r)
{
	const struct elf_header *eh = file_at(r, 0, sizeof(*eh));
	struct pv_image *img = r->img;

	if (!eh || memcmp(eh->ident, "\177ELF", 4)) {
		return "kernel is no ELF file (unpack a bzImage to vmlinux)";
	}
	if (eh->ident[4] != 2 || eh->machine != EM_X86_64) {
		return "kernel is no 64-bit x86 ELF file";
	}
	if (eh->phentsize < sizeof(struct elf_phdr)) {
		return "kernel has no program headers";
	}
	img->entry = eh->entry;
	for (unsigned int i = 0; i < eh->phnum; i++) {
		const struct elf_phdr *ph =
			file_at(r, eh->phoff + (u64)i * eh->phentsize,
				sizeof(*ph));

		if (!ph) {
			return "kernel file is cut short";
		}
		if (ph->type == PT_NOTE) {
			read_notes(r, ph->offset, ph->filesz);
		}
		if (ph->type != PT_LOAD || !ph->memsz) {
			continue;
		}
		if (ph->filesz > ph->memsz ||
		    !file_at(r, ph->offset, ph->filesz)) {
			return "kernel file is cut short";
		}
		if (img->nr_segments == PV_MAX_SEGMENTS) {
			return "kernel has more than 16 segments";
		}
		img->segments[img->nr_segments++] = (struct pv_segment){
			ph->paddr, ph->offset, ph->filesz, ph->memsz };
	}
	return img->nr_segments ? NULL : "kernel has nothing to load";
}

/* Turns load addresses into virtual ones and finds their span. */
static const char *place_segments(const struct reader *r)
{
	struct pv_image *img = r->img;
	u64 paddr_offset = note_or(r, XEN_ELFNOTE_PADDR_OFFSET, 0);

	img->entry = note_or(r, XEN_ELFNOTE_ENTRY, img->entry);
	img->virt_base = note_or(r, XEN_ELFNOTE_VIRT_BASE, 0);
	img->hypercall_page = r->number[XEN_ELFNOTE_HYPERCALL_PAGE];
	img->init_p2m = r->number[XEN_ELFNOTE_INIT_P2M];
	img->mod_start_pfn = note_or(r, XEN_ELFNOTE_MOD_START_PFN, 0);
	img->virt_start = ~0ULL;
	img->virt_end = 0;
	for (unsigned int i = 0; i < img->nr_segments; i++) {
		struct pv_segment *s = &img->segments[i];
		u64 end;

		s->vaddr += img->virt_base - paddr_offset;
		if (s->vaddr < img->virt_base ||
		    add_overflows(s->vaddr, s->memsz, &end) ||
		    end - img->virt_base > 1ULL << 30) {
			return "kernel's segments lie outside its address range";
		}
		img->virt_start = min(img->virt_start, s->vaddr);
		img->virt_end = max(img->virt_end, end);
	}
	if (img->entry < img->virt_start || img->entry >= img->virt_end) {
		return "kernel's entry point lies outside its segments";
	}
	return NULL;
}

const char *pv_elf_parse(const void *file, u64 size, struct pv_image *out)
{
	struct reader r = { .bytes = file, .size = size, .img = out };
	const char *why;

	*out = (struct pv_image){ 0 };
	memset(r.number, 0xff, sizeof(r.number));
	why = read_headers(&r);
	if (!why && !r.any_note) {
		why = "kernel has no Xen notes: it was not built for PV";
	}
	if (!why && (!note_says(&r, XEN_ELFNOTE_LOADER, "generic") ||
		     !note_says(&r, XEN_ELFNOTE_XEN_VERSION, "xen-3.0"))) {
		why = "kernel is made for another loader";
	}
	if (!why && !(note_or(&r, XEN_ELFNOTE_SUPPORTED_FEATURES, ~0ULL) &
		      1ULL << XENFEAT_dom0)) {
		why = "kernel says that it cannot be domain 0";
	}
	if (!why) {
		why = place_segments(&r);
	}
	if (!why && out->hypercall_page != PV_UNSET &&
	    (out->hypercall_page % PAGE_SIZE ||
	     !range_within(out->hypercall_page - out->virt_start, PAGE_SIZE,
			   out->virt_end - out->virt_start))) {
		why = "kernel's hypercall page lies outside its segments";
	}
	return why;
}
