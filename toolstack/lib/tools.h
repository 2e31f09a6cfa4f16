/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The open handles of one pvctl process: the hypervisor and xenstore.  Opened
 * once, passed down; a process that forks opens its own.  Also the lookups
 * that every command begins with: which domain did the user mean?
 */
#ifndef TOOLSTACK_LIB_TOOLS_H
#define TOOLSTACK_LIB_TOOLS_H

#include <stdbool.h>
#include <stdint.h>

#include <xenctrl.h>
#include <xenstore.h>

struct tools {
	xc_interface *xc;
	struct xs_handle *xs;
	bool watching;		/* tools_watch() was called */
};

/* What a command needs opened. */
enum tools_need {
	NEED_HYPERVISOR = 1,
	NEED_STORE = 2,
};

/* 0, or -1 after saying which service is missing. */
int tools_open(struct tools *t, unsigned int need);
void tools_close(struct tools *t);

/* xs_watch(), noted for tools_close().  False on failure. */
bool tools_watch(struct tools *t, const char *path, const char *token);

/* Throw away the watch events that have arrived. */
void tools_drain_watches(struct tools *t);

/*
 * The last warning or error that libxenctrl or libxenguest logged since
 * tools_forget_error(), as " (text)", or "" if there was none.
 */
const char *tools_library_error(void);
void tools_forget_error(void);

/* The running domain that @text names or numbers; -1 after an error. */
int tools_find_domain(struct tools *t, const char *text, uint32_t *domid);

/* The name of @domid, malloc'ed; NULL if xenstore has none. */
char *tools_domain_name(struct tools *t, uint32_t domid);

/* The domain called @name in *@domid; false if there is none. */
bool tools_name_in_use(struct tools *t, const char *name, uint32_t *domid);

/* The domain with that UUID in *@domid; false if there is none. */
bool tools_uuid_in_use(struct tools *t, const uint8_t uuid[16],
		       uint32_t *domid);

/*
 * All domains, in a malloc'ed array of *@count.  -1 after an error.
 */
int tools_list_domains(struct tools *t, xc_domaininfo_t **list, int *count);

/* 1 and *@info filled, 0 if no such domain exists any more, -1 on error. */
int tools_domain_info(struct tools *t, uint32_t domid, xc_domaininfo_t *info);

#endif
