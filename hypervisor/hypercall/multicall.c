/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * HYPERVISOR_multicall: a list of calls, done in order.  Each entry is copied
 * in once and its result copied out.  Between entries the list is put off when
 * other work waits; an entry that was itself put off goes back to the guest's
 * list with its new arguments.  An iret ends the list.
 */
#include "hypercall/hypercall.h"
#include "hypercall/multicall.h"
#include "mm/guest_copy.h"

extern const hypercall_fn hypercall_table[NR_HYPERCALLS];

struct multicall_state {
	struct multicall_entry *entry;
	bool restart;
};

static DEFINE_PER_CPU(struct multicall_state, multicall);

struct multicall_entry *multicall_current(void)
{
	return this_cpu(multicall).entry;
}

void multicall_mark_restart(void)
{
	this_cpu(multicall).restart = true;
}

static long call_entry(struct multicall_entry *e)
{
	current->last_hypercall = e->op;
	if (e->op >= NR_HYPERCALLS) {
		return -ENOSYS;
	}
	return hypercall_table[e->op](e->args[0], e->args[1], e->args[2],
				      e->args[3], e->args[4]);
}

/* One entry, copied from va; -ERESTART when it must run again. */
static long do_entry(struct multicall_entry *e, vaddr_t va)
{
	struct multicall_state *state = &this_cpu(multicall);
	long result;

	state->entry = e;
	state->restart = false;
	result = call_entry(e);
	state->entry = NULL;
	if (state->restart) {
		return copy_to_guest(va, e, 1) ? -EFAULT : -ERESTART;
	}
	e->result = (xen_ulong_t)result;
	return copy_to_guest(va + offsetof(struct multicall_entry, result),
			     &e->result, 1) ? -EFAULT : 0;
}

long hc_multicall(unsigned long a1, unsigned long a2, unsigned long a3,
		  unsigned long a4, unsigned long a5)
{
	const size_t size = sizeof(struct multicall_entry);
	u32 nr = (u32)a2;
	vaddr_t va = a1;
	struct multicall_entry e;
	long rc;

	if (multicall_current()) {
		return -EINVAL;
	}
	for (u32 i = 0; i < nr; i++, va += size) {
		if (i && hypercall_preempt()) {
			return hypercall_restart(__HYPERVISOR_multicall, 2,
						 va, (unsigned long)(nr - i));
		}
		if (copy_from_guest(&e, va, 1)) {
			return -EFAULT;
		}
		if (e.op == __HYPERVISOR_iret) {
			/* Does not return: the rest of the list is dropped. */
			return hc_iret(0, 0, 0, 0, 0);
		}
		rc = do_entry(&e, va);
		if (rc == -ERESTART) {
			return hypercall_restart(__HYPERVISOR_multicall, 2,
						 va, (unsigned long)(nr - i));
		}
		if (rc) {
			return rc;
		}
	}
	return 0;
}
