/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Random calls, structured enough to get past the first check, on pages,
 * tables, ports and grants that all vCPUs share, and on everything that is not
 * this kernel's own. Each vCPU has a scratch area for arguments; that of
 * another one may be named as well, so that arguments change under a call.
 *
 * Left out is what rightly ends or blocks the domain: shutdowns, contexts to
 * run, its own stacks, its own root, and calls for the control domain alone.
 */
#include "fuzz/calls.h"
#include "fuzz/random.h"

#define POOL	24
#define TABLES	16

static char *pages[POOL];
static pte_t *tables[TABLES];
static unsigned long nr_frames;	/* of the machine */
static unsigned int nr_cpus;

struct call {
	unsigned int nr;
	unsigned long a[5];
};

/* Each vCPU's: two pages, and behind them space for mappings. */
#define SCRATCH_SPACE	(1UL << 30)
static char *scratch_page[FUZZ_CPUS][2];

static unsigned long scratch_of(unsigned int cpu)
{
	return TEST_VA + cpu * SCRATCH_SPACE;
}

static unsigned long scratch(void)
{
	return scratch_of(this_cpu()->id);
}

/* One of the places where anything may be mapped. */
static unsigned long any_place(void)
{
	return scratch_of(below(nr_cpus)) + (4 + below(60)) * PAGE_SIZE;
}

/* A frame that this kernel lives on is the one thing it must not attack. */
static unsigned long not_mine(unsigned long mfn)
{
	unsigned long m = mfn & (PTE_ADDR >> PAGE_SHIFT);

	if (m < nr_frames && m2p[m] < start_info->nr_pages &&
	    p2m[m2p[m]] == m) {
		return virt_to_mfn(pages[below(POOL)]);
	}
	return mfn;
}

/* A word that names no frame of this kernel, as frame, address or entry. */
static uint64_t harmless(uint64_t word)
{
	unsigned long mfn = (word & PTE_ADDR) >> PAGE_SHIFT;

	return not_mine(word) == word && not_mine(mfn) == mfn ? word : 0;
}

/* The same for half a word: what is cut off would have made it harmless. */
static uint32_t harmless_half(void)
{
	return harmless((uint32_t)any_number());
}

static unsigned long any_mfn(void)
{
	switch (below(12)) {
	case 0:
		return hypervisor_mfn();
	case 1:
		return virt_to_mfn(kernel_root);
	case 2:
		/* It may be taken for an address, too. */
		return harmless(any_number());
	case 3:
		return not_mine(below(0x10000));
	case 4: case 5: case 6: case 7:
		return virt_to_mfn(tables[below(TABLES)]);
	default:
		return virt_to_mfn(pages[below(POOL)]);
	}
}

static uint64_t any_pte(void)
{
	static const uint64_t flags[] = {
		PTE_USER, PTE_TABLE, PTE_USER & ~PTE_RW, PTE_P, 0,
	};
	uint64_t pte = pte_make(any_mfn() & (PTE_ADDR >> PAGE_SHIFT),
				flags[below(ARRAY_SIZE(flags))]);

	return below(4) ? pte : pte | 1UL << below(64);
}

/* An entry of one of our tables, or a place that is none. */
static uint64_t any_entry(void)
{
	switch (below(8)) {
	case 0:
		return any_mfn() << PAGE_SHIFT;
	case 1:
		return virt_to_maddr(pages[below(POOL)]) + below(512) * 8;
	default:
		return virt_to_maddr(tables[below(TABLES)]) + below(512) * 8;
	}
}

static unsigned long any_pointer(void)
{
	switch (below(10)) {
	case 0:
		return 0;
	case 1:
		return TEST_VA2;
	case 2:
		return 0x0000800000000000;
	case 3:
		return 0xffff830000000000 + below(1 << 24);
	case 4:
		return (unsigned long)tables[below(TABLES)];
	case 5:
		return harmless(any_number());
	case 6:
		return scratch() + 2 * PAGE_SIZE - below(64);
	case 7:
		return scratch_of(below(nr_cpus)) + below(PAGE_SIZE / 8) * 8;
	default:
		return scratch() + below(PAGE_SIZE / 8) * 8;
	}
}

