/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * A pretended Xen for the backends' tests on the host: one guest whose pages
 * it may or may not have granted, its event channels, and a small store.
 *
 * Granted pages are mapped a second time, as Xen would, so touching one
 * after its unmapping is a segmentation fault and the test's failure.
 */
#ifndef TEST_FAKE_XEN_H
#define TEST_FAKE_XEN_H

#include <stdbool.h>
#include <stdint.h>

#include "common/backend.h"

enum {
	FAKE_PAGES = 2048, FAKE_PAGE = 4096, FAKE_DOMID = 7, FAKE_SELF = 3,
};

enum fake_access { FAKE_NONE, FAKE_READONLY, FAKE_WRITABLE };

/* A world without grants, nodes or events. */
void fake_reset(void);

/* The guest's own view of its page @gref; grant references are page numbers. */
uint8_t *fake_page(uint32_t gref);
void fake_grant(uint32_t gref, enum fake_access access);

/* Pages of the guest that are mapped now, and ports bound. */
unsigned int fake_mapped(void);
unsigned int fake_bound(void);
unsigned int fake_notified(void);

/* Shares our own pages with ourselves; how many are shared now. */
xengntshr_handle *fake_gntshr(void);
unsigned int fake_shared(void);

/* Writes a node of the frontend. */
void fake_front(const char *key, const char *value);
const char *fake_store_read(const char *path);

/* A process's frame around @device, as after start. */
void fake_backend(struct backend *be, const struct backend_ops *ops,
		  void *device);
void fake_backend_end(struct backend *be);

#endif
