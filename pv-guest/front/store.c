/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The ring: two buffers of 1 KiB, bytes in each direction, indexes that run
 * freely. A message is a header (type, request, transaction, length) and its
 * body. The server is trusted with our names and values, not with our memory:
 * its indexes are checked before they are used, lengths before they are
 * copied.
 */
#include <stdint.h>

#include <xen/io/xs_wire.h>

#include "front/store.h"
#include "xen/clock.h"
#include "xen/event.h"
#include "xen/pagetable.h"

#define BODY_MAX	XENSTORE_PAYLOAD_MAX
#define RING		XENSTORE_RING_SIZE
#define MAX_FIRED	16

static char body[BODY_MAX + 1];
static uint32_t last_request;

/* Paths of watches that fired and were not yet asked for. */
static char fired[MAX_FIRED][128];
static unsigned int fired_first, fired_count;

static struct xenstore_domain_interface *ring(void)
{
	return mfn_to_virt(start_info->store_mfn);
}

/* Sleeps until the server has moved, or the time is over. */
static void nap(uint64_t until)
{
	evtchn_port_t port = start_info->store_evtchn;
	struct sched_poll poll = { .nr_ports = 1, .timeout = until };

	set_xen_guest_handle(poll.ports, &port);
	hc_sched_op(SCHEDOP_poll, &poll);
	event_clear(port);
}

static void put(const void *data, size_t n)
{
	struct xenstore_domain_interface *r = ring();
	const char *p = data;

	while (n) {
		XENSTORE_RING_IDX prod = r->req_prod;

		if (prod - READ_ONCE(r->req_cons) >= RING) {
			event_send(start_info->store_evtchn);
			nap(clock_ns() + NSEC_PER_SEC);
			continue;
		}
		r->req[MASK_XENSTORE_IDX(prod)] = *p++;
		n--;
		barrier();
		WRITE_ONCE(r->req_prod, prod + 1);
	}
}

static int get(void *data, size_t n, uint64_t until)
{
	struct xenstore_domain_interface *r = ring();
	char *p = data;

	while (n) {
		XENSTORE_RING_IDX cons = r->rsp_cons;
		XENSTORE_RING_IDX have = READ_ONCE(r->rsp_prod) - cons;

		if (have > (XENSTORE_RING_IDX)RING) {
			return -XEN_EIO;
		}
		if (!have) {
			if (clock_ns() >= until) {
				return -XEN_ETIME;
			}
			nap(until);
			continue;
		}
		barrier();
		*p++ = r->rsp[MASK_XENSTORE_IDX(cons)];
		n--;
		barrier();
		WRITE_ONCE(r->rsp_cons, cons + 1);
	}
	event_send(start_info->store_evtchn);
	return 0;
}

static void keep_fired(void)
{
	unsigned int at = (fired_first + fired_count) % MAX_FIRED;

	/* What does not fit is lost; who waits looks at the value anyway. */
	if (fired_count < MAX_FIRED) {
		snprintf(fired[at], sizeof(fired[at]), "%s", body);
		fired_count++;
	}
}

/* One message from the server into `body`. */
static int receive(struct xsd_sockmsg *msg, uint64_t until)
{
	int err = get(msg, sizeof(*msg), until);

	if (!err && msg->len > BODY_MAX) {
		err = -XEN_EIO;
	}
	if (!err) {
		err = get(body, msg->len, clock_ns() + NSEC_PER_SEC);
	}
	if (!err) {
		body[msg->len] = '\0';
		if (msg->type == XS_WATCH_EVENT) {
			keep_fired();
		}
	}
	return err;
}

/* The server names errors by their names. */
static const struct {
	const char *name;
	int number;
} errors[] = {
#define XEN_ERRNO(name, value)	{ #name, value },
#include <xen/errno.h>
};

static int error_number(const char *name)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(errors); i++) {
		if (!strcmp(errors[i].name, name)) {
			return -errors[i].number;
		}
	}
	return -XEN_EIO;
}