/* Arguments of one's own, or those that another vCPU is just writing. */
static unsigned long arguments(void)
{
	return below(8) ? scratch() : scratch_of(below(nr_cpus));
}

/* Random words in the scratch page, for calls that take structures. */
static void fill_scratch(void)
{
	uint64_t *words = (uint64_t *)scratch();

	for (unsigned int i = 0; i < 32; i++) {
		switch (below(4)) {
		case 0:
			words[i] = any_mfn();
			break;
		case 1:
			words[i] = harmless(any_pointer());
			break;
		default:
			words[i] = harmless(any_number());
		}
	}
}

static struct call call(unsigned int nr, unsigned long a, unsigned long b,
			unsigned long c, unsigned long d)
{
	return (struct call) { nr, { a, b, c, d, 0 } };
}

static struct call any_mmu_update(void)
{
	struct mmu_update *req = (void *)scratch();
	unsigned int n = 1 + below(4);

	for (unsigned int i = 0; i < n; i++) {
		req[i].ptr = any_entry() | (below(8) ? 0 : below(8));
		req[i].val = any_pte();
	}
	return call(__HYPERVISOR_mmu_update, arguments(), n,
		    below(4) ? 0 : any_pointer(),
		    below(8) ? DOMID_SELF : any_number());
}

static struct call any_mmuext(void)
{
	struct mmuext_op *op = (void *)scratch();
	unsigned int n = 1 + below(4);

	for (unsigned int i = 0; i < n; i++) {
		op[i].cmd = below(24);
		op[i].arg1.mfn = any_mfn();
		op[i].arg2.src_mfn = any_mfn();
		if (op[i].cmd == MMUEXT_NEW_BASEPTR ||
		    op[i].cmd == MMUEXT_NEW_USER_BASEPTR) {
			op[i].arg1.mfn = virt_to_mfn(pages[below(POOL)]);
		}
		if (op[i].cmd == MMUEXT_SET_LDT) {
			op[i].arg1.linear_addr = any_pointer();
			op[i].arg2.nr_ents = harmless_half();
		}
		if (op[i].cmd == MMUEXT_UNPIN_TABLE &&
		    op[i].arg1.mfn == virt_to_mfn(kernel_root)) {
			op[i].cmd = MMUEXT_TLB_FLUSH_LOCAL;
		}
	}
	return call(__HYPERVISOR_mmuext_op, scratch(), n,
		    below(4) ? 0 : any_pointer(),
		    below(8) ? DOMID_SELF : any_number());
}

static struct call any_memory(void)
{
	struct xen_memory_reservation *r = (void *)scratch();
	xen_pfn_t *list = (xen_pfn_t *)(scratch() + 256);
	static const unsigned int cmds[] = {
		XENMEM_current_reservation, XENMEM_maximum_reservation,
		XENMEM_machphys_mfn_list, XENMEM_machphys_mapping,
		XENMEM_memory_map, XENMEM_add_to_physmap,
		XENMEM_remove_from_physmap, XENMEM_maximum_gpfn,
		XENMEM_exchange, XENMEM_get_sharing_freed_pages,
		XENMEM_claim_pages, XENMEM_machine_memory_map,
	};

	fill_scratch();
	for (unsigned int i = 0; i < 8; i++) {
		list[i] = any_mfn();
	}
	if (below(2)) {
		return call(__HYPERVISOR_memory_op,
			    cmds[below(ARRAY_SIZE(cmds))], any_pointer(), 0,
			    0);
	}
	set_xen_guest_handle(r->extent_start, below(8) ? list :
			     (xen_pfn_t *)any_pointer());
	r->nr_extents = below(8) ? below(9) : harmless(any_number());
	/* Above 0 only those that are refused: neighbours may be our code. */
	r->extent_order = below(8) ? 0 : 20 + below(50);
	r->mem_flags = below(2) ? 0 : harmless_half();
	r->domid = below(8) ? DOMID_SELF : harmless((uint16_t)any_number());
	/* Frames may be given away, never populated over. */
	return call(__HYPERVISOR_memory_op, XENMEM_decrease_reservation,
		    scratch(), 0, 0);
}

