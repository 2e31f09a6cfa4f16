/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * CPUID as PV guests see it.  A guest may have a feature when the host has it
 * and a table below says that it works for ring-3 kernels: whatever needs
 * ring 0, large pages, hardware virtualization or a second interrupt
 * controller is left out.  Leaves that describe our own kind (0x40000000 and
 * up) are made on demand.
 */
#include "pvcpu/policy.h"
#include "lib/string.h"
#include "mm/alloc.h"
#include "pvcpu/pvcpu.h"
#include "x86/clock.h"
#include "x86/cpu_features.h"
#include "x86/msr.h"
#include <xen/arch-x86/cpuid.h>

#define MAX_BASIC	0x0d
#define MAX_EXTENDED	0x80000021
#define NO_SUB		XEN_CPUID_NO_SUBLEAF

#define LEAF1_EDX_APIC		BIT(9)
#define LEAF1_ECX_XSAVE		BIT(26)
#define LEAF1_ECX_OSXSAVE	BIT(27)
#define LEAF1_ECX_HYPERVISOR	BIT(31)

struct cpu_policy host_policy __ro_after_init, pv_policy __ro_after_init;

/*
 * What passes to a guest, bit by bit, of the feature words.  Names of bits:
 * xen/arch-x86/cpufeatureset.h.
 */
static const struct {
	u32 leaf, sub, a, b, c, d;
} keep[] = {
	/* SSE3 PCLMUL SSSE3 FMA CX16 SSE4* X2APIC MOVBE POPCNT AES XSAVE AVX
	 * F16C RDRAND HYPERVISOR; no VME PSE MTRR PGE PSE36 DS TM PBE */
	{ 1, NO_SUB, ~0U, ~0U, 0xf6f83203, 0x1fc9cbf5 },
	{ 5, NO_SUB, 0, 0, 0, 0 },
	{ 6, NO_SUB, 0, 0, 0, 0 },
	{ 9, NO_SUB, 0, 0, 0, 0 },
	{ 0xa, NO_SUB, 0, 0, 0, 0 },
	/* FSGSBASE BMI1 AVX2 BMI2 ERMS AVX512* RDSEED ADX CLFLUSHOPT CLWB SHA;
	 * AVX512 VBMI, GFNI, VAES, …, RDPID; AVX512 4xx, FSRM */
	{ 7, 0, ~0U, 0xfdaf2369, 0x00405f42, 0x0000001c },
	{ 7, 1, BIT(4) | BIT(5), 0, 0, 0 },
	{ 7, 2, 0, 0, 0, 0 },
	/* SYSCALL NX MMXEXT MMX FXSR FFXSR RDTSCP LM 3DNOW*, the copies of
	 * leaf 1; LAHF ABM SSE4A MISALIGN 3DNOWPREFETCH XOP FMA4 TBM */
	{ 0x80000001, NO_SUB, ~0U, ~0U, 0x042109f3, 0xebd1cbf5 },
	{ 0x80000007, NO_SUB, 0, 0, 0, BIT(8) },
	{ 0x80000008, NO_SUB, ~0U, BIT(0), ~0U, 0 },
	{ 0x8000000a, NO_SUB, 0, 0, 0, 0 },
	{ 0x8000001b, NO_SUB, 0, 0, 0, 0 },
	{ 0x8000001c, NO_SUB, 0, 0, 0, 0 },
	{ 0x8000001d, NO_SUB, 0, 0, 0, 0 },
	{ 0x8000001e, NO_SUB, 0, 0, 0, 0 },
	{ 0x8000001f, NO_SUB, 0, 0, 0, 0 },
	{ 0x80000020, NO_SUB, 0, 0, 0, 0 },
};

static unsigned int subleaves(u32 leaf)
{
	switch (leaf) {
	case 4:
		return 6;
	case 7:
		return 3;
	case 0xb:
		return 2;
	case 0xd:
		return 10;	/* AVX-512's states end at 7, PKRU is 9 */
	}
	return 0;
}

static void read_leaf(struct cpu_policy *p, u32 leaf, u32 sub)
{
	struct xen_cpuid_leaf *l = &p->leaves[p->nr_leaves];
	u32 r[4];

	if (p->nr_leaves == POLICY_MAX_LEAVES) {
		return;
	}
	cpuid(leaf, sub == NO_SUB ? 0 : sub, r);
	*l = (struct xen_cpuid_leaf){ leaf, sub, r[0], r[1], r[2], r[3] };
	p->nr_leaves++;
}

