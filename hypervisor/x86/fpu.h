/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * FPU, SSE and AVX registers.  They are loaded on a vCPU's first use after a
 * switch (CR0.TS); a guest's own TS is kept in pv.cr0_ts.
 */
#ifndef X86_FPU_H
#define X86_FPU_H

#include "domain/domain.h"

void fpu_init_cpu(void);
int fpu_alloc(struct vcpu *v);
void fpu_free(struct vcpu *v);
void fpu_reset(struct vcpu *v);		/* power-on state */
void fpu_save_if_dirty(struct vcpu *v);	/* on the way out of a CPU */
void fpu_restore(struct vcpu *v);	/* #NM: make it live, clear CR0.TS */
void fpu_set_ts(bool set);
/* A vCPU starts on this CPU: nothing loaded yet, but its XCR0. */
void fpu_switch_in(const struct vcpu *v);

/* xsetbv on behalf of the current vCPU; false: #GP. */
bool fpu_xsetbv(struct vcpu *v, u32 index, u64 val);

/*
 * v->fpu begins with the 512 bytes of vcpu_guest_context.fpu_ctxt; so it is
 * set.  Reserved MXCSR bits would make the load fault: -EINVAL.
 */
int fpu_import_legacy(struct vcpu *v, const void *fxsave512);

#endif