static void any_grant_entry(void)
{
	volatile struct grant_entry_v1 *e = grant_table() + GRANT_FIRST +
					    below(16);
	unsigned long mfn = any_mfn();

	e->domid = below(4) ? 0 : any_number();
	e->frame = mfn == (uint32_t)mfn ? mfn : 0;
	e->flags = below(4) ? GTF_permit_access : any_number();
}

static struct call any_grant(void)
{
	static const unsigned int cmds[] = {
		GNTTABOP_map_grant_ref, GNTTABOP_unmap_grant_ref,
		GNTTABOP_setup_table, GNTTABOP_copy, GNTTABOP_query_size,
		GNTTABOP_unmap_and_replace, GNTTABOP_get_version,
		GNTTABOP_swap_grant_ref, GNTTABOP_cache_flush,
		GNTTABOP_transfer, GNTTABOP_get_status_frames,
	};
	unsigned int cmd = cmds[below(ARRAY_SIZE(cmds))];
	struct gnttab_map_grant_ref *map = (void *)scratch();
	struct gnttab_unmap_grant_ref *unmap = (void *)scratch();
	struct gnttab_copy *copy = (void *)scratch();

	any_grant_entry();
	fill_scratch();
	if (cmd == GNTTABOP_map_grant_ref && below(8)) {
		map->host_addr = below(2) ? any_place() : any_entry();
		map->flags = below(64);
		map->ref = GRANT_FIRST + below(17);
		map->dom = 0;
	} else if (cmd == GNTTABOP_unmap_grant_ref && below(8)) {
		unmap->host_addr = any_place();
		unmap->dev_bus_addr = 0;
		unmap->handle = below(64);
	} else if (cmd == GNTTABOP_copy && below(8)) {
		copy->flags = below(4);
		copy->source.u.ref = GRANT_FIRST + below(17);
		copy->dest.u.ref = GRANT_FIRST + below(17);
		if (!(copy->flags & GNTCOPY_source_gref)) {
			copy->source.u.gmfn = any_mfn();
		}
		if (!(copy->flags & GNTCOPY_dest_gref)) {
			/* Only where a write does no harm to this kernel. */
			copy->dest.u.gmfn = virt_to_mfn(pages[below(POOL)]);
		}
		copy->source.domid = copy->flags & 1 ? 0 : DOMID_SELF;
		copy->dest.domid = copy->flags & 2 ? 0 : DOMID_SELF;
		copy->source.offset = below(4200);
		copy->dest.offset = below(4200);
		copy->len = below(4200);
	}
	return call(__HYPERVISOR_grant_table_op, cmd,
		    below(16) ? arguments() : any_pointer(),
		    below(8) ? 1 : below(4), 0);
}

static struct call any_event(void)
{
	uint32_t *words = (uint32_t *)scratch();
	unsigned int op = below(16);

	for (unsigned int i = 0; i < 6; i++) {
		words[i] = below(4) ? below(40) : harmless_half();
	}
	if (op == EVTCHNOP_reset) {
		words[0] = below(4) ? 999 : DOMID_SELF;
	}
	if (op == EVTCHNOP_bind_pirq) {
		op = EVTCHNOP_status;
	}
	return call(__HYPERVISOR_event_channel_op, op,
		    below(16) ? arguments() : any_pointer(), 0, 0);
}

/* Short: a time that is past, or soon. */
static struct call any_poll(void)
{
	struct sched_poll *poll = (void *)scratch();

	set_xen_guest_handle(poll->ports, (evtchn_port_t *)any_pointer());
	poll->nr_ports = below(8) ? below(4) : harmless_half();
	poll->timeout = 1 + clock_ns() * below(2) + below(100000);
	return call(__HYPERVISOR_sched_op, below(4) ? SCHEDOP_yield :
		    SCHEDOP_poll, scratch(), 0, 0);
}

