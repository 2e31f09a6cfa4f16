/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Programs: static ELF64 files. Their segments become regions whose pages are
 * filled from the file when they are touched; the stack gets arguments,
 * environment and auxiliary values as every Linux program expects them.
 */
#include "kernel/page.h"
#include "kernel/process.h"

#define STRINGS_ORDER	3
#define STRINGS_SIZE	(PAGE_SIZE << STRINGS_ORDER)
#define MAX_WORDS	256
#define PT_LOAD		1
#define PT_PHDR		6

struct elf_header {
	uint8_t ident[16];
	uint16_t type, machine;
	uint32_t version;
	uint64_t entry, phoff, shoff;
	uint32_t flags;
	uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};

struct elf_segment {
	uint32_t type, flags;
	uint64_t offset, vaddr, paddr, filesz, memsz, align;
};

struct program {
	struct space *space;
	unsigned long entry, phdr, phnum;
	char *strings;			/* path, arguments, environment */
	size_t used, argc, envc;
};

static unsigned int segment_prot(uint32_t flags)
{
	return (flags & 4 ? PROT_READ : 0) | (flags & 2 ? PROT_WRITE : 0) |
	       (flags & 1 ? PROT_EXEC : 0);
}

static long load_segment(struct program *p, const struct archive_entry *file,
			 const struct elf_segment *s)
{
	size_t skew = s->vaddr & ~PAGE_MASK;
	unsigned long end;
	long at;

	if (s->offset > file->size || s->filesz > file->size - s->offset ||
	    s->filesz > s->memsz || skew > s->offset ||
	    s->memsz > USER_END || s->vaddr >= USER_END - s->memsz ||
	    s->vaddr < PAGE_SIZE) {
		return -ENOEXEC;
	}
	at = space_map(p->space, s->vaddr - skew, s->memsz + skew,
		       segment_prot(s->flags), false,
		       file->data + s->offset - skew, s->filesz + skew);
	end = (s->vaddr + s->memsz + PAGE_SIZE - 1) & PAGE_MASK;
	if (end > p->space->brk_start) {
		p->space->brk_start = p->space->brk = end;
	}
	if (!s->offset) {
		p->phdr += s->vaddr;
	}
	return at < 0 ? at : 0;
}

static bool elf_header_ok(const struct archive_entry *file)
{
	const struct elf_header *h = (const void *)file->data;

	return file->size >= sizeof(*h) &&
	       !memcmp(h->ident, "\177ELF\2\1", 6) && h->type == 2 &&
	       h->machine == 62 && h->entry < USER_END &&
	       h->phentsize == sizeof(struct elf_segment) &&
	       h->phoff <= file->size &&
	       h->phnum <= (file->size - h->phoff) / h->phentsize;
}

static long program_load(struct program *p, const char *path)
{
	const struct archive_entry *file = archive_find(path);
	const struct elf_header *h;
	const struct elf_segment *s;
	long err = 0;

	if (!file) {
		return -ENOENT;
	}
	if ((file->mode & S_IFMT) != S_IFREG || !(file->mode & 0111)) {
		return -EACCES;
	}
	if (!elf_header_ok(file)) {
		return -ENOEXEC;
	}
	h = (const void *)file->data;
	s = (const void *)(file->data + h->phoff);
	p->space = space_create();
	if (!p->space) {
		return -ENOMEM;
	}
	p->entry = h->entry;
	p->phdr = h->phoff;
	p->phnum = h->phnum;
	for (unsigned int i = 0; i < h->phnum && !err; i++, s++) {
		if (s->type == PT_LOAD) {
			err = load_segment(p, file, s);
		}
	}
	if (!err) {
		err = space_map(p->space, USER_STACK_TOP - USER_STACK_SIZE,
				USER_STACK_SIZE, PROT_READ | PROT_WRITE, false,
				NULL, 0);
	}
	if (err < 0) {
		space_put(p->space);
		return err;
	}
	tables_live(&p->space->tables);
	return 0;
}

/*
 * The new stack, from the top: the strings; 16 bytes that stand for random
 * ones; auxiliary values, environment, arguments, their number. The space is
 * the current one now.
 */
