/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Sub-calls by table (hypercall.h): their argument copied in once, rights
 * checked, the domain that they name found, their result copied out.
 */
#include "hypercall/foreign.h"
#include "hypercall/hypercall.h"
#include "mm/guest_copy.h"

#define ARG_MAX		160

long subcall_nothing(struct domain *d, void *arg)
{
	return 0;
}

/* `whole`, the copied structure, lies at `at` in the guest; arg is in it. */
static long call(const struct subcall *c, domid_t id, void *arg,
		 const void *whole, size_t size, vaddr_t at)
{
	struct domain *d = current->domain;
	long ret = 0;

	if (c->flags & SUB_DOMAIN) {
		ret = domain_for_caller(id, &d);
	}
	if (ret) {
		return ret;
	}
	ret = c->fn(d, arg);
	if (c->flags & SUB_DOMAIN) {
		domain_put(d);
	}
	if (c->flags & SUB_OUT && copy_to_guest_va(at, whole, size)) {
		return -EFAULT;
	}
	return ret;
}

long subcall(const struct subcall *calls, unsigned int n, u32 nr, vaddr_t at)
{
	const struct subcall *c = &calls[nr];
	u64 arg[ARG_MAX / 8];
	long ret;

	if (nr >= n || !c->fn) {
		return hypercall_enosys(nr);
	}
	if (c->flags & SUB_PRIVILEGED && !current->domain->privileged) {
		return -EPERM;
	}
	if (copy_from_guest_va(arg, at, c->size)) {
		return -EFAULT;
	}
	ret = call(c, *(domid_t *)arg, arg, arg, c->size, at);
	return ret != -ERESTART ? ret :
	       hypercall_restart((u32)current->last_hypercall, 2,
				 (unsigned long)nr, at);
}

long subcall_versioned(const struct subcall_family *f, vaddr_t at)
{
	union {
		struct {
			u32 nr, version;
			domid_t domain;
		};
		u8 bytes[ARG_MAX] __aligned(8);
	} arg;
	const struct subcall *c;
	long ret;

	if (copy_from_guest_va(&arg, at, f->size)) {
		return -EFAULT;
	}
	if (arg.version != f->version) {
		return -EACCES;
	}
	if (!current->domain->privileged) {
		return -EPERM;
	}
	c = &f->calls[arg.nr];
	if (arg.nr >= f->n || !c->fn) {
		return hypercall_enosys(arg.nr);
	}
	ret = call(c, arg.domain, arg.bytes + f->at, &arg, f->size, at);
	return ret != -ERESTART ? ret :
	       hypercall_restart((u32)current->last_hypercall, 1, at);
}
