/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Reads a PV kernel's ELF header, segments and Xen notes.  The file is
 * untrusted: it is addressed only through file_at(), which knows its size.
 */
#include "image/pv_elf.h"
#include "lib/string.h"
#include <xen/elfnote.h>

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
};

struct elf_note {
	u32 namesz, descsz, type;
};

enum { ET_EXEC = 2, EM_X86_64 = 62, PT_LOAD = 1, PT_NOTE = 4 };

struct file {
	const u8 *bytes;
	u64 size;
};

static const void *file_at(const struct file *f, u64 offset, u64 len)
{
	return range_within(offset, len, f->size) ? f->bytes + offset : NULL;
}

/* Xen's notes: those that are numbers by type, PV_UNSET where absent. */
struct notes {
	bool any;
	u64 number[XEN_ELFNOTE_MAX + 1];
};

static void read_note(struct pv_image *img, struct notes *n, u32 type,
		      const void *desc, u32 size)
{
	n->any = true;
	if (type == XEN_ELFNOTE_GUEST_OS) {
		size = min(size, (u32)sizeof(img->guest_os) - 1);
		memset(img->guest_os, 0, sizeof(img->guest_os));
		memcpy(img->guest_os, desc, size);
	} else if (type <= XEN_ELFNOTE_MAX) {
		n->number[type] = 0;
		memcpy(&n->number[type], desc, min(size, 8U));
	}
}

/* A note's number, or what counts without it. */
static u64 note_or(const struct notes *n, unsigned int type, u64 otherwise)
{
	return n->number[type] != PV_UNSET ? n->number[type] : otherwise;
}

/* All notes between offset and offset + len; stops at the first broken one. */
static void read_notes(const struct file *f, u64 offset, u64 len,
		       struct pv_image *img, struct notes *n)
{
	u64 end = offset + len;
	struct elf_note note;

	if (!file_at(f, offset, len)) {
		return;
	}
	while (range_within(offset, sizeof(note), end)) {
		memcpy(&note, f->bytes + offset, sizeof(note));
		offset += sizeof(note);

		u64 desc = offset + ROUND_UP((u64)note.namesz, 4);
		u64 next = desc + ROUND_UP((u64)note.descsz, 4);

		if (desc + note.descsz > end) {
			return;
		}
		if (note.namesz == 4 && !memcmp(f->bytes + offset, "Xen", 4)) {
			read_note(img, n, note.type, f->bytes + desc,
				  note.descsz);
		}
		offset = next;
	}
}

static const char *add_segment(const struct file *f, struct pv_image *img,
			       const struct elf_phdr *ph)
{
	struct pv_segment *s = &img->segments[img->nr_segments];

	if (img->nr_segments == PV_MAX_SEGMENTS) {
		return "kernel has more than 16 segments";
	}
	if (ph->filesz > ph->memsz || !file_at(f, ph->offset, ph->filesz)) {
		return "kernel file is cut short";
	}
	*s = (struct pv_segment){ ph->paddr, ph->offset, ph->filesz,
				  ph->memsz };
	img->nr_segments++;
	return NULL;
}

static const char *read_headers(const struct file *f, struct pv_image *img,
				struct notes *n)
{
	const struct elf_header *eh = file_at(f, 0, sizeof(*eh));
	struct elf_phdr ph;
	const char *why;

	if (!eh || memcmp(eh->ident, "\177ELF", 4)) {
		return "kernel is no ELF file (unpack a bzImage to vmlinux)";
	}
	if (eh->ident[4] != 2 || eh->machine != EM_X86_64) {
		return "kernel is no 64-bit x86 ELF file";
	}
	if (eh->phentsize < sizeof(ph)) {
		return "kernel has no program headers";
	}
	img->entry = eh->entry;
	for (unsigned int i = 0; i < eh->phnum; i++) {
		const void *p = file_at(f, eh->phoff + (u64)i * eh->phentsize,
					sizeof(ph));

		if (!p) {
			return "kernel file is cut short";
		}
		memcpy(&ph, p, sizeof(ph));
		if (ph.type == PT_NOTE) {
			read_notes(f, ph.offset, ph.filesz, img, n);
		} else if (ph.type == PT_LOAD && ph.memsz) {
			why = add_segment(f, img, &ph);
			if (why) {
				return why;
			}
		}
	}
	return img->nr_segments ? NULL : "kernel has nothing to load";
}

/* Turns load addresses into virtual ones and finds their span. */
static const char *place_segments(struct pv_image *img, const struct notes *n)
{
	u64 paddr_offset = note_or(n, XEN_ELFNOTE_PADDR_OFFSET, 0);

	img->entry = note_or(n, XEN_ELFNOTE_ENTRY, img->entry);
	img->virt_base = note_or(n, XEN_ELFNOTE_VIRT_BASE, 0);
	img->hypercall_page = n->number[XEN_ELFNOTE_HYPERCALL_PAGE];
	img->init_p2m = n->number[XEN_ELFNOTE_INIT_P2M];
	img->mod_start_pfn = note_or(n, XEN_ELFNOTE_MOD_START_PFN, 0);
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
	struct file f = { file, size };
	struct notes n = { false };
	const char *why;

	*out = (struct pv_image){ 0 };
	memset(n.number, 0xff, sizeof(n.number));
	why = read_headers(&f, out, &n);
	if (why) {
		return why;
	}
	if (!n.any) {
		return "kernel has no Xen notes: it was not built for PV";
	}
	why = place_segments(out, &n);
	if (why) {
		return why;
	}
	if (out->hypercall_page != PV_UNSET &&
	    (out->hypercall_page % PAGE_SIZE ||
	     !range_within(out->hypercall_page - out->virt_start, PAGE_SIZE,
			   out->virt_end - out->virt_start))) {
		return "kernel's hypercall page lies outside its segments";
	}
	return NULL;
}
