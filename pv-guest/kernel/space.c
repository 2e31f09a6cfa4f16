/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The truth kept here: a page that more than one address space maps as private
 * is mapped read-only by all of them; its first writer gets a copy, the last
 * one the page.
 *
 * A page without access rights keeps its place in an entry that is not
 * present, marked PTE_HELD.
 */
#include "kernel/space.h"
#include "kernel/page.h"

#define PTE_HELD	0x200UL
#define MAPPED(pte)	((pte) & (PTE_P | PTE_HELD))
#define TABLE_SPAN	(512 * PAGE_SIZE)
#define MMAP_BASE	(64UL << 30)
#define BATCH		64

/* Changes to be made at once, and the pages to be let go when they are. */
struct batch {
	struct tables *tables;
	enum flush flush;
	unsigned int n, pages;
	unsigned long va;
	struct pte_change change[BATCH];
	void *page[BATCH];
};

static void batch_end(struct batch *b)
{
	enum flush flush = b->flush;

	if (flush == FLUSH_ALL && b->n == 1) {
		flush = FLUSH_PAGE;
	}
	if (b->n) {
		tables_change(b->tables, b->change, b->n, flush, b->va);
	}
	while (b->pages) {
		page_put(b->page[--b->pages]);
	}
	b->n = 0;
}

static void batch_add(struct batch *b, pte_t *entry, pte_t value,
		      unsigned long va)
{
	if (b->n == BATCH) {
		batch_end(b);
	}
	b->va = va;
	b->change[b->n++] = (struct pte_change) { entry, value };
}

static unsigned int table_index(unsigned long va, int level)
{
	return (va >> (PAGE_SHIFT + 9 * (level - 1))) & 511;
}

/* The lowest-level entry of va; NULL: no table there, or no memory for one. */
static pte_t *entry_of(struct space *s, unsigned long va, bool make)
{
	pte_t *table = s->tables.root;

	for (int level = 4; level > 1; level--) {
		pte_t *entry = table + table_index(va, level);

		if (!(*entry & PTE_P)) {
			void *page = make ? page_zeroed() : NULL;

			if (!page) {
				return NULL;
			}
			tables_link(&s->tables, entry, page);
		}
		table = pte_page(*entry);
	}
	return table + table_index(va, 1);
}

/* The next mapped entry from *va on, or NULL. */
static pte_t *entry_next(struct space *s, unsigned long *va, unsigned long end)
{
	while (*va < end) {
		pte_t *entry = entry_of(s, *va, false);
		unsigned long stop = (*va | (TABLE_SPAN - 1)) + 1;

		stop = stop < end ? stop : end;
		for (; entry && *va < stop; *va += PAGE_SIZE, entry++) {
			if (MAPPED(*entry)) {
				return entry;
			}
		}
		*va = stop;
	}
	return NULL;
}

static pte_t make_entry(const void *page, unsigned int prot, bool write)
{
	pte_t pte = pte_of(page, PTE_US | PTE_A);

	if (!prot) {
		return pte | PTE_HELD;
	}
	if (write && (prot & PROT_WRITE)) {
		pte |= PTE_RW | PTE_D;
	}
	if (!(prot & PROT_EXEC)) {
		pte |= PTE_NX;
	}
	return pte | PTE_P;
}

/* ---- regions ---- */

static struct region *region_find(struct space *s, unsigned long va)
{
	struct region *r = s->regions;

	while (r && r->end <= va) {
		r = r->next;
	}
	return r && r->start <= va ? r : NULL;
}

static struct region *region_add(struct space *s, const struct region *like,
				 unsigned long start, unsigned long end)
{
	struct region *r = object_alloc(sizeof(*r)), **p = &s->regions;

	if (!r) {
		return NULL;
	}
	*r = *like;
	if (r->data) {
		size_t skip = start - like->start;

		skip = skip < r->data_size ? skip : r->data_size;
		r->data += skip;
		r->data_size -= skip;
	}
	r->start = start;
	r->end = end;
	while (*p && (*p)->start < start) {
		p = &(*p)->next;
	}
	r->next = *p;
	*p = r;
	return r;
}

/* Has a region begin at va, if one has va inside it. */
static bool region_split(struct space *s, unsigned long va)
{
	struct region *r = region_find(s, va);

	if (!r || r->start == va) {
		return true;
	}
	if (!region_add(s, r, va, r->end)) {
		return false;
	}
	r->end = va;
	return true;
}

static bool range_valid(unsigned long start, size_t size)
{
	return !(start & ~PAGE_MASK) && size && size <= USER_END &&
	       start <= USER_END - size;
}

static size_t whole_pages(size_t size)
{
	return (size + PAGE_SIZE - 1) & PAGE_MASK;
}