/* The ninth page of the 2 MiB around a pointer; not where this kernel is. */
static unsigned long not_linear(unsigned long va)
{
	va = (va & ~0x1fffffUL) + 9 * PAGE_SIZE;
	return va >= KEEL_BASE && va < KEEL_BASE + (1UL << 39) ? TEST_VA2 : va;
}

static struct call any_other(void)
{
	/* What the hypervisor writes later must not become an argument. */
	static char area[64] __attribute__((aligned(64)));
	unsigned long p = below(4) ? scratch() : any_pointer();

	fill_scratch();
	switch (below(20)) {
	case 0:
		return call(__HYPERVISOR_xen_version, below(14), p, 0, 0);
	case 1:
		return call(__HYPERVISOR_update_descriptor, any_entry(),
			    any_number(), 0, 0);
	case 2:
		((uint64_t *)scratch())[0] = any_mfn();
		((uint64_t *)scratch())[1] = any_mfn();
		return call(__HYPERVISOR_set_gdt, p,
			    below(2) ? below(1024) : any_number(), 0, 0);
	case 3:
		return call(__HYPERVISOR_vcpu_op, VCPUOP_is_up, any_number(),
			    p, 0);
	case 4:
		return call(__HYPERVISOR_vcpu_op,
			    VCPUOP_register_runstate_memory_area, below(3),
			    (unsigned long)area, 0);
	case 5:
		return call(__HYPERVISOR_vcpu_op, VCPUOP_register_vcpu_info,
			    nr_cpus + below(3), p, 0);
	case 6:
		return call(__HYPERVISOR_vcpu_op, VCPUOP_initialise,
			    nr_cpus + below(3), any_pointer(), 0);
	case 7:
		return call(__HYPERVISOR_fpu_taskswitch, below(2), 0, 0, 0);
	case 8:
		return call(__HYPERVISOR_set_debugreg, below(7) % 5 + 8,
			    any_number(), 0, 0);
	case 9:
		return call(__HYPERVISOR_set_segment_base, below(2) ? 0 : 3,
			    any_number(), 0, 0);
	case 10:
		return call(__HYPERVISOR_vm_assist, below(3), below(70), 0, 0);
	case 11:
		return call(__HYPERVISOR_set_trap_table, TEST_VA2, 0, 0, 0);
	case 12:
		return call(__HYPERVISOR_update_va_mapping_otherdomain,
			    any_place(), any_pte(),
			    any_number() & 7, any_number());
	case 13:
		return call(__HYPERVISOR_set_timer_op, any_number(), 0, 0, 0);
	case 14:
		return call(43 + below(20), any_number(), any_number(),
			    any_number(), any_number());
	case 15:
		return call(__HYPERVISOR_vcpu_op, VCPUOP_get_runstate_info,
			    below(nr_cpus + 1), p, 0);
	case 16:
		return call(__HYPERVISOR_vcpu_op,
			    VCPUOP_register_vcpu_time_memory_area,
			    below(nr_cpus + 1), (unsigned long)area, 0);
	case 17:
		((uint64_t *)scratch())[1] = clock_ns() + below(1000);
		return call(__HYPERVISOR_vcpu_op, below(2) ?
			    VCPUOP_set_singleshot_timer :
			    VCPUOP_set_periodic_timer, below(nr_cpus + 1), p,
			    0);
	case 18:
		return any_poll();
	default:
		return call(__HYPERVISOR_update_va_mapping,
			    below(4) ? any_place() : not_linear(any_pointer()),
			    any_pte(), any_number() & 7, 0);
	}
}

/* Several calls in one; what they have in common is only the arguments. */
static struct call any_multicall(void)
{
	struct multicall_entry *list =
		(void *)(scratch() + PAGE_SIZE + 1024);
	unsigned int n = 1 + below(6);