/* Sends strings a and b, each with its 0 where that is asked for. */
static int request(unsigned int type, uint32_t tx, const char *a,
		   const char *b, bool b_ends)
{
	size_t na = strlen(a) + 1, nb = b ? strlen(b) + b_ends : 0;
	struct xsd_sockmsg msg = {
		.type = type, .req_id = ++last_request, .tx_id = tx,
		.len = na + nb,
	};
	int err;

	if (!start_info->store_mfn) {
		return -XEN_ENODEV;	/* domain 0 begins without one */
	}
	if (na + nb > BODY_MAX) {
		return -XEN_E2BIG;
	}
	put(&msg, sizeof(msg));
	put(a, na);
	put(b, nb);
	event_send(start_info->store_evtchn);
	do {
		err = receive(&msg, clock_ns() + 10 * NSEC_PER_SEC);
		if (err) {
			return err;
		}
	} while (msg.type == XS_WATCH_EVENT || msg.req_id != last_request);
	return msg.type == XS_ERROR ? error_number(body) : (int)msg.len;
}

static int reply_copy(int len, char *to, size_t size)
{
	if (len >= 0 && size) {
		size_t n = (size_t)len < size ? (size_t)len : size - 1;

		memcpy(to, body, n);
		to[n] = '\0';
	}
	return len;
}

int store_read(uint32_t tx, const char *path, char *value, size_t size)
{
	return reply_copy(request(XS_READ, tx, path, NULL, false), value,
			  size);
}

int store_list(uint32_t tx, const char *path, char *names, size_t size)
{
	return reply_copy(request(XS_DIRECTORY, tx, path, NULL, false), names,
			  size);
}

int store_write(uint32_t tx, const char *path, const char *value)
{
	int err = request(XS_WRITE, tx, path, value, false);

	return err < 0 ? err : 0;
}

int store_read_number(const char *path, const char *name,
		      unsigned long *value)
{
	char full[160], text[24];
	int n;

	snprintf(full, sizeof(full), "%s/%s", path, name);
	n = store_read(STORE_NO_TX, full, text, sizeof(text));
	if (n < 0) {
		return n;
	}
	*value = 0;
	for (const char *p = text; *p >= '0' && *p <= '9'; p++) {
		*value = *value * 10 + *p - '0';
	}
	return n ? 0 : -XEN_EINVAL;
}

int store_write_number(uint32_t tx, const char *path, const char *name,
		       unsigned long value)
{
	char full[160], text[24];

	snprintf(full, sizeof(full), "%s/%s", path, name);
	snprintf(text, sizeof(text), "%lu", value);
	return store_write(tx, full, text);
}

int store_begin(uint32_t *tx)
{
	int n = request(XS_TRANSACTION_START, STORE_NO_TX, "", NULL, false);

	if (n < 0) {
		return n;
	}
	*tx = 0;
	for (const char *p = body; *p >= '0' && *p <= '9'; p++) {
		*tx = *tx * 10 + *p - '0';
	}
	return 0;
}

int store_end(uint32_t tx, bool commit)
{
	int err = request(XS_TRANSACTION_END, tx, commit ? "T" : "F", NULL,
			  false);

	return err < 0 ? err : 0;
}

int store_watch(const char *path, const char *token)
{
	int err = request(XS_WATCH, STORE_NO_TX, path, token, true);

	return err < 0 ? err : 0;
}

int store_unwatch(const char *path, const char *token)
{
	int err = request(XS_UNWATCH, STORE_NO_TX, path, token, true);

	return err < 0 ? err : 0;
}

int store_wait(char *path, size_t size, uint64_t ns)
{
	uint64_t until = clock_ns() + ns;

	while (!fired_count) {
		struct xsd_sockmsg msg;
		int err = receive(&msg, until);

		if (err) {
			return err;
		}
	}
	snprintf(path, size, "%s", fired[fired_first]);
	fired_first = (fired_first + 1) % MAX_FIRED;
	fired_count--;
	return 0;
}

int store_wait_state(const char *path, const char *name, unsigned long states)
{
	char full[160];
	int err, state = -XEN_ETIME;

	snprintf(full, sizeof(full), "%s/%s", path, name);
	err = store_watch(full, "state");
	for (unsigned int tries = 0; !err && tries < 100; tries++) {
		unsigned long now;
		char which[128];

		if (!store_read_number(path, name, &now) && now < 64 &&
		    states >> now & 1) {
			state = now;
			break;
		}
		err = store_wait(which, sizeof(which), NSEC_PER_SEC);
		err = err == -XEN_ETIME ? 0 : err;
	}
	store_unwatch(full, "state");
	return err ? err : state;
}