static bool program_begin(struct program *p, struct regs *regs)
{
	unsigned long strings = (USER_STACK_TOP - p->used) & ~15UL, words;
	unsigned long random = strings - 16, at = 0;
	uint64_t seed[2] = { clock_ns() * 0x9e3779b97f4a7c15, clock_ns() };
	uint64_t aux[] = {
		3, p->phdr, 4, sizeof(struct elf_segment), 5, p->phnum,
		6, PAGE_SIZE, 9, p->entry, 11, 0, 12, 0, 13, 0, 14, 0,
		17, 100, 23, 0, 25, random, 31, strings, 0, 0,
	};
	uint64_t value = p->argc;
	bool ok;

	words = 1 + p->argc + 1 + p->envc + 1 + ARRAY_SIZE(aux);
	regs->rsp = (random - words * 8) & ~15UL;
	ok = copy_out(strings, p->strings, p->used) &&
	     copy_out(random, seed, sizeof(seed)) &&
	     copy_out(regs->rsp, &value, 8);
	words = regs->rsp + 8;
	/* The first string is the path, for AT_EXECFN. */
	at = strlen(p->strings) + 1;
	for (size_t i = 0; i < p->argc + p->envc && ok; i++) {
		if (i == p->argc) {
			words += 8;	/* a 0 between the two lists */
		}
		value = strings + at;
		ok = copy_out(words, &value, 8);
		words += 8;
		at += strlen(p->strings + at) + 1;
	}
	words += p->envc ? 8 : 16;
	ok = ok && copy_out(words, aux, sizeof(aux));
	regs->rip = p->entry;
	regs->cs = USER_CS;
	regs->ss = USER_SS;
	regs->rflags = FLAG_IF | 2;
	regs->vector = 0;
	return ok;
}

/* A list of strings from user memory behind those that are there already. */
static long copy_strings(struct program *p, unsigned long list, size_t *count)
{
	uint64_t at;

	for (*count = 0; list && *count < MAX_WORDS; ++*count, list += 8) {
		long n;

		if (!copy_in(&at, list, sizeof(at))) {
			return -EFAULT;
		}
		if (!at) {
			return 0;
		}
		n = copy_in_string(p->strings + p->used, at,
				   STRINGS_SIZE - p->used);
		if (n < 0) {
			return n == -EFAULT ? n : -E2BIG;
		}
		p->used += n + 1;
	}
	return list ? -E2BIG : 0;
}

static void add_string(struct program *p, const char *text, size_t n)
{
	memcpy(p->strings + p->used, text, n);
	p->strings[p->used + n] = '\0';
	p->used += n + 1;
}

/* Process 1 has the command line's settings (name=value) around it. */
static void first_strings(struct program *p, const char *path)
{
	const char *word = boot.cmdline;

	add_string(p, path, strlen(path));	/* argv[0] */
	add_string(p, "HOME=/", 6);
	p->argc = p->envc = 1;
	while (*word && p->used < STRINGS_SIZE / 2) {
		const char *end = strchr(word, ' ');
		size_t n = end ? (size_t)(end - word) : strlen(word);
		const char *sign = strchr(word, '=');

		if (sign && sign < word + n && n < 256) {
			add_string(p, word, n);
			p->envc++;
		}
		word += n + (end ? 1 : 0);
	}
}

/* Nothing of the old program is left behind this. */
static void replace_program(struct program *p)
{
	struct thread *t = thread_current();
	struct process *me = t->process;
	struct space *old = me->space;

	for (unsigned int fd = 0; fd < MAX_FILES; fd++) {
		if (me->close_on_exec >> fd & 1) {
			fd_close(fd);
		}
	}
	for (int i = 0; i < NR_SIGNALS; i++) {
		if (me->action[i].handler != SIG_IGN) {
			me->action[i].handler = SIG_DFL;
		}
	}
	me->space = p->space;
	t->user.tables = &p->space->tables;
	t->user.fs = t->user.gs = 0;
	t->clear_tid = 0;
	memset(t->fpu, 0, sizeof(t->fpu));
	t->fpu[0] = 0x7f;		/* control words as at a reset */
	t->fpu[1] = 0x03;
	t->fpu[24] = 0x80;
	t->fpu[25] = 0x1f;
	asm volatile("fxrstorq %0" :: "m" (t->fpu));
	cpu_load(&t->user);
	if (old) {
		space_put(old);
	}
	process_vfork_end(me);
}

static long exec_program(struct program *p, const char *path)
{
	struct regs *regs = thread_regs(thread_current());
	long err = program_load(p, path);

	if (err) {
		return err;
	}
	if (!process_end_others()) {
		space_put(p->space);
		return -EINTR;
	}
	replace_program(p);
	memset(regs, 0, sizeof(*regs));
	if (!program_begin(p, regs)) {
		signal_fault(SIGKILL, 0);
	}
	return 0;
}

long process_exec(const char *path, unsigned long argv, unsigned long envp)
{
	struct program p = { .strings = pages_alloc(STRINGS_ORDER) };
	long err;

	if (!p.strings) {
		return -ENOMEM;
	}
	add_string(&p, path, strlen(path));
	if (argv) {
		err = copy_strings(&p, argv, &p.argc);
		if (!err) {
			err = copy_strings(&p, envp, &p.envc);
		}
	} else {
		first_strings(&p, path);
		err = 0;
	}
	if (!err) {
		err = exec_program(&p, path);
	}
	page_put(p.strings);
	return err;
}
