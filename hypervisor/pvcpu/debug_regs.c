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

static void write_dr(unsigned int reg, u64 val)
{
	switch (reg) {
	case 0:
		__asm__ volatile("mov %0, %%dr0" : : "r" (val));
		break;
	case 1:
		__asm__ volatile("mov %0, %%dr1" : : "r" (val));
		break;
	case 2:
		__asm__ volatile("mov %0, %%dr2" : : "r" (val));
		break;
	case 3:
		__asm__ volatile("mov %0, %%dr3" : : "r" (val));
		break;
	case 6:
		__asm__ volatile("mov %0, %%dr6" : : "r" (val));
		break;
	default:
		__asm__ volatile("mov %0, %%dr7" : : "r" (val));
		break;
	}
}

void guest_dr_load(const struct vcpu *v)
{
	for (unsigned int i = 0; i < 4; i++) {
		write_dr(i, v->pv.dr[i]);
	}
	write_dr(6, v->pv.dr[6] | DR6_ONE);
	write_dr(7, v->pv.dr[7]);
}

/* Enable bits of the breakpoints on I/O, or -EPERM without CR4.DE. */
static int io_breakpoints(const struct vcpu *v, u64 dr7, u64 *bits)
{
	*bits = 0;
	for (unsigned int i = 0; i < 4; i++) {
		if (((dr7 >> (16 + 4 * i)) & 3) == DR_TYPE_IO) {
			if (!(v->pv.cr4 & CR4_DE)) {
				return -EPERM;
			}
			*bits |= dr7 & (3UL << (2 * i));
		}
	}
	return 0;
}

static int set_dr7(struct vcpu *v, u64 val)
{
	u64 io = 0;

	if (val != (u32)val) {
		return -EPERM;
	}
	val = (val & ~DR7_ZERO) | DR7_ONE;
	if (val & DR7_GD) {
		return -EPERM;
	}
	if ((val & DR7_ENABLES) && io_breakpoints(v, val, &io)) {
		return -EPERM;
	}
	v->pv.dr7_io = io;
	v->pv.dr[7] = val & ~io;
	if (v != current) {
		return 0;
	}
	if (v->pv.dr[7] & DR7_ENABLES) {
		guest_dr_load(v);
	} else {
		write_dr(7, DR7_ONE);
	}
	return 0;
}

int guest_set_dr(struct vcpu *v, unsigned int reg, u64 val)
{
	if ((reg == 4 || reg == 5) && !(v->pv.cr4 & CR4_DE)) {
		reg += 2;
	}
	switch (reg) {
	case 0 ... 3:
		if (!guest_range_ok(val, 1)) {
			return -EPERM;
		}
		v->pv.dr[reg] = val;
		if (v == current && (v->pv.dr[7] & DR7_ENABLES)) {
			write_dr(reg, val);
		}
		return 0;
	case 6:
		if (val != (u32)val) {
			return -EPERM;
		}
		v->pv.dr[6] = (val & ~DR6_ZERO) | DR6_ONE;
		return 0;
	case 7:
		return set_dr7(v, val);
	default:
		return -ENODEV;
	}
}

int guest_get_dr(const struct vcpu *v, unsigned int reg, u64 *val)
{
	if ((reg == 4 || reg == 5) && !(v->pv.cr4 & CR4_DE)) {
		reg += 2;
	}
	if (reg > 7 || reg == 4 || reg == 5) {
		return -ENODEV;
	}
	*val = v->pv.dr[reg];
	if (reg == 7) {
		*val |= v->pv.dr7_io | DR7_ONE;
	} else if (reg == 6) {
		*val |= DR6_ONE;
	}
	return 0;
}

long hc_set_debugreg(unsigned long a1, unsigned long a2, unsigned long a3,
		     unsigned long a4, unsigned long a5)
{
	return guest_set_dr(current, (unsigned int)a1, a2);
}

long hc_get_debugreg(unsigned long a1, unsigned long a2, unsigned long a3,
		     unsigned long a4, unsigned long a5)
{
	u64 val;

	if (guest_get_dr(current, (unsigned int)a1, &val)) {
		return -EINVAL;
	}
	return (long)val;
}