static long unmap_locked(struct space *s, unsigned long start,
			 unsigned long end)
{
	struct batch b = { .tables = &s->tables, .flush = FLUSH_ALL };
	struct region **p = &s->regions;
	pte_t *entry;

	if (!region_split(s, start) || !region_split(s, end)) {
		return -ENOMEM;
	}
	while (*p && (*p)->start < end) {
		struct region *r = *p;

		if (r->start < start) {
			p = &r->next;
			continue;
		}
		*p = r->next;
		for (unsigned long va = r->start;
		     (entry = entry_next(s, &va, r->end)); va += PAGE_SIZE) {
			void *page = pte_page(*entry);

			batch_add(&b, entry, 0, va);
			b.page[b.pages++] = page;
		}
		object_free(r, sizeof(*r));
	}
	batch_end(&b);
	return 0;
}

/* Room of that size above `from`, between regions; 0: none. */
static unsigned long find_room(struct space *s, size_t size)
{
	unsigned long at = MMAP_BASE;

	for (struct region *r = s->regions; r; r = r->next) {
		if (r->end > at) {
			if (r->start >= at && r->start - at >= size) {
				return at;
			}
			at = r->end;
		}
	}
	return at <= USER_END - size ? at : 0;
}

/* Shared memory has all its pages from the start: fork finds them there. */
static bool populate(struct space *s, struct region *r)
{
	struct batch b = { .tables = &s->tables };

	for (unsigned long va = r->start; va < r->end; va += PAGE_SIZE) {
		pte_t *entry = entry_of(s, va, true);
		void *page = entry ? page_zeroed() : NULL;

		if (!page) {
			batch_end(&b);
			return false;
		}
		batch_add(&b, entry, make_entry(page, r->prot, true), va);
	}
	batch_end(&b);
	return true;
}

long space_map(struct space *s, unsigned long address, size_t size,
	       unsigned int prot, bool shared, const char *data,
	       size_t data_size)
{
	struct region like = {
		.prot = prot, .shared = shared, .data = data,
		.data_size = data_size,
	}, *r;
	long err = 0;

	size = whole_pages(size);
	if (!range_valid(address, size)) {
		return -EINVAL;
	}
	lock(&s->lock);
	if (address) {
		err = unmap_locked(s, address, address + size);
	} else {
		address = find_room(s, size);
	}
	if (err || !address) {
		unlock(&s->lock);
		return -ENOMEM;
	}
	like.start = address;
	r = region_add(s, &like, address, address + size);
	if (!r || (shared && !populate(s, r))) {
		unmap_locked(s, address, address + size);
		address = -ENOMEM;
	}
	unlock(&s->lock);
	return address;
}

long space_unmap(struct space *s, unsigned long start, size_t size)
{
	long err;

	size = whole_pages(size);
	if (!range_valid(start, size)) {
		return -EINVAL;
	}
	lock(&s->lock);
	err = unmap_locked(s, start, start + size);
	unlock(&s->lock);
	return err;
}

static void protect_region(struct space *s, struct region *r,
			   unsigned int prot)
{
	struct batch b = { .tables = &s->tables, .flush = FLUSH_ALL };
	pte_t *entry;

	r->prot = prot;
	for (unsigned long va = r->start;
	     (entry = entry_next(s, &va, r->end)); va += PAGE_SIZE) {
		void *page = pte_page(*entry);
		bool write = r->shared || page_is_sole(page);
		pte_t value = make_entry(page, prot, write);

		if (value != *entry) {
			batch_add(&b, entry, value, va);
		}
	}
	batch_end(&b);
}

long space_protect(struct space *s, unsigned long start, size_t size,
		   unsigned int prot)
{
	unsigned long at = start, end;
	long err = 0;

	size = whole_pages(size);
	if (!size) {
		return 0;
	}
	if (!range_valid(start, size)) {
		return -EINVAL;
	}
	end = start + size;
	lock(&s->lock);
	if (!region_split(s, start) || !region_split(s, end)) {
		err = -ENOMEM;
	}
	while (!err && at < end) {
		struct region *r = region_find(s, at);

		if (r) {
			protect_region(s, r, prot);
			at = r->end;
		} else {
			err = -ENOMEM;
		}
	}
	unlock(&s->lock);
	return err;
}

unsigned long space_brk(struct space *s, unsigned long end)
{
	struct region like = { .prot = PROT_READ | PROT_WRITE };
	unsigned long was = whole_pages(s->brk), now = whole_pages(end);
	struct region *r;

	lock(&s->lock);
	if (end >= s->brk_start && end < MMAP_BASE) {
		r = was > s->brk_start ? region_find(s, was - 1) : NULL;
		if (now < was) {
			unmap_locked(s, now, was);
		} else if (now > was && r && !r->data && r->end == was) {
			r->end = now;
		} else if (now > was) {
			like.start = was;
			if (!region_add(s, &like, was, now)) {
				end = s->brk;
			}
		}
		s->brk = end;
	}
	end = s->brk;
	unlock(&s->lock);
	return end;
}

/* ---- faults ---- */

static void *new_page(const struct region *r, unsigned long va)
{
	size_t offset = va - r->start, n;
	void *page;

	if (offset >= r->data_size) {
		return page_zeroed();
	}
	page = pages_alloc(0);
	n = r->data_size - offset;
	n = n < PAGE_SIZE ? n : PAGE_SIZE;
	if (page) {
		memcpy(page, r->data + offset, n);
		memset((char *)page + n, 0, PAGE_SIZE - n);
	}
	return page;
}

