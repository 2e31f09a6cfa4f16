/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Page tables under direct paging. While an address space is being built its
 * tables are plain memory, written by plain stores; then all of them are made
 * read-only and the roots are pinned, which has the hypervisor check each
 * entry once. From there on, changes are hypercalls, as many in one as come
 * together. At the end it is unpinned as a whole, and plain memory again.
 *
 * Or, for comparison, entries of the lowest level are stored to although they
 * are read-only, and the hypervisor emulates the store.
 */
#include "platform/pv/pv.h"

#define KERNEL_SLOT	272		/* of KEEL_BASE in a root */
#define BATCH		64

static bool writable_page_tables;

void pv_tables_setup(void)
{
	writable_page_tables =
		strstr((const char *)start_info->cmd_line,
		       "writable_page_tables") &&
		!hc_vm_assist(VMASST_CMD_enable,
			      VMASST_TYPE_writable_pagetables);
}

bool pv_fault_is_stale(const struct regs *regs, unsigned long address)
{
	const pte_t *entry;

	if (regs->vector != VEC_PF || from_user(regs) || address < KEEL_BASE ||
	    (regs->error & (PF_P | PF_W)) != (PF_P | PF_W)) {
		return false;
	}
	entry = pte_find(kernel_root, address, 1);
	return entry && (*entry & PTE_P) && (*entry & PTE_RW);
}

static void set_writable(struct pv_calls *c, void *page, bool writable)
{
	pte_t pte = pte_of(page, writable ? PTE_KERNEL : PTE_KERNEL & ~PTE_RW);

	pv_call(c, __HYPERVISOR_update_va_mapping, (unsigned long)page, pte,
		UVMF_INVLPG, 0);
}

static void tables_writable(struct pv_calls *c, pte_t *table, int level,
			    bool writable)
{
	for (unsigned int i = 0; level > 1 && i < 512; i++) {
		if (table[i] & PTE_P) {
			tables_writable(c, pte_page(table[i]), level - 1,
					writable);
		}
	}
	set_writable(c, table, writable);
}

static void pin(struct pv_calls *c, struct mmuext_op *op,
		const struct tables *t, bool pinned)
{
	op[0].cmd = op[1].cmd = pinned ? MMUEXT_PIN_L4_TABLE
				       : MMUEXT_UNPIN_TABLE;
	op[0].arg1.mfn = virt_to_mfn(t->root);
	op[1].arg1.mfn = virt_to_mfn(t->user_root);
	pv_call(c, __HYPERVISOR_mmuext_op, (unsigned long)op, 2, 0,
		DOMID_SELF);
}

bool tables_create(struct tables *t, pte_t *l3)
{
	t->root = page_zeroed();
	t->user_root = page_zeroed();
	if (!t->root || !t->user_root) {
		tables_destroy(t);
		return false;
	}
	t->live = false;
	t->cpus = 0;
	t->root[KERNEL_SLOT] = kernel_root[KERNEL_SLOT];
	t->root[0] = t->user_root[0] = pte_of(l3, PTE_TABLE);
	return true;
}

void tables_live(struct tables *t)
{
	struct mmuext_op op[2];
	struct pv_calls calls;

	calls.n = 0;
	tables_writable(&calls, pte_page(t->root[0]), 3, false);
	set_writable(&calls, t->root, false);
	set_writable(&calls, t->user_root, false);
	pin(&calls, op, t, true);
	pv_calls_end(&calls);
	t->live = true;
}

void tables_dead(struct tables *t)
{
	struct mmuext_op op[2];
	struct pv_calls calls;

	if (t->live) {
		calls.n = 0;
		pin(&calls, op, t, false);
		tables_writable(&calls, pte_page(t->root[0]), 3, true);
		set_writable(&calls, t->root, true);
		set_writable(&calls, t->user_root, true);
		pv_calls_end(&calls);
		t->live = false;
	}
}

void tables_destroy(struct tables *t)
{
	if (t->root) {
		page_free(t->root);
	}
	if (t->user_root) {
		page_free(t->user_root);
	}
}

static struct mmu_update update_of(pte_t *entry, pte_t value)
{
	return (struct mmu_update) {
		.ptr = virt_to_maddr(entry) | MMU_NORMAL_PT_UPDATE,
		.val = value,
	};
}

void tables_link(struct tables *t, pte_t *entry, void *table)
{
	pte_t value = pte_of(table, PTE_TABLE);
	struct mmu_update update;
	struct pv_calls calls;

	if (!t->live) {
		*entry = value;
		return;
	}
	calls.n = 0;
	update = update_of(entry, value);
	set_writable(&calls, table, false);
	pv_call(&calls, __HYPERVISOR_mmu_update, (unsigned long)&update, 1, 0,
		DOMID_SELF);
	pv_calls_end(&calls);
}

/* On all vCPUs that have it loaded; `cpus` is read by the hypervisor. */
static void flush(struct pv_calls *c, struct mmuext_op *op, enum flush flush,
		  unsigned long va, uint64_t *cpus)
{
	bool here = *cpus == 1UL << cpu_id();

	if (!*cpus) {
		return;
	}
	if (flush == FLUSH_PAGE) {
		op->cmd = here ? MMUEXT_INVLPG_LOCAL : MMUEXT_INVLPG_MULTI;
		op->arg1.linear_addr = va;
	} else {
		op->cmd = here ? MMUEXT_TLB_FLUSH_LOCAL
			       : MMUEXT_TLB_FLUSH_MULTI;
	}
	set_xen_guest_handle(op->arg2.vcpumask, cpus);
	pv_call(c, __HYPERVISOR_mmuext_op, (unsigned long)op, 1, 0,
		DOMID_SELF);
}

/* One entry of the address space that this vCPU runs on: a single call. */
static void change_one(struct tables *t, pte_t value, enum flush flush,
		       unsigned long va)
{
	uint64_t others = READ_ONCE(t->cpus) & ~(1UL << cpu_id());
	long err = hc_update_va_mapping(va, value,
					flush == FLUSH_NONE ? UVMF_NONE :
					UVMF_INVLPG |
					(others ? UVMF_ALL : UVMF_LOCAL));

	if (err) {
		panic("page-table entry refused: %ld", err);
	}
}

void tables_change(struct tables *t, const struct pte_change *change,
		   unsigned int n, enum flush how, unsigned long va)
{
	uint64_t cpus = READ_ONCE(t->cpus);
	struct mmu_update update[BATCH];
	struct mmuext_op op;
	struct pv_calls calls;
	bool stores = !t->live || writable_page_tables;

	if (!stores && n == 1 && t == pv_cpus[cpu_id()].loaded) {
		change_one(t, change->value, how, va);
		return;
	}
	calls.n = 0;
	for (unsigned int i = 0; i < n; i++) {
		if (stores) {
			WRITE_ONCE(*change[i].entry, change[i].value);
		} else {
			update[i] = update_of(change[i].entry,
					      change[i].value);
		}
	}
	if (!stores) {
		pv_call(&calls, __HYPERVISOR_mmu_update,
			(unsigned long)update, n, 0, DOMID_SELF);
	}
	if (how != FLUSH_NONE) {
		flush(&calls, &op, how, va, &cpus);
	}
	pv_calls_end(&calls);
}
