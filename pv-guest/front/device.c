/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/* Frontends' common part. */
#include "front/device.h"
#include "lib/page.h"
#include "xen/clock.h"

int front_find(struct front_device *d, const char *class, unsigned int index)
{
	char names[512], path[64];
	const char *name = names;
	unsigned long id;
	int n, err;

	snprintf(path, sizeof(path), "device/%s", class);
	n = store_list(STORE_NO_TX, path, names, sizeof(names));
	if (n < 0) {
		return n;
	}
	if ((size_t)n >= sizeof(names)) {
		return -XEN_E2BIG;	/* what is not there is not looked at */
	}
	for (; index && name < names + n; index--) {
		name += strlen(name) + 1;
	}
	if (index || name >= names + n) {
		return -XEN_ENOENT;
	}
	snprintf(d->path, sizeof(d->path), "%s/%s", path, name);
	snprintf(path, sizeof(path), "%s/backend", d->path);
	n = store_read(STORE_NO_TX, path, d->backend, sizeof(d->backend));
	if (n < 0) {
		return n;
	}
	err = store_read_number(d->path, "backend-id", &id);
	if (err) {
		return err;
	}
	d->backend_id = id;
	n = event_alloc_unbound(DOMID_SELF, d->backend_id);
	if (n < 0) {
		return n;
	}
	d->port = n;
	return 0;
}

void *front_ring(struct front_device *d, grant_ref_t *ref)
{
	void *page = page_alloc();

	*ref = grant_access(d->backend_id, page, false);
	return page;
}

int front_state(struct front_device *d, enum xenbus_state state)
{
	return store_write_number(STORE_NO_TX, d->path, "state", state);
}

int front_wait_backend(struct front_device *d, unsigned long states)
{
	return store_wait_state(d->backend, "state", states);
}

void front_wait(struct front_device *d, uint64_t ns)
{
	struct sched_poll poll = {
		.nr_ports = 1, .timeout = clock_ns() + ns,
	};

	set_xen_guest_handle(poll.ports, &d->port);
	hc_sched_op(SCHEDOP_poll, &poll);
	event_clear(d->port);
}

void front_close(struct front_device *d)
{
	front_state(d, XenbusStateClosing);
	front_wait_backend(d, 1 << XenbusStateClosing |
			      1 << XenbusStateClosed);
	front_state(d, XenbusStateClosed);
	front_wait_backend(d, 1 << XenbusStateClosed);
	event_close(d->port);
}