static void read_host(struct cpu_policy *p)
{
	u32 max = min(cpu_features.max_leaf, (u32)MAX_BASIC);
	u32 max_ext = min(cpu_features.max_ext_leaf, (u32)MAX_EXTENDED);

	for (u32 leaf = 0; leaf <= max; leaf++) {
		unsigned int n = subleaves(leaf);

		for (unsigned int s = 0; s < n; s++) {
			read_leaf(p, leaf, s);
		}
		if (!n) {
			read_leaf(p, leaf, NO_SUB);
		}
	}
	for (u32 leaf = 0x80000000; leaf <= max_ext; leaf++) {
		read_leaf(p, leaf, NO_SUB);
	}
}

static struct xen_cpuid_leaf *find(const struct cpu_policy *p, u32 leaf,
				   u32 sub)
{
	for (unsigned int i = 0; i < p->nr_leaves; i++) {
		const struct xen_cpuid_leaf *l = &p->leaves[i];

		if (l->leaf == leaf &&
		    (l->subleaf == sub || l->subleaf == NO_SUB)) {
			return (struct xen_cpuid_leaf *)l;
		}
	}
	return NULL;
}

/* XSAVE's leaves: only the states that we keep for guests. */
static void cut_xsave(struct cpu_policy *p)
{
	struct xen_cpuid_leaf *l;

	for (u32 sub = 0; (l = find(p, 0xd, sub)) && sub < 10; sub++) {
		if (sub == 0) {
			l->a &= (u32)cpu_features.xcr0_mask;
			l->d &= (u32)(cpu_features.xcr0_mask >> 32);
			l->c = xsave_size(cpu_features.xcr0_mask);
		} else if (sub == 1) {
			l->a &= 7;	/* XSAVEOPT XSAVEC XGETBV1 */
			l->b = l->c = l->d = 0;
		} else if (!(cpu_features.xcr0_mask >> sub & 1)) {
			l->a = l->b = l->c = l->d = 0;
		}
	}
}

static void cut_for_pv(struct cpu_policy *p)
{
	struct xen_cpuid_leaf *l;

	for (unsigned int i = 0; i < ARRAY_LEN(keep); i++) {
		l = find(p, keep[i].leaf, keep[i].sub);
		if (l) {
			l->a &= keep[i].a;
			l->b &= keep[i].b;
			l->c &= keep[i].c;
			l->d &= keep[i].d;
		}
	}
	l = find(p, 0, NO_SUB);
	l->a = min(l->a, (u32)MAX_BASIC);
	l = find(p, 0x80000000, NO_SUB);
	l->a = min(l->a, (u32)MAX_EXTENDED);
	l = find(p, 7, 0);
	if (l) {
		l->a = min(l->a, 2U);
	}
	l = find(p, 1, NO_SUB);
	if (!cpu_has(XEN_X86_FEATURE_XSAVE)) {
		l->c &= ~LEAF1_ECX_XSAVE;
	}
	l->c |= LEAF1_ECX_HYPERVISOR;
	cut_xsave(p);
}

void policies_init(void)
{
	u64 caps;

	read_host(&host_policy);
	pv_policy = host_policy;
	cut_for_pv(&pv_policy);
	if (!rdmsr_safe(MSR_ARCH_CAPABILITIES, &caps)) {
		host_policy.arch_caps = caps;
	}
}

int policy_init_domain(struct domain *d)
{
	d->policy = heap_alloc(sizeof(*d->policy));
	if (!d->policy) {
		return -ENOMEM;
	}
	*d->policy = pv_policy;
	return 0;
}

void policy_free_domain(struct domain *d)
{
	heap_free(d->policy);
	d->policy = NULL;
}

/* Leaves whose words are numbers or names, not features that add up. */
static bool is_plain(u32 leaf)
{
	return leaf == 0 || leaf == 2 || leaf == 4 || leaf == 0xb ||
	       leaf == 0x80000000 ||
	       (leaf >= 0x80000002 && leaf <= 0x80000006);
}