	for (unsigned int i = 0; i < n; i++) {
		static struct call (*const makers[])(void) = {
			any_mmu_update, any_memory, any_grant, any_event,
			any_other,
		};
		struct call c = makers[below(ARRAY_SIZE(makers))]();

		/* A poll whose time-out is another's argument never ends. */
		list[i].op = c.nr == __HYPERVISOR_sched_op ?
			     __HYPERVISOR_xen_version : c.nr;
		for (unsigned int a = 0; a < 5; a++) {
			list[i].args[a] = c.a[a];
		}
	}
	return call(__HYPERVISOR_multicall, (unsigned long)list, n, 0, 0);
}

/* No call at all: a store to a page table, for the hypervisor to emulate. */
static void any_store(void)
{
	pte_t *entry = &tables[below(TABLES)][below(512)];

	switch (below(3)) {
	case 0:
		asm volatile(MAY_FAULT("mov %1, %0")
			     : "=m" (*entry) : "r" (any_pte()));
		break;
	case 1:
		asm volatile(MAY_FAULT("movl %1, %0")
			     : "=m" (*entry) : "r" ((uint32_t)any_pte()));
		break;
	default:
		asm volatile(MAY_FAULT("lock cmpxchg %1, %0")
			     : "+m" (*entry) : "r" (any_pte()), "a" (0UL));
	}
	fault_take();
}

static struct call any_call(void)
{
	switch (below(10)) {
	case 0: case 1: case 2:
		return any_mmu_update();
	case 3:
		return any_mmuext();
	case 4:
		return any_memory();
	case 5:
		return any_grant();
	case 6:
		return any_event();
	case 7:
		return any_multicall();
	default:
		return any_other();
	}
}

void fuzz_pools(unsigned int cpus)
{
	nr_cpus = cpus;
	nr_frames = hc_memory_op(XENMEM_maximum_ram_page, NULL);
	for (unsigned int i = 0; i < POOL; i++) {
		pages[i] = page_alloc();
	}
	for (unsigned int i = 0; i < TABLES; i++) {
		tables[i] = table_alloc();
	}
	for (unsigned int i = 0; i < 2 * cpus; i++) {
		scratch_page[i / 2][i % 2] = page_alloc();
		pte_reach(kernel_root, scratch_of(i / 2) + i % 2 * PAGE_SIZE,
			  1);
	}
}

/* A grant may have been mapped and unmapped over the scratch pages. */
static void scratch_mend(void)
{
	unsigned int cpu = this_cpu()->id;
	pte_t *entry = pte_find(kernel_root, scratch(), 1);

	for (unsigned int i = 0; i < 2; i++) {
		pte_t want = pte_make(virt_to_mfn(scratch_page[cpu][i]),
				      PTE_USER);

		if ((entry[i] | PTE_G) != (want | PTE_G) &&
		    hc_update_va_mapping(scratch() + i * PAGE_SIZE, want,
					 UVMF_INVLPG)) {
			panic("the scratch pages are lost");
		}
	}
}

bool fuzz_fault(struct regs *regs)
{
	unsigned long cr2 = this_cpu()->info->arch.cr2;

	/*
	 * A selector that we set as a base lies in an LDT that we changed
	 * since: the vCPU's next turn finds out, and loads null.
	 */
	if (regs->vector == ENTRY_FAILSAFE) {
		return true;
	}
	if (regs->vector != VEC_PF || cr2 < scratch() ||
	    cr2 >= scratch() + 2 * PAGE_SIZE) {
		return false;
	}
	scratch_mend();
	return true;
}

bool fuzz_one(bool trace)
{
	struct call c;
	long ret;

	if (!below(16)) {
		any_store();
		return true;
	}
	scratch_mend();
	c = any_call();
	if (trace) {
		printk("CALL %u: %u(%lx, %lx, %lx, %lx)\n", this_cpu()->id,
		       c.nr, c.a[0], c.a[1], c.a[2], c.a[3]);
	}
	ret = hypercall_nr(c.nr, c.a[0], c.a[1], c.a[2], c.a[3], c.a[4]);
	return ret >= 0;
}
