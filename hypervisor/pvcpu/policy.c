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

#define LEAF1_ECX_OSXSAVE	BIT(27)
#define LEAF1_ECX_HYPERVISOR	BIT(31)

struct cpu_policy host_policy __ro_after_init, pv_policy __ro_after_init;

/* A word that is a number or a name: it passes as it is. */
#define NUMBER	(~0U)

/*
 * What passes to a guest, bit by bit, of the feature words; leaves that are
 * not here are numbers.  Names of bits: xen/arch-x86/cpufeatureset.h.
 */
static const struct {
	u32 first, last, sub, keep[4];
} rows[] = {
	/* SSE3 PCLMUL SSSE3 FMA CX16 SSE4* X2APIC MOVBE POPCNT AES XSAVE AVX
	 * F16C RDRAND HYPERVISOR; no VME PSE MTRR PGE PSE36 DS TM PBE */
	{ 1, 1, NO_SUB, { NUMBER, NUMBER, 0xf6f83203, 0x1fc9cbf5 } },
	{ 5, 6, NO_SUB, { 0 } },
	/* FSGSBASE BMI1 AVX2 BMI2 ERMS AVX512* RDSEED ADX CLFLUSHOPT CLWB SHA;
	 * AVX512 VBMI, GFNI, VAES, …, RDPID; AVX512 4xx, FSRM */
	{ 7, 7, 0, { 3, 0xfdaf2369, 0x00405f42, 0x0000001c } },
	{ 7, 7, 1, { BIT(4) | BIT(5) } },
	{ 7, 7, 2, { 0 } },
	{ 9, 0xa, NO_SUB, { 0 } },
	{ 0xd, 0xd, 0, { 0xe7, NUMBER, NUMBER, 0 } },
	/* XSAVEOPT XSAVEC XGETBV1 */
	{ 0xd, 0xd, 1, { 7 } },
	/* SYSCALL NX MMXEXT MMX FXSR FFXSR RDTSCP LM 3DNOW*, the copies of
	 * leaf 1; LAHF ABM SSE4A MISALIGN 3DNOWPREFETCH XOP FMA4 TBM */
	{ 0x80000001, 0x80000001, NO_SUB,
	  { NUMBER, NUMBER, 0x002109f3, 0xebd1cbf5 } },
	{ 0x80000007, 0x80000007, NO_SUB, { 0, 0, 0, BIT(8) } },
	{ 0x80000008, 0x80000008, NO_SUB, { NUMBER, BIT(0), NUMBER, 0 } },
	{ 0x8000000a, 0x80000020, NO_SUB, { 0 } },
	/* LFENCE serializes; a null selector clears the base. */
	{ 0x80000021, 0x80000021, NO_SUB, { BIT(2) | BIT(6) } },
};

static const u32 *words_kept(const struct xen_cpuid_leaf *l)
{
	static const u32 numbers[4] = { NUMBER, NUMBER, NUMBER, NUMBER };

	for (unsigned int i = 0; i < ARRAY_LEN(rows); i++) {
		if (l->leaf >= rows[i].first && l->leaf <= rows[i].last &&
		    l->subleaf == rows[i].sub) {
			return rows[i].keep;
		}
	}
	return numbers;
}

/* 0: the leaf has none.  AVX-512's states end at 7, PKRU is 9. */
static const u8 subleaves[MAX_BASIC + 1] = {
	[4] = 6, [7] = 3, [0xb] = 2, [0xd] = 10,
};

/* The four words of a leaf as an array. */
static u32 *words(const struct xen_cpuid_leaf *l)
{
	return (u32 *)((char *)l + offsetof(struct xen_cpuid_leaf, a));
}

static void read_leaf(struct cpu_policy *p, u32 leaf, u32 sub)
{
	struct xen_cpuid_leaf *l = &p->leaves[p->nr_leaves];

	if (p->nr_leaves < POLICY_MAX_LEAVES) {
		l->leaf = leaf;
		l->subleaf = sub;
		cpuid(leaf, sub == NO_SUB ? 0 : sub, words(l));
		p->nr_leaves++;
	}
}

