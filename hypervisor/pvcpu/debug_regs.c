/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Debug registers.  A guest's are in the CPU only while its DR7 enables one;
 * breakpoints on hypervisor addresses and the general-detect bit are refused.
 */
#include "hypercall/hypercall.h"
#include "pvcpu/pvcpu.h"

#define DR7_ENABLES	0xffUL		/* L0 G0 .. L3 G3 */
#define DR7_ONE		0x400UL
#define DR7_ZERO	0xd800UL	/* bits 11, 12, 14, 15 */
#define DR7_GD		0x2000UL
#define DR6_ONE		0xffff0ff0UL
#define DR6_ZERO	0x1000UL
#define DR_TYPE_IO	2

void guest_dr_load(const struct vcpu *v)
{
	const u64 *dr = v->pv.dr;

	if (!(dr[7] & DR7_ENABLES)) {
		__asm__ volatile("mov %0, %%dr7" : : "r" (DR7_ONE));
		return;
	}
	__asm__ volatile("mov %0, %%dr0" : : "r" (dr[0]));
	__asm__ volatile("mov %0, %%dr1" : : "r" (dr[1]));
	__asm__ volatile("mov %0, %%dr2" : : "r" (dr[2]));
	__asm__ volatile("mov %0, %%dr3" : : "r" (dr[3]));
	__asm__ volatile("mov %0, %%dr6" : : "r" (dr[6] | DR6_ONE));
	__asm__ volatile("mov %0, %%dr7" : : "r" (dr[7]));
}

/* Enable bits of the breakpoints on I/O, which are there with CR4.DE only. */
static u64 io_breakpoints(u64 dr7)
{
	u64 bits = 0;

	for (unsigned int i = 0; i < 4; i++) {
		if (((dr7 >> (16 + 4 * i)) & 3) == DR_TYPE_IO) {
			bits |= 3UL << (2 * i);
		}
	}
	return bits;
}

/* 4 and 5 are names of 6 and 7 without CR4.DE; -ENODEV: no such register. */
static int find_dr(const struct vcpu *v, unsigned int *reg)
{
	if ((*reg & ~1U) == 4 && !(v->pv.cr4 & CR4_DE)) {
		*reg += 2;
	}
	return *reg > 7 || (*reg & ~1U) == 4 ? -ENODEV : 0;
}

int guest_set_dr(struct vcpu *v, unsigned int reg, u64 val)
{
	int rc = find_dr(v, &reg);
	u64 io = 0;

	if (rc) {
		return rc;
	}
	if (reg < 4 ? !range_is_guest(val, 1) : val != (u32)val) {
		return -EPERM;
	}
	if (reg == 6) {
		val = (val & ~DR6_ZERO) | DR6_ONE;
	} else if (reg == 7) {
		val = (val & ~DR7_ZERO) | DR7_ONE;
		io = io_breakpoints(val);
		if ((val & DR7_GD) || (io && (val & DR7_ENABLES) &&
				       !(v->pv.cr4 & CR4_DE))) {
			return -EPERM;
		}
		io &= val;
		v->pv.dr7_io = io;
		val &= ~io;
	}
	v->pv.dr[reg] = val;
	if (v == current) {
		guest_dr_load(v);
	}
	return 0;
}

int guest_get_dr(const struct vcpu *v, unsigned int reg, u64 *val)
{
	int rc = find_dr(v, &reg);

	if (!rc) {
		*val = v->pv.dr[reg] | (reg == 6 ? DR6_ONE : 0) |
			(reg == 7 ? v->pv.dr7_io | DR7_ONE : 0);
	}
	return rc;
}

HC(set_debugreg)
{
	return guest_set_dr(current, (unsigned int)a1, a2);
}

HC(get_debugreg)
{
	u64 val;

	return guest_get_dr(current, (unsigned int)a1, &val) ? -EINVAL :
							       (long)val;
}