/* A write to a page that may have other users. */
static int fault_write(struct space *s, struct region *r, pte_t *entry,
		       unsigned long va)
{
	struct batch b = { .tables = &s->tables, .flush = FLUSH_ALL };
	void *old = pte_page(*entry), *page = old;

	if (!r->shared && !page_is_sole(old)) {
		page = pages_alloc(0);
		if (!page) {
			return -ENOMEM;
		}
		memcpy(page, old, PAGE_SIZE);
		b.page[b.pages++] = old;
	}
	batch_add(&b, entry, make_entry(page, r->prot, true), va);
	batch_end(&b);
	return 0;
}

static int fault_locked(struct space *s, unsigned long va, unsigned long error)
{
	struct region *r = region_find(s, va);
	struct pte_change change;
	void *page;

	if (!r || !(r->prot & (error & PF_W ? PROT_WRITE :
			       error & PF_ID ? PROT_EXEC :
			       PROT_READ | PROT_WRITE | PROT_EXEC))) {
		return -EFAULT;
	}
	change.entry = entry_of(s, va, true);
	if (!change.entry) {
		return -ENOMEM;
	}
	if (*change.entry & PTE_P) {
		/* Else another CPU was faster. */
		return error & PF_W && !(*change.entry & PTE_RW) ?
		       fault_write(s, r, change.entry, va) : 0;
	}
	page = new_page(r, va);
	if (!page) {
		return -ENOMEM;
	}
	change.value = make_entry(page, r->prot, true);
	tables_change(&s->tables, &change, 1, FLUSH_NONE, va);
	return 0;
}

int space_fault(struct space *s, unsigned long address, unsigned long error)
{
	int err;

	if (address >= USER_END) {
		return -EFAULT;
	}
	lock(&s->lock);
	err = fault_locked(s, address & PAGE_MASK, error);
	unlock(&s->lock);
	return err;
}

/* ---- whole address spaces ---- */

struct space *space_create(void)
{
	struct space *s = object_alloc(sizeof(*s));
	void *l3 = s ? page_zeroed() : NULL;

	if (l3 && tables_create(&s->tables, l3)) {
		s->users = 1;
		return s;
	}
	if (l3) {
		page_put(l3);
	}
	if (s) {
		object_free(s, sizeof(*s));
	}
	return NULL;
}

/* Both sides' entries of one region; the parent's lose the right to write. */
static bool fork_region(struct space *parent, struct space *child,
			struct region *r, struct batch *pb, struct batch *cb)
{
	pte_t *from;

	if (!region_add(child, r, r->start, r->end)) {
		return false;
	}
	for (unsigned long va = r->start;
	     (from = entry_next(parent, &va, r->end)); va += PAGE_SIZE) {
		pte_t *to = entry_of(child, va, true), pte = *from;

		if (!to) {
			return false;
		}
		page_get(pte_page(pte));
		if (!r->shared && (pte & PTE_RW)) {
			pte &= ~PTE_RW;
			batch_add(pb, from, pte, va);
		}
		batch_add(cb, to, pte, va);
	}
	return true;
}

struct space *space_fork(struct space *parent)
{
	struct space *child = space_create();
	struct batch pb = { .tables = &parent->tables, .flush = FLUSH_ALL };
	struct batch cb = { 0 };
	bool ok = true;

	if (!child) {
		return NULL;
	}
	cb.tables = &child->tables;
	lock(&parent->lock);
	for (struct region *r = parent->regions; r && ok; r = r->next) {
		ok = fork_region(parent, child, r, &pb, &cb);
	}
	child->brk_start = parent->brk_start;
	child->brk = parent->brk;
	batch_end(&pb);
	batch_end(&cb);
	unlock(&parent->lock);
	if (!ok) {
		space_put(child);
		return NULL;
	}
	tables_live(&child->tables);
	return child;
}

/* Lets go a table and all below it. */
static void free_table(pte_t *table, int level)
{
	for (unsigned int i = 0; i < 512; i++) {
		if (!MAPPED(table[i])) {
			continue;
		}
		if (level > 1) {
			free_table(pte_page(table[i]), level - 1);
		} else {
			page_put(pte_page(table[i]));
		}
	}
	page_put(table);
}

void space_get(struct space *s)
{
	__atomic_add_fetch(&s->users, 1, __ATOMIC_RELAXED);
}

void space_put(struct space *s)
{
	if (__atomic_sub_fetch(&s->users, 1, __ATOMIC_ACQ_REL)) {
		return;
	}
	tables_dead(&s->tables);
	free_table(pte_page(s->tables.root[0]), 3);
	tables_destroy(&s->tables);
	while (s->regions) {
		struct region *r = s->regions;

		s->regions = r->next;
		object_free(r, sizeof(*r));
	}
	object_free(s, sizeof(*s));
}
