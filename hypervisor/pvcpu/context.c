/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * A vCPU's whole context as struct vcpu_guest_context: set by VCPUOP_initialise
 * and DOMCTL_setvcpucontext, read by DOMCTL_getvcpucontext.  Setting checks
 * everything and takes all references first; then nothing can fail.
 */
#include "lib/string.h"
#include "mm/page_type.h"
#include "pvcpu/pvcpu.h"
#include "x86/fpu.h"
#include "x86/regs.h"

#define LDT_MAX_ENTRIES	8192

static mfn_t root_from_cr3(u64 cr3)
{
	return cr3 ? mfn(xen_cr3_to_pfn(cr3)) : INVALID_MFN;
}

static bool addresses_ok(const struct vcpu_guest_context *c)
{
	const u64 addresses[] = {
		c->user_regs.rip, c->user_regs.rsp, c->kernel_sp,
		c->event_callback_eip, c->failsafe_callback_eip,
		c->syscall_callback_eip, c->fs_base, c->gs_base_kernel,
		c->gs_base_user,
	};
	bool ok = true;

	for (unsigned int i = 0; i < ARRAY_LEN(addresses); i++) {
		ok &= vaddr_canonical(addresses[i]);
	}
	for (unsigned int i = 0; i < ARRAY_LEN(c->trap_ctxt); i++) {
		ok &= vaddr_canonical(c->trap_ctxt[i].address);
	}
	return ok;
}

static bool tables_ok(const struct vcpu_guest_context *c)
{
	return c->gdt_ents <= FIRST_RESERVED_GDT_ENTRY &&
		(!c->ldt_ents || (vaddr_canonical(c->ldt_base) &&
				  !(c->ldt_base & PAGE_OFFSET_MASK) &&
				  c->ldt_ents <= LDT_MAX_ENTRIES));
}

/* What holds references cannot be changed behind a vCPU that has run. */
static bool references_differ(const struct pv_vcpu *pv,
			      const struct vcpu_guest_context *c)
{
	return !mfn_eq(root_from_cr3(c->ctrlreg[3]), pv->root_kernel) ||
		!mfn_eq(root_from_cr3(c->ctrlreg[1]), pv->root_user) ||
		c->gdt_ents != pv->gdt_entries ||
		memcmp(c->gdt_frames, pv->gdt_frames,
		       DIV_ROUND_UP(c->gdt_ents, 512) * sizeof(mfn_t)) ||
		c->ldt_ents != pv->ldt_entries ||
		(c->ldt_ents && c->ldt_base != pv->ldt_base);
}

/* Roots and GDT; each step is undone by pvcpu_destroy or a later attempt. */
static int take_references(struct vcpu *v, const struct vcpu_guest_context *c)
{
	int rc = pvcpu_set_root(v, mfn(xen_cr3_to_pfn(c->ctrlreg[3])));

	if (!rc) {
		rc = pvcpu_set_user_root(v, root_from_cr3(c->ctrlreg[1]));
	}
	if (!rc) {
		rc = pvcpu_set_gdt(v, (const mfn_t *)c->gdt_frames,
				   (unsigned int)c->gdt_ents);
	}
	return !rc || rc == -ERESTART ? rc : -EINVAL;
}

static void set_registers(struct vcpu *v, const struct vcpu_guest_context *c)
{
	struct cpu_user_regs *r = &v->regs;

	*r = c->user_regs;
	r->entry_vector = 0;
	r->error_code = 0;
	r->cs = guest_selector_fix(r->cs);
	r->ss = guest_selector_fix(r->ss);
	r->ds = guest_selector_fix(r->ds);
	r->es = guest_selector_fix(r->es);
	r->fs = guest_selector_fix(r->fs);
	r->gs = guest_selector_fix(r->gs);
	memset(r->_pad0, 0, sizeof(r->_pad0));
	r->saved_upcall_mask = 0;
	memset(r->_pad1, 0, sizeof(r->_pad1));
	v->pv.iopl = (r->rflags & EFLAGS_IOPL) >> 12;
	r->rflags = (r->rflags & ~(u64)(EFLAGS_IOPL | EFLAGS_VM)) |
		EFLAGS_IF | EFLAGS_MBS;
}

static void commit(struct vcpu *v, const struct vcpu_guest_context *c)
{
	struct pv_vcpu *pv = &v->pv;

	set_registers(v, c);
	pvcpu_set_callback(v, CALLBACKTYPE_event, c->event_callback_eip, true);
	pvcpu_set_callback(v, CALLBACKTYPE_failsafe, c->failsafe_callback_eip,
			   c->flags & VGCF_failsafe_disables_events);
	pvcpu_set_callback(v, CALLBACKTYPE_syscall, c->syscall_callback_eip,
			   c->flags & VGCF_syscall_disables_events);
	pv->kernel_mode = c->flags & VGCF_in_kernel || !pv->cr3_user;
	for (unsigned int i = 0; i < ARRAY_LEN(c->trap_ctxt); i++) {
		trap_entry_set(v, (u8)i, &c->trap_ctxt[i]);
	}
	pv->kernel_sp = c->kernel_sp;
	pv->kernel_ss = guest_selector_fix((u16)c->kernel_ss);
	pv->ldt_base = c->ldt_ents ? c->ldt_base : 0;
	pv->ldt_entries = (unsigned int)c->ldt_ents;
	pv->cr0_ts = c->ctrlreg[0] & CR0_TS;
	pv->cr4 = c->ctrlreg[4] & guest_cr4_mask();
	pv->fs_base = c->fs_base;
	pv->gs_base_kernel = c->gs_base_kernel;
	pv->gs_base_user = c->gs_base_user;
	for (unsigned int i = 0; i < 8; i++) {
		if (i != 4 && i != 5 && guest_set_dr(v, i, c->debugreg[i])) {
			pv->dr[i] = 0;
		}
	}
	if (v->id == 0 && !v->initialised) {
		v->domain->vm_assist = c->vm_assist & VM_ASSISTS;
	}
	pvcpu_update_fast(v);
	if (c->flags & VGCF_online) {
		atomic_and(&v->pause_flags, ~VPF_DOWN);
	} else {
		atomic_or(&v->pause_flags, VPF_DOWN);
	}
	v->initialised = true;
}