int policy_update(struct cpu_policy *p, const struct xen_cpuid_leaf *leaf,
		  u32 *bad_leaf, u32 *bad_subleaf)
{
	const struct xen_cpuid_leaf *limit = find(&pv_policy, leaf->leaf,
						  leaf->subleaf);
	struct xen_cpuid_leaf *own = find(p, leaf->leaf, leaf->subleaf);

	if (leaf->leaf >= 0x40000000 && leaf->leaf < 0x40010000) {
		return 0;
	}
	if (!limit || !own) {
		if (!(leaf->a | leaf->b | leaf->c | leaf->d)) {
			return 0;
		}
		*bad_leaf = leaf->leaf;
		*bad_subleaf = leaf->subleaf;
		return -EINVAL;
	}
	if (is_plain(leaf->leaf)) {
		own->b = leaf->b;
		own->c = leaf->c;
		own->d = leaf->d;
		own->a = leaf->leaf == 0 || leaf->leaf == 0x80000000 ?
			 min(leaf->a, limit->a) : leaf->a;
		return 0;
	}
	own->a = leaf->leaf == 1 || leaf->leaf == 0x80000001 ? leaf->a
		 : leaf->leaf == 7 && leaf->subleaf == 0 ?
		 min(leaf->a, limit->a) : leaf->a & limit->a;
	own->b = leaf->leaf == 1 ? leaf->b : leaf->b & limit->b;
	own->c = leaf->c & limit->c;
	own->d = leaf->d & limit->d;
	return 0;
}

/* xen/arch-x86/cpuid.h: the leaves that say who we are. */
static void hypervisor_leaf(const struct vcpu *v, u32 leaf, u32 sub, u32 r[4])
{
	r[0] = r[1] = r[2] = r[3] = 0;
	switch (leaf - XEN_CPUID_FIRST_LEAF) {
	case 0:
		r[0] = XEN_CPUID_FIRST_LEAF + 5;
		r[1] = XEN_CPUID_SIGNATURE_EBX;
		r[2] = XEN_CPUID_SIGNATURE_ECX;
		r[3] = XEN_CPUID_SIGNATURE_EDX;
		break;
	case 1:
		r[0] = 4 << 16 | 17;
		break;
	case 2:
		r[0] = 1;
		r[1] = 0x40000200;
		r[2] = XEN_CPUID_FEAT1_MMU_PT_UPDATE_PRESERVE_AD;
		break;
	case 3:
		if (sub == 0) {
			r[0] = cpu_has(XEN_X86_FEATURE_ITSC) ? 2 : 0;
			r[0] |= cpu_has(XEN_X86_FEATURE_RDTSCP) ? 4 : 0;
			r[1] = v->domain->tsc_mode;
			r[2] = (u32)tsc_khz;
		} else if (sub == 1) {
			r[2] = clock_scale.mul;
			r[3] = (u32)clock_scale.shift;
		} else if (sub == 2) {
			r[0] = (u32)tsc_khz;
		}
		break;
	case 5:
		r[1] = bit_highest(max_mfn) + 1 + PAGE_SHIFT;
		break;
	}
}

/* Words that depend on the vCPU and its state. */
static void adjust_leaf(const struct vcpu *v, u32 leaf, u32 sub, u32 r[4])
{
	/*
	 * Linux asks for OSXSAVE before it sets CR4: its kernel is told what
	 * it may set, user mode what was set.
	 */
	bool osxsave = (v->pv.cr4 & CR4_OSXSAVE) ||
		(v->pv.kernel_mode && cpu_has(XEN_X86_FEATURE_XSAVE));

	switch (leaf) {
	case 1:
		r[1] = (r[1] & 0x00ffffff) | v->id << 25;
		r[2] = (r[2] & ~LEAF1_ECX_OSXSAVE) |
		       (osxsave ? LEAF1_ECX_OSXSAVE : 0);
		break;
	case 0xb:
		r[2] = (r[2] & ~0xffU) | (sub & 0xff);
		r[3] = v->id * 2;
		break;
	case 0xd:
		if (sub == 0) {
			r[1] = xsave_size(osxsave ? v->pv.msr_xcr0 : 3);
		}
		break;
	}
}

void guest_cpuid(const struct vcpu *v, u32 leaf, u32 sub, u32 out[4])
{
	const struct cpu_policy *p = v->domain->policy;
	const struct xen_cpuid_leaf *l;
	u32 max;

	if (leaf >= XEN_CPUID_FIRST_LEAF && leaf < XEN_CPUID_FIRST_LEAF + 0x100) {
		hypervisor_leaf(v, leaf, sub, out);
		return;
	}
	max = find(p, leaf & 0x80000000, NO_SUB)->a;
	l = leaf <= max ? find(p, leaf, sub) : NULL;
	if (!l) {
		out[0] = out[1] = out[2] = out[3] = 0;
		return;
	}
	out[0] = l->a;
	out[1] = l->b;
	out[2] = l->c;
	out[3] = l->d;
	adjust_leaf(v, leaf, sub, out);
}
