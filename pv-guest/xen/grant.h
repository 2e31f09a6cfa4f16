/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Grants: pages of ours that we let another domain map or copy. The table of
 * entries is shared with the hypervisor; the frame that it lies in is the
 * hypervisor's own and is mapped here once.
 */
#ifndef KEEL_XEN_GRANT_H
#define KEEL_XEN_GRANT_H

#include "xen/hypercall.h"

/* Entries 0..7 are reserved by the ABI for tools. */
#define GRANT_FIRST	8

/* The first frame of the table, mapped at first use; v1 entries. */
volatile struct grant_entry_v1 *grant_table(void);

/* Lets the frame go; the next use maps it, or another domain's, again. */
void grant_table_unmap(void);

/* Lets `domain` map or copy `page`; the new reference. */
grant_ref_t grant_access(domid_t domain, const void *page, bool readonly);

/* Takes a grant back. False while the other side still has it mapped. */
bool grant_revoke(grant_ref_t ref);

#endif