static void read_host(struct cpu_policy *p)
{
	u32 max = min(cpu_features.max_leaf, (u32)MAX_BASIC);
	u32 max_ext = min(cpu_features.max_ext_leaf, (u32)MAX_EXTENDED);

	for (u32 leaf = 0; leaf <= max; leaf++) {
		if (!subleaves[leaf]) {
			read_leaf(p, leaf, NO_SUB);
		}
		for (u32 sub = 0; sub < subleaves[leaf]; sub++) {
			read_leaf(p, leaf, sub);
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

/* given, but of its features only those that limit has. */
static void leaf_narrow(struct xen_cpuid_leaf *l,
			const struct xen_cpuid_leaf *given, const u32 limit[4])
{
	const u32 *keep = words_kept(l);

	for (unsigned int w = 0; w < 4; w++) {
		words(l)[w] = words(given)[w] &
			(keep[w] == NUMBER ? NUMBER : limit[w]);
	}
}

static void cut_for_pv(struct cpu_policy *p)
{
	struct xen_cpuid_leaf *l;
	u32 sub;

	for (unsigned int i = 0; i < p->nr_leaves; i++) {
		leaf_narrow(&p->leaves[i], &p->leaves[i],
			    words_kept(&p->leaves[i]));
	}
	for (unsigned int i = 0; i < NR_FEATURE_WORDS; i++) {
		const struct cpu_feature_source *s = &cpu_feature_sources[i];

		l = find(p, s->leaf, s->sub);
		if (l) {
			words(l)[s->reg] &= cpu_features.words[i];
		}
	}
	l = find(p, 0, NO_SUB);
	l->a = min(l->a, (u32)MAX_BASIC);
	l = find(p, 0x80000000, NO_SUB);
	l->a = min(l->a, (u32)MAX_EXTENDED);
	find(p, 1, NO_SUB)->c |= LEAF1_ECX_HYPERVISOR;
	l = find(p, 0xd, 0);
	if (l) {
		l->a &= (u32)cpu_features.xcr0_mask;
		l->c = xsave_size(cpu_features.xcr0_mask);
	}
	/* XSAVE: only the states that we keep for guests. */
	for (sub = 2; (l = find(p, 0xd, sub)) != NULL; sub++) {
		if (!(cpu_features.xcr0_mask >> sub & 1)) {
			l->a = l->b = l->c = l->d = 0;
		}
	}
}

void policies_init(void)
{
	read_host(&host_policy);
	pv_policy = host_policy;
	cut_for_pv(&pv_policy);
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

int policy_update(struct cpu_policy *p, const struct xen_cpuid_leaf *leaf)
{
	struct xen_cpuid_leaf *limit = find(&pv_policy, leaf->leaf,
					    leaf->subleaf);

	if (limit) {
		leaf_narrow(find(p, leaf->leaf, leaf->subleaf), leaf,
			    words(limit));
	} else if ((leaf->leaf < XEN_CPUID_FIRST_LEAF ||
		    leaf->leaf >= XEN_CPUID_FIRST_LEAF + 0x10000) &&
		   (leaf->a | leaf->b | leaf->c | leaf->d)) {
		return -EINVAL;
	}
	return 0;
}

/* xen/arch-x86/cpuid.h: the leaves that say who we are. */
static void hypervisor_leaf(const struct vcpu *v, u32 leaf, u32 sub, u32 r[4])
{
	const u32 leaves[6][4] = {
		{ XEN_CPUID_FIRST_LEAF + 5, XEN_CPUID_SIGNATURE_EBX,
		  XEN_CPUID_SIGNATURE_ECX, XEN_CPUID_SIGNATURE_EDX },
		{ 4 << 16 | 17 },
		{ 1, 0x40000200, XEN_CPUID_FEAT1_MMU_PT_UPDATE_PRESERVE_AD },
		{ (cpu_has(XEN_X86_FEATURE_ITSC) ? 2 : 0) |
		  (cpu_has(XEN_X86_FEATURE_RDTSCP) ? 4 : 0),
		  v->domain->tsc_mode, (u32)tsc_khz },
		{ 0 },
		{ 0, bit_highest(max_mfn) + 1 + PAGE_SHIFT },
	};
	u32 n = leaf - XEN_CPUID_FIRST_LEAF;

	if (n < ARRAY_LEN(leaves) && !(n == 3 && sub)) {
		memcpy(r, leaves[n], sizeof(leaves[n]));
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

	if (leaf == 1) {
		r[1] = (r[1] & 0x00ffffff) | v->id << 25;
		r[2] = (r[2] & ~LEAF1_ECX_OSXSAVE) |
		       (osxsave ? LEAF1_ECX_OSXSAVE : 0);
	} else if (leaf == 0xb) {
		r[2] = (r[2] & ~0xffU) | (sub & 0xff);
		r[3] = v->id * 2;
	} else if (leaf == 0xd && sub == 0) {
		r[1] = xsave_size(osxsave ? v->pv.msr_xcr0 : 3);
	}
}

void guest_cpuid(const struct vcpu *v, u32 leaf, u32 sub, u32 out[4])
{
	const struct cpu_policy *p = v->domain->policy;
	const struct xen_cpuid_leaf *l;

	memset(out, 0, 4 * sizeof(*out));
	if (leaf >= XEN_CPUID_FIRST_LEAF && leaf < XEN_CPUID_FIRST_LEAF + 0x100) {
		hypervisor_leaf(v, leaf, sub, out);
	} else if (leaf <= find(p, leaf & 0x80000000, NO_SUB)->a) {
		l = find(p, leaf, sub);
		if (l) {
			memcpy(out, words(l), 4 * sizeof(*out));
			adjust_leaf(v, leaf, sub, out);
		}
	}
}
