/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Opening the hypervisor and xenstore, and finding domains.  The libraries'
 * own log lines are kept back: the last one is quoted inside our message,
 * so that a failure stays one line.
 */
#include "lib/tools.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <xenstore_lib.h>
#include <xentoollog.h>

#include "lib/msg.h"

#define DOMAINS_PER_CALL 64

static char library_error[512];

/*
 * libxenguest begins its texts with "panic: file.c:123: function: ", which
 * helps no user; what remains says what was wrong.
 */
static const char *skip_origin(const char *text)
{
	static const char panic[] = "panic: ";
	int words;

	if (strncmp(text, panic, sizeof(panic) - 1)) {
		return text;
	}
	text += sizeof(panic) - 1;
	for (words = 0; words < 2; words++) {
		const char *colon = strstr(text, ": ");

		if (!colon || memchr(text, ' ', colon - text)) {
			break;
		}
		text = colon + 2;
	}
	return text;
}

static void keep_message(struct xentoollog_logger *logger,
			 xentoollog_level level, int errnoval,
			 const char *context, const char *format, va_list al)
{
	char text[400];

	(void)logger;
	vsnprintf(text, sizeof(text), format, al);
	msg_debug("%s: %s%s%s", context ? context : "lib", text,
		  errnoval > 0 ? ": " : "",
		  errnoval > 0 ? strerror(errnoval) : "");
	/* The first complaint is the cause, later ones its consequences. */
	if (level >= XTL_ERROR && !library_error[0]) {
		snprintf(library_error, sizeof(library_error), " (%s)",
			 skip_origin(text));
	}
}

static void no_progress(struct xentoollog_logger *logger, const char *context,
			const char *doing_what, int percent,
			unsigned long done, unsigned long total)
{
	(void)logger;
	(void)context;
	(void)doing_what;
	(void)percent;
	(void)done;
	(void)total;
}

static void no_destroy(struct xentoollog_logger *logger)
{
	(void)logger;
}

static xentoollog_logger quiet_logger = {
	.vmessage = keep_message,
	.progress = no_progress,
	.destroy = no_destroy,
};

const char *tools_library_error(void)
{
	return library_error;
}

void tools_forget_error(void)
{
	library_error[0] = '\0';
}

int tools_open(struct tools *t, unsigned int need)
{
	memset(t, 0, sizeof(*t));
	if (need & NEED_HYPERVISOR) {
		t->xc = xc_interface_open(&quiet_logger, &quiet_logger, 0);
		if (!t->xc) {
			return msg_error(geteuid() ?
				"cannot reach the hypervisor; run as root" :
				"cannot reach the hypervisor; run in domain 0, with the xen-privcmd module loaded");
		}
	}
	if (need & NEED_STORE) {
		/*
		 * Where no xenstored runs, the library turns to the kernel's
		 * device, and there one waits for ever. With this, which the
		 * backends inherit, it knows the socket only.
		 */
		setenv("XENSTORED_PATH", xs_daemon_socket(), 0);
		t->xs = xs_open(0);
		if (!t->xs) {
			tools_close(t);
			return msg_error("cannot reach xenstore; is xenstored running?");
		}
	}
	return 0;
}

void tools_close(struct tools *t)
{
	/*
	 * A handle with watches has a reader thread, which xs_close() would
	 * cancel, for which glibc loads libgcc_s at run time and aborts where
	 * a small domain 0 lacks it.  Such processes are about to exit.
	 */
	if (t->xs && !t->watching) {
		xs_close(t->xs);
	}
	if (t->xc) {
		xc_interface_close(t->xc);
	}
	memset(t, 0, sizeof(*t));
}

bool tools_watch(struct tools *t, const char *path, const char *token)
{
	t->watching = true;
	return xs_watch(t->xs, path, token);
}

void tools_drain_watches(struct tools *t)
{
	char **event;

	while ((event = xs_check_watch(t->xs))) {
		free(event);
	}
}

char *tools_domain_name(struct tools *t, uint32_t domid)
{
	char path[64];

	snprintf(path, sizeof(path), "/local/domain/%u/name", domid);
	return xs_read(t->xs, XBT_NULL, path, NULL);
}

int tools_list_domains(struct tools *t, xc_domaininfo_t **list, int *count)
{
	xc_domaininfo_t *all = NULL;
	int n = 0, got;
	uint32_t first = 0;

	do {
		xc_domaininfo_t *more = realloc(all, (n + DOMAINS_PER_CALL) *
						sizeof(*all));

		if (!more) {
			free(all);
			return msg_error("out of memory");
		}
		all = more;
		got = xc_domain_getinfolist(t->xc, first, DOMAINS_PER_CALL,
					    all + n);
		if (got < 0) {
			free(all);
			return msg_error("cannot list domains: %s",
					 strerror(errno));
		}
		n += got;
		first = got ? all[n - 1].domain + 1U : 0;
	} while (got == DOMAINS_PER_CALL);
	*list = all;
	*count = n;
	return 0;
}

int tools_domain_info(struct tools *t, uint32_t domid, xc_domaininfo_t *info)
{
	int got = xc_domain_getinfolist(t->xc, domid, 1, info);

	if (got < 0) {
		return msg_error("cannot ask about domain %u: %s", domid,
				 strerror(errno));
	}
	/* The call answers with the next domain where there is a hole. */
	return got == 1 && info->domain == domid;
}

bool tools_name_in_use(struct tools *t, const char *name, uint32_t *domid)
{
	xc_domaininfo_t *list;
	bool found = false;
	int i, n;

	if (tools_list_domains(t, &list, &n)) {
		return false;
	}
	for (i = 0; i < n && !found; i++) {
		char *other = tools_domain_name(t, list[i].domain);

		if (other && !strcmp(other, name)) {
			*domid = list[i].domain;
			found = true;
		}
		free(other);
	}
	free(list);
	return found;
}

bool tools_uuid_in_use(struct tools *t, const uint8_t uuid[16],
		       uint32_t *domid)
{
	xc_domaininfo_t *list;
	bool found = false;
	int i, n;

	if (tools_list_domains(t, &list, &n)) {
		return false;
	}
	for (i = 0; i < n && !found; i++) {
		if (!memcmp(list[i].handle, uuid, 16)) {
			*domid = list[i].domain;
			found = true;
		}
	}
	free(list);
	return found;
}

int tools_find_domain(struct tools *t, const char *text, uint32_t *domid)
{
	xc_domaininfo_t info;

	if (*text && strspn(text, "0123456789") == strlen(text)) {
		unsigned long n = strtoul(text, NULL, 10);
		int known = n < DOMID_FIRST_RESERVED ?
			    tools_domain_info(t, n, &info) : 0;

		if (known <= 0) {
			return known < 0 ? -1 :
			       msg_error("no domain has the ID %s; see 'pvctl list'",
					 text);
		}
		*domid = n;
		return 0;
	}
	if (!tools_name_in_use(t, text, domid)) {
		return msg_error("no domain is called '%s'; see 'pvctl list'",
				 text);
	}
	return 0;
}