int pvcpu_set_context(struct vcpu *v, const struct vcpu_guest_context *c)
{
	int rc = 0;

	if (!addresses_ok(c) || !tables_ok(c)) {
		return -EINVAL;
	}
	if (!v->initialised) {
		rc = take_references(v, c);
	} else if (references_differ(&v->pv, c)) {
		rc = -EOPNOTSUPP;
	}
	if (rc) {
		return rc;
	}
	if (c->flags & VGCF_I387_VALID) {
		rc = fpu_import_legacy(v, &c->fpu_ctxt);
	} else {
		fpu_reset(v);
	}
	if (!rc) {
		commit(v, c);
	}
	return rc;
}

static void get_tables(const struct pv_vcpu *pv, struct vcpu_guest_context *c)
{
	for (unsigned int i = 0; i < ARRAY_LEN(c->trap_ctxt); i++) {
		const struct trap_entry *e = &pv->traps[i];

		c->trap_ctxt[i] = (struct trap_info){
			(u8)i, e->dpl | e->masks_events << 2, e->cs, e->address,
		};
	}
	memcpy(c->gdt_frames, pv->gdt_frames,
	       DIV_ROUND_UP(pv->gdt_entries, 512) * sizeof(mfn_t));
	c->gdt_ents = pv->gdt_entries;
	c->ldt_base = pv->ldt_base;
	c->ldt_ents = pv->ldt_entries;
}

static void get_callbacks(const struct trap_entry *e,
			  struct vcpu_guest_context *c)
{
	c->event_callback_eip = e[CALLBACKTYPE_event].address;
	c->failsafe_callback_eip = e[CALLBACKTYPE_failsafe].address;
	c->syscall_callback_eip = e[CALLBACKTYPE_syscall].address;
	c->flags |= e[CALLBACKTYPE_failsafe].masks_events ?
		VGCF_failsafe_disables_events : 0;
	c->flags |= e[CALLBACKTYPE_syscall].masks_events ?
		VGCF_syscall_disables_events : 0;
}

/* v does not run (or is the caller, stopped in a domctl on itself: no). */
void pvcpu_get_context(struct vcpu *v, struct vcpu_guest_context *c)
{
	struct pv_vcpu *pv = &v->pv;

	memset(c, 0, sizeof(*c));
	memcpy(&c->fpu_ctxt, v->fpu, sizeof(c->fpu_ctxt));
	c->flags = VGCF_I387_VALID | (pv->kernel_mode ? VGCF_in_kernel : 0) |
		(v->pause_flags & VPF_DOWN ? 0 : VGCF_online);
	c->user_regs = v->regs;
	c->user_regs.error_code = c->user_regs.entry_vector = 0;
	c->user_regs.rflags |= (u64)pv->iopl << 12;
	get_tables(pv, c);
	c->kernel_ss = pv->kernel_ss;
	c->kernel_sp = pv->kernel_sp;
	c->ctrlreg[0] = CR0_PE | CR0_MP | CR0_ET | CR0_NE | CR0_WP | CR0_AM |
		CR0_PG | pv->cr0_ts;
	c->ctrlreg[1] = pv->cr3_user;
	c->ctrlreg[2] = pv->cr2;
	c->ctrlreg[3] = pv->cr3_kernel;
	c->ctrlreg[4] = pv->cr4;
	memcpy(c->debugreg, pv->dr, sizeof(pv->dr));
	c->debugreg[7] |= pv->dr7_io;
	get_callbacks(pv->callbacks, c);
	c->vm_assist = v->domain->vm_assist;
	c->fs_base = pv->fs_base;
	c->gs_base_kernel = pv->gs_base_kernel;
	c->gs_base_user = pv->gs_base_user;
}

/* Destruction: v will not run again. */
void pvcpu_destroy(struct vcpu *v)
{
	struct pv_vcpu *pv = &v->pv;
	mfn_t *roots[] = { &pv->root_kernel, &pv->root_user };

	(void)pvcpu_set_gdt(v, NULL, 0);
	for (unsigned int i = 0; i < ARRAY_LEN(roots); i++) {
		if (!mfn_eq(*roots[i], INVALID_MFN)) {
			/* Partial: goes with the frames. */
			(void)page_type_put(*roots[i], true);
			*roots[i] = INVALID_MFN;
		}
	}
	pv->old_root_held = false;	/* partial: goes with the frames */
	pv->cr3_kernel = pv->cr3_user = 0;
	v->initialised = false;
}
