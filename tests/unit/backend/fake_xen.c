/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * A pretended Xen: see fake_xen.h. It has the functions of the Xen libraries
 * that the backends call, with the same refusals.
 */
#include "fake_xen.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { NODES = 64, PATH_BYTES = 256, VALUE_BYTES = 256, PORTS = 64 };

static int memory = -1;
static uint8_t *guest;
static enum fake_access access_of[FAKE_PAGES];
static unsigned int mapped, notified;
static bool bound[PORTS];
static struct {
	char path[PATH_BYTES], value[VALUE_BYTES];
} nodes[NODES];
static unsigned int nr_nodes;

void fake_reset(void)
{
	if (memory < 0) {
		memory = memfd_create("guest", 0);
		cr_assert_geq(memory, 0);
		cr_assert_eq(ftruncate(memory, FAKE_PAGES * FAKE_PAGE), 0);
		guest = mmap(NULL, FAKE_PAGES * FAKE_PAGE,
			     PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
		cr_assert_neq(guest, MAP_FAILED);
	}
	memset(access_of, 0, sizeof(access_of));
	memset(bound, 0, sizeof(bound));
	mapped = 0;
	notified = 0;
	nr_nodes = 0;
}

uint8_t *fake_page(uint32_t gref)
{
	return guest + (size_t)gref * FAKE_PAGE;
}

void fake_grant(uint32_t gref, enum fake_access access)
{
	access_of[gref] = access;
}

unsigned int fake_mapped(void)
{
	return mapped;
}

unsigned int fake_notified(void)
{
	return notified;
}

unsigned int fake_bound(void)
{
	unsigned int i, n = 0;

	for (i = 0; i < PORTS; i++) {
		n += bound[i];
	}
	return n;
}

static bool may(uint32_t domid, uint32_t ref, bool write)
{
	return domid == FAKE_DOMID && ref < FAKE_PAGES &&
	       access_of[ref] >= (write ? FAKE_WRITABLE : FAKE_READONLY);
}

void *xengnttab_map_domain_grant_refs(xengnttab_handle *xgt, uint32_t count,
				      uint32_t domid, uint32_t *refs,
				      int prot)
{
	uint8_t *mem;
	uint32_t i;

	(void)xgt;
	for (i = 0; i < count; i++) {
		if (!may(domid, refs[i], prot & PROT_WRITE)) {
			errno = EINVAL;
			return NULL;
		}
	}
	mem = mmap(NULL, (size_t)count * FAKE_PAGE, PROT_NONE,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	cr_assert_neq(mem, MAP_FAILED);
	for (i = 0; i < count; i++) {
		void *at = mem + (size_t)i * FAKE_PAGE;

		cr_assert_eq(mmap(at, FAKE_PAGE, prot, MAP_SHARED | MAP_FIXED,
				  memory, (off_t)refs[i] * FAKE_PAGE), at);
	}
	mapped += count;
	return mem;
}

void *xengnttab_map_grant_ref(xengnttab_handle *xgt, uint32_t domid,
			      uint32_t ref, int prot)
{
	return xengnttab_map_domain_grant_refs(xgt, 1, domid, &ref, prot);
}

int xengnttab_unmap(xengnttab_handle *xgt, void *start, uint32_t count)
{
	(void)xgt;
	cr_assert_geq(mapped, count);
	mapped -= count;
	return munmap(start, (size_t)count * FAKE_PAGE);
}

/* Our own granted pages; references count on from OWN_REF. */
enum { OWN_REF = 10000, OWN_MAX = 512 };
static uint8_t *own[OWN_MAX];
static unsigned int nr_own, shared;

xengntshr_handle *fake_gntshr(void)
{
	return (xengntshr_handle *)own;
}

unsigned int fake_shared(void)
{
	return shared;
}

void *xengntshr_share_pages(xengntshr_handle *xgs, uint32_t domid, int count,
			    uint32_t *refs, int writable)
{
	uint8_t *mem = aligned_alloc(FAKE_PAGE, (size_t)count * FAKE_PAGE);
	int i;

	cr_assert_eq(xgs, fake_gntshr());
	cr_assert_eq(domid, FAKE_SELF);
	cr_assert(writable);
	nr_own = shared == 0 ? 0 : nr_own;
	cr_assert_leq(nr_own + (unsigned int)count, OWN_MAX);
	for (i = 0; i < count; i++) {
		refs[i] = OWN_REF + nr_own;
		own[nr_own++] = mem + (size_t)i * FAKE_PAGE;
	}
	shared += (unsigned int)count;
	return mem;
}

int xengntshr_unshare(xengntshr_handle *xgs, void *start, uint32_t count)
{
	(void)xgs;
	cr_assert_geq(shared, count);
	shared -= count;
	free(start);
	return 0;
}

/* One side of a copy: where it is; NULL if it may not be there. */
static uint8_t *side(const union xengnttab_copy_ptr *p, bool by_ref,
		     uint16_t len, bool write)
{
	uint32_t ref = p->foreign.ref;

	if (!by_ref) {
		return p->virt;
	}
	if (p->foreign.domid == DOMID_SELF) {
		cr_assert(ref >= OWN_REF && ref < OWN_REF + nr_own);
		cr_assert_leq(p->foreign.offset + len, FAKE_PAGE);
		return own[ref - OWN_REF] + p->foreign.offset;
	}
	return may(p->foreign.domid, ref, write) ?
	       fake_page(ref) + p->foreign.offset : NULL;
}

static int16_t copy_one(const struct xengnttab_grant_copy_segment *s)
{
	bool from_ref = s->flags & GNTCOPY_source_gref;
	bool to_ref = s->flags & GNTCOPY_dest_gref;
	uint8_t *from = side(&s->source, from_ref, s->len, false);
	uint8_t *to = side(&s->dest, to_ref, s->len, true);

	if ((from_ref && s->source.foreign.offset + s->len > FAKE_PAGE) ||
	    (to_ref && s->dest.foreign.offset + s->len > FAKE_PAGE)) {
		return GNTST_bad_copy_arg;
	}
	if (!from || !to) {
		return GNTST_bad_gntref;
	}
	memcpy(to, from, s->len);
	return GNTST_okay;
}

int xengnttab_grant_copy(xengnttab_handle *xgt, uint32_t count,
			 xengnttab_grant_copy_segment_t *segs)
{
	uint32_t i;

	(void)xgt;
	for (i = 0; i < count; i++) {
		cr_assert(segs[i].flags &
			  (GNTCOPY_dest_gref | GNTCOPY_source_gref));
		segs[i].status = copy_one(&segs[i]);
	}
	return 0;
}

xenevtchn_port_or_error_t
xenevtchn_bind_interdomain(xenevtchn_handle *xce, uint32_t domid,
			   evtchn_port_t remote)
{
	int i;

	(void)xce;
	if (domid != FAKE_DOMID || remote >= 4096) {
		errno = EINVAL;
		return -1;
	}
	for (i = 1; i < PORTS; i++) {
		if (!bound[i]) {
			bound[i] = true;
			return i;
		}
	}
	errno = ENOSPC;
	return -1;
}

int xenevtchn_unbind(xenevtchn_handle *xce, evtchn_port_t port)
{
	(void)xce;
	cr_assert(port < PORTS && bound[port]);
	bound[port] = false;
	return 0;
}

int xenevtchn_notify(xenevtchn_handle *xce, evtchn_port_t port)
{
	(void)xce;
	cr_assert(port < PORTS && bound[port]);
	notified++;
	return 0;
}

const char *fake_store_read(const char *path)
{
	unsigned int i;

	for (i = 0; i < nr_nodes; i++) {
		if (strcmp(nodes[i].path, path) == 0) {
			return nodes[i].value;
		}
	}
	return NULL;
}

void *xs_read(struct xs_handle *h, xs_transaction_t t, const char *path,
	      unsigned int *len)
{
	const char *value = fake_store_read(path);

	(void)h;
	(void)t;
	if (!value) {
		errno = ENOENT;
		return NULL;
	}
	*len = (unsigned int)strlen(value);
	return strdup(value);
}

bool xs_write(struct xs_handle *h, xs_transaction_t t, const char *path,
	      const void *data, unsigned int len)
{
	unsigned int i;

	(void)h;
	(void)t;
	cr_assert_lt(len, VALUE_BYTES);
	for (i = 0; i < nr_nodes; i++) {
		if (strcmp(nodes[i].path, path) == 0) {
			break;
		}
	}
	cr_assert_lt(i, NODES);
	nr_nodes = i == nr_nodes ? nr_nodes + 1 : nr_nodes;
	snprintf(nodes[i].path, PATH_BYTES, "%s", path);
	memcpy(nodes[i].value, data, len);
	nodes[i].value[len] = '\0';
	return true;
}

bool xs_is_domain_introduced(struct xs_handle *h, unsigned int domid)
{
	(void)h;
	return domid == FAKE_DOMID;
}

/* Of these the tests need only that they link. */
bool xs_watch(struct xs_handle *h, const char *path, const char *token)
{
	(void)h;
	(void)path;
	(void)token;
	return true;
}

bool xs_rm(struct xs_handle *h, xs_transaction_t t, const char *path)
{
	(void)h;
	(void)t;
	(void)path;
	return true;
}

char **xs_directory(struct xs_handle *h, xs_transaction_t t,
		    const char *path, unsigned int *num)
{
	(void)h;
	(void)t;
	(void)path;
	*num = 1;
	return NULL;
}

xs_transaction_t xs_transaction_start(struct xs_handle *h)
{
	(void)h;
	return 1;
}

bool xs_transaction_end(struct xs_handle *h, xs_transaction_t t, bool abort)
{
	(void)h;
	(void)t;
	(void)abort;
	return true;
}

int xs_fileno(struct xs_handle *h)
{
	(void)h;
	return -1;
}

char **xs_check_watch(struct xs_handle *h)
{
	(void)h;
	errno = EAGAIN;
	return NULL;
}

void fake_front(const char *key, const char *value)
{
	char path[PATH_BYTES];

	snprintf(path, sizeof(path), "/front/%s", key);
	xs_write(NULL, XBT_NULL, path, value, (unsigned int)strlen(value));
}

void fake_backend(struct backend *be, const struct backend_ops *ops,
		  void *device)
{
	memset(be, 0, sizeof(*be));
	be->ops = ops;
	be->device = device;
	be->domid = FAKE_DOMID;
	be->path = "/local/domain/0/backend/fake/7/0";
	be->frontend = strdup("/front");
	cr_assert_eq(loop_open(&be->loop), 0);
}

void fake_backend_end(struct backend *be)
{
	free(be->frontend);
	be->frontend = NULL;
	loop_close(&be->loop);
}
