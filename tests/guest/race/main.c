/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Two vCPUs of one domain do to the same thing what each may do alone: page
 * table entries, pins, grants, ports, and arguments that change while they are
 * read. Each call gives a result that one of the two orders gives, arguments
 * are taken once, and in the end every count is what it was.
 *
 * From <xen/xen.h>: an argument is checked as it is used.
 */
#include "common/audit.h"
#include "common/smp.h"
#include "common/snippet.h"

#define ROUNDS	3000

static char *page_a, *page_b;
static pte_t *table;

static void begin(void)
{
	page_a = page_alloc();
	page_b = page_alloc();
	table = table_alloc();
	need_two_vcpus();
}

static void end(void)
{
	check_unreferenced(page_a);
	check_unreferenced(page_b);
	table_free(table);
	page_free(page_a);
	page_free(page_b);
}

static void write_entry(unsigned int i)
{
	pte_t values[] = {
		pte_make(virt_to_mfn(page_a), PTE_USER),
		pte_make(virt_to_mfn(page_b), PTE_USER), 0,
		pte_make(virt_to_mfn(page_a), PTE_USER & ~PTE_RW),
	};

	pte_write(&table[i % 3], values[i / 3 % 4]);
}

static void write_entries(void *arg)
{
	(void)arg;
	for (unsigned int i = 0; i < 12; i++) {
		write_entry(i * 7);
	}
}

/* The same entries of one L1, each holding a page for writing or not. */
TEST(race_entries, 0)
{
	begin();
	CHECK_EQ(mmuext(MMUEXT_PIN_L1_TABLE, virt_to_mfn(table)), 0);
	other_begin(write_entries, NULL);
	for (unsigned int i = 0; race_goes_on(i, ROUNDS, true); i++) {
		write_entry(i);
	}
	CHECK(other_end() > 0);
	for (unsigned int i = 0; i < 3; i++) {
		CHECK_EQ(pte_write(&table[i], 0), 0);
	}
	CHECK_EQ(mmuext(MMUEXT_UNPIN_TABLE, virt_to_mfn(table)), 0);
	end();
}

static volatile unsigned long given;

static void make_read_only(void *arg)
{
	unsigned long mfn = given;

	(void)arg;
	if (mfn) {
		pte_write(&table[0], pte_make(mfn, PTE_USER & ~PTE_RW));
	}
}

/* One page, of those that the domain may have, is not there: *mfn was it. */
static struct xen_memory_reservation hole;

static void *hole_make(xen_pfn_t *mfn)
{
	void *page = page_alloc();

	*mfn = virt_to_mfn(page);
	hole = (struct xen_memory_reservation){
		.nr_extents = 1, .domid = DOMID_SELF,
	};
	set_xen_guest_handle(hole.extent_start, mfn);
	CHECK_EQ(hc_update_va_mapping((unsigned long)page, 0, UVMF_INVLPG), 0);
	CHECK_EQ(hc_memory_op(XENMEM_decrease_reservation, &hole), 1);
	return page;
}

static void hole_fill(void *page, xen_pfn_t *mfn)
{
	*mfn = virt_to_pfn(page);
	CHECK_EQ(hc_memory_op(XENMEM_populate_physmap, &hole), 1);
	p2m[virt_to_pfn(page)] = *mfn;
	CHECK_EQ(hc_update_va_mapping((unsigned long)page,
				      pte_make(*mfn, PTE_KERNEL), UVMF_INVLPG),
		 0);
	page_free(page);
}

/*
 * One makes an entry read-only, the other takes it out and gives the page up:
 * the page goes when both have done with it.
 */
TEST(race_given_up, 0)
{
	unsigned int times = 0, wrong = 0;
	xen_pfn_t mfn;
	void *page;

	begin();
	page = hole_make(&mfn);
	CHECK_EQ(mmuext(MMUEXT_PIN_L1_TABLE, virt_to_mfn(table)), 0);
	given = 0;
	other_begin(make_read_only, NULL);
	for (unsigned int i = 0; race_goes_on(i, ROUNDS / 20, times); i++) {
		/* Not to be had while an entry keeps the last one. */
		if (hc_memory_op(XENMEM_increase_reservation, &hole) == 1) {
			times++;
			wrong += pte_write(&table[0],
					   pte_make(mfn, PTE_USER)) != 0;
			given = mfn;
			for (unsigned int n = i % 64; n; n--) {
				cpu_relax();
			}
			wrong += hc_memory_op(XENMEM_decrease_reservation,
					      &hole) != 1;
			given = 0;
		}
		wrong += pte_write(&table[0], 0) != 0;
	}
	other_end();
	CHECK(times > 0);
	CHECK_EQ(wrong, 0);
	CHECK_EQ(pte_write(&table[0], 0), 0);
	CHECK_EQ(mmuext(MMUEXT_UNPIN_TABLE, virt_to_mfn(table)), 0);
	hole_fill(page, &mfn);
	end();
}

/* The one that came last, which is given out first. */
static void give_back(void *arg)
{
	xen_pfn_t mfn = given;
	struct xen_memory_reservation its = {
		.nr_extents = 1, .domid = DOMID_SELF,
	};

	(void)arg;
	set_xen_guest_handle(its.extent_start, &mfn);
	hc_memory_op(XENMEM_decrease_reservation, &its);
}

/* A page given back while it comes: it has no name when it is not ours. */
TEST(race_name, 0)
{
	unsigned int times = 0, named = 0;
	xen_pfn_t mfn;
	void *page;

	need_two_vcpus();
	if (!on_paravane()) {
		test_skip("it writes a line for each page that it refuses");
	}
	page = hole_make(&mfn);
	given = mfn;
	other_begin(give_back, NULL);
	for (unsigned int i = 0; !named && race_goes_on(i, ROUNDS / 20, times);
	     i++) {
		mfn = virt_to_pfn(page);
		if (hc_memory_op(XENMEM_populate_physmap, &hole) == 1) {
			times++;
			given = mfn;
			hc_memory_op(XENMEM_decrease_reservation, &hole);
			/* The other may have the last of it for a moment. */
			for (unsigned int n = 0; m2p[mfn] != ~0UL &&
						 n < 1000000; n++) {
				cpu_relax();
			}
			named += m2p[mfn] != ~0UL;
		}
	}
	other_end();
	CHECK(times > 0);
	CHECK_EQ(named, 0);
	hole_fill(page, &mfn);
}

static void pin_unpin(void *arg)
{
	(void)arg;
	mmuext(MMUEXT_PIN_L1_TABLE, virt_to_mfn(table));
	mmuext(MMUEXT_UNPIN_TABLE, virt_to_mfn(table));
}

/* One pin at a time; and no unpin that was not pinned. */
TEST(race_pin, 0)
{
	unsigned int pins = 0;

	begin();
	other_begin(pin_unpin, NULL);
	for (unsigned int i = 0; race_goes_on(i, ROUNDS / 10, pins); i++) {
		int err = mmuext(MMUEXT_PIN_L1_TABLE, virt_to_mfn(table));

		pins += !err;
		CHECK(!err || err == -XEN_EINVAL, "%d", err);
		err = mmuext(MMUEXT_UNPIN_TABLE, virt_to_mfn(table));
		CHECK(!err || err == -XEN_EINVAL, "%d", err);
	}
	other_end();
	mmuext(MMUEXT_UNPIN_TABLE, virt_to_mfn(table));
	CHECK_EQ(mmuext(MMUEXT_UNPIN_TABLE, virt_to_mfn(table)), -XEN_EINVAL);
	CHECK(pins > 0);
	end();
}

static void map_writable(void *arg)
{
	unsigned long va = (unsigned long)arg;

	hc_update_va_mapping(va, pte_make(virt_to_mfn(table), PTE_USER),
			     UVMF_INVLPG);
	hc_update_va_mapping(va, 0, UVMF_INVLPG | UVMF_ALL);
}

/* A page is a table or writable, whoever comes first, never both. */
TEST(race_table_or_writable, 0)
{
	unsigned int pins = 0, both = 0;
	pte_t *entry;

	begin();
	entry = pte_reach(kernel_root, TEST_VA, 1);
	other_begin(map_writable, (void *)TEST_VA);
	for (unsigned int i = 0; race_goes_on(i, ROUNDS / 5, pins); i++) {
		if (mmuext(MMUEXT_PIN_L1_TABLE, virt_to_mfn(table))) {
			continue;
		}
		pins++;
		both += (READ_ONCE(*entry) & (PTE_P | PTE_RW)) ==
			(PTE_P | PTE_RW);
		CHECK_EQ(mmuext(MMUEXT_UNPIN_TABLE, virt_to_mfn(table)), 0);
	}
	other_end();
	CHECK_EQ(both, 0);
	CHECK(pins > 0);
	unmap_test_va(TEST_VA);
	end();
}

static volatile struct mmu_update request;

static void flip_value(void *arg)
{
	static unsigned int n;
	unsigned long mfns[] = {
		virt_to_mfn(page_a), virt_to_mfn(table), hypervisor_mfn(),
	};

	(void)arg;
	request.val = pte_make(mfns[n++ % 3], PTE_USER);
}

/* A request whose value turns good and bad: what is checked is what is set. */
TEST(race_request, 0)
{
	unsigned int good = 0, wrong = 0;

	begin();
	CHECK_EQ(mmuext(MMUEXT_PIN_L1_TABLE, virt_to_mfn(table)), 0);
	request.ptr = virt_to_maddr(&table[5]);
	other_begin(flip_value, NULL);
	for (unsigned int i = 0; race_goes_on(i, ROUNDS, good); i++) {
		int err = hc_mmu_update((const struct mmu_update *)&request, 1,
					NULL, DOMID_SELF);
		pte_t now = table[5];

		good += !err;
		wrong += (now & PTE_P) && pte_mfn(now) != virt_to_mfn(page_a);
	}
	other_end();
	CHECK_EQ(wrong, 0);
	CHECK(good > 0);
	CHECK_EQ(pte_write(&table[5], 0), 0);
	CHECK_EQ(mmuext(MMUEXT_UNPIN_TABLE, virt_to_mfn(table)), 0);
	end();
}

static volatile struct mmu_update where;

static void flip_pointer(void *arg)
{
	static unsigned int n;
	uint64_t pointers[] = {
		virt_to_maddr(&table[7]), hypervisor_mfn() << PAGE_SHIFT,
		virt_to_maddr(&table[8]) | 1,	/* another command */
		~0UL << PAGE_SHIFT,
	};

	(void)arg;
	where.ptr = pointers[n++ % 4];
}

TEST(race_request_pointer, 0)
{
	unsigned int good = 0;

	begin();
	CHECK_EQ(mmuext(MMUEXT_PIN_L1_TABLE, virt_to_mfn(table)), 0);
	where.val = 0;
	other_begin(flip_pointer, NULL);
	for (unsigned int i = 0; race_goes_on(i, ROUNDS, good); i++) {
		good += !hc_mmu_update((const struct mmu_update *)&where, 1,
				       NULL, DOMID_SELF);
	}
	other_end();
	CHECK(good > 0);
	/* The second command changes a number in the M2P, for this table. */
	{
		struct mmu_update back = {
			.ptr = (virt_to_mfn(table) << PAGE_SHIFT) |
			       MMU_MACHPHYS_UPDATE,
			.val = virt_to_pfn(table),
		};

		CHECK_EQ(hc_mmu_update(&back, 1, NULL, DOMID_SELF), 0);
	}
	CHECK_EQ(mmuext(MMUEXT_UNPIN_TABLE, virt_to_mfn(table)), 0);
	end();
}

static struct multicall_entry entries[8];

static void flip_calls(void *arg)
{
	(void)arg;
	for (unsigned int i = 0; i < 8; i++) {
		WRITE_ONCE(entries[i].op, 99);
		WRITE_ONCE(entries[i].args[0], 999);
		WRITE_ONCE(entries[i].op, __HYPERVISOR_xen_version);
		WRITE_ONCE(entries[i].args[0], XENVER_version);
	}
}

TEST(race_multicall, 0)
{
	unsigned int wrong = 0, good = 0;

	for (unsigned int i = 0; i < 8; i++) {
		entries[i].op = __HYPERVISOR_xen_version;
	}
	other_begin(flip_calls, NULL);
	for (unsigned int i = 0; race_goes_on(i, ROUNDS / 2, good); i++) {
		CHECK_EQ(hc_multicall(entries, 8), 0);
		for (unsigned int k = 0; k < 8; k++) {
			long r = entries[k].result;

			good += r == (4 << 16 | 17);
			wrong += r != (4 << 16 | 17) && r != -XEN_ENOSYS;
		}
	}
	other_end();
	CHECK_EQ(wrong, 0);
	CHECK(good > 0);
}

static volatile struct gnttab_copy copy;

static void flip_length(void *arg)
{
	(void)arg;
	copy.len = 16;
	copy.len = 4000;
	copy.dest.offset = 4090;
	copy.dest.offset = 64;
}

/* A copy whose length and offset change stays in its page. */
TEST(race_grant_copy, 0)
{
	unsigned int good = 0, wrong = 0;
	char *guard;
	grant_ref_t from, to;

	begin();
	guard = page_alloc();
	memset(page_a, 'x', PAGE_SIZE);
	from = grant_access(0, page_a, true);
	to = grant_access(0, page_b, false);
	if (!is_initial_domain()) {
		test_skip("this domain does not know its number");
	}
	copy.source.u.ref = from;
	copy.dest.u.ref = to;
	copy.flags = GNTCOPY_source_gref | GNTCOPY_dest_gref;
	copy.dest.offset = 64;
	copy.len = 16;
	other_begin(flip_length, NULL);
	for (unsigned int i = 0; race_goes_on(i, ROUNDS, good); i++) {
		hc_grant_table_op(GNTTABOP_copy, (void *)&copy, 1);
		good += copy.status == GNTST_okay;
		wrong += page_b[0] != 0;
	}
	other_end();
	for (unsigned int i = 0; i < PAGE_SIZE; i++) {
		wrong += guard[i] != 0;
	}
	CHECK_EQ(wrong, 0);
	CHECK(good > 0);
	CHECK(grant_revoke(from));
	CHECK(grant_revoke(to));
	page_free(guard);
	end();
}

static volatile struct grant_entry_v1 *entry;

/* The granter gives and takes; it may take only what nobody uses. */
static void give_and_take(void *arg)
{
	unsigned short flags = GTF_permit_access;

	(void)arg;
	entry->flags = flags;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	while (!__atomic_compare_exchange_n(&entry->flags, &flags, 0, false,
					    __ATOMIC_SEQ_CST,
					    __ATOMIC_SEQ_CST)) {
		flags = GTF_permit_access;
		cpu_relax();
	}
}

TEST(race_grant_revoke, 0)
{
	unsigned int maps = 0, unused = 0;
	grant_ref_t ref;

	begin();
	if (!is_initial_domain()) {
		test_skip("this domain does not know its number");
	}
	ref = grant_access(0, page_a, false);
	entry = grant_table() + ref;
	pte_reach(kernel_root, TEST_VA, 1);
	other_begin(give_and_take, NULL);
	for (unsigned int i = 0; race_goes_on(i, ROUNDS / 2, maps); i++) {
		struct gnttab_map_grant_ref map = {
			.host_addr = TEST_VA, .ref = ref, .dom = 0,
			.flags = GNTMAP_host_map,
		};
		struct gnttab_unmap_grant_ref un = { .host_addr = TEST_VA };

		hc_grant_table_op(GNTTABOP_map_grant_ref, &map, 1);
		if (map.status != GNTST_okay) {
			continue;
		}
		maps++;
		/* While it is mapped, the entry says so. */
		unused += !(entry->flags & GTF_writing);
		un.handle = map.handle;
		hc_grant_table_op(GNTTABOP_unmap_grant_ref, &un, 1);
		CHECK_EQ(un.status, GNTST_okay);
	}
	other_end();
	CHECK_EQ(unused, 0);
	CHECK(maps > 0);
	CHECK_EQ(entry->flags & (GTF_reading | GTF_writing), 0);
	grant_revoke(ref);
	entry->flags = 0;
	unmap_test_va(TEST_VA);
	end();
}

static void make_pair(void *arg)
{
	int a = event_alloc_unbound(DOMID_SELF, DOMID_SELF), b;

	if (a <= 0) {
		return;
	}
	b = event_bind_interdomain(DOMID_SELF, a);
	if (b > 0 && arg) {
		event_close(b);
	}
	event_close(a);
	if (b > 0 && !arg) {
		event_close(b);
	}
}

/* Ports bound and closed from two sides; the harness counts what is left. */
TEST(race_ports, 0)
{
	other_begin(make_pair, (void *)1);
	for (unsigned int i = 0; race_goes_on(i, ROUNDS / 3, true); i++) {
		make_pair(NULL);
	}
	CHECK(other_end() > 0);
}

static volatile int shared_port;

static void close_and_bind(void *arg)
{
	static unsigned int n;

	(void)arg;
	if (n++ % 2) {
		event_close(shared_port);
	} else {
		shared_port = event_bind_ipi(0);
	}
}

/* Sends to a port that comes and goes: done, or refused. */
TEST(race_send, 0)
{
	unsigned int done = 0;

	shared_port = 1023;
	other_begin(close_and_bind, NULL);
	for (unsigned int i = 0; race_goes_on(i, ROUNDS, done); i++) {
		int err = event_send(shared_port);

		done += !err;
		CHECK(!err || err == -XEN_EINVAL, "%d", err);
	}
	other_end();
	CHECK(done > 0);
	if (!event_close(shared_port)) {
		event_clear(shared_port);
	}
}

static unsigned char *code;

/* mov %cr0, %rax; mov %cr3, %rax; and in between, no instruction that is. */
static void flip_code(void *arg)
{
	(void)arg;
	__atomic_store_n(&code[2], 0xc0, __ATOMIC_SEQ_CST);
	__atomic_store_n(&code[2], 0xd8, __ATOMIC_SEQ_CST);
	__atomic_store_n(&code[1], 0x0b, __ATOMIC_SEQ_CST);	/* ud2 */
	__atomic_store_n(&code[1], 0x20, __ATOMIC_SEQ_CST);
}

/* An instruction that another vCPU changes while it is emulated. */
TEST(race_emulated_instruction, 0)
{
	static const unsigned char bytes[] = { 0x0f, 0x20, 0xc0, 0xc3 };
	unsigned int cr0 = 0, cr3 = 0, faults = 0, wrong = 0;

	code = page_alloc();
	memcpy(code, bytes, sizeof(bytes));
	other_begin(flip_code, NULL);
	for (unsigned int i = 0; race_goes_on(i, ROUNDS / 3, cr0 && cr3); i++) {
		const struct sighting *seen = kernel_watch((snippet_fn)code, 0);
		uint64_t got = snippet_result();

		if (seen->vector != -1) {
			wrong += seen->vector != VEC_UD &&
				 seen->vector != VEC_GP;
			faults++;
		} else if (xen_cr3_to_pfn(got) == virt_to_mfn(kernel_root)) {
			cr3++;
		} else {
			wrong += !(got & 1);
			cr0++;
		}
	}
	other_end();
	CHECK_EQ(wrong, 0);
	CHECK(cr0 && cr3, "%u, %u, %u faults", cr0, cr3, faults);
	page_free(code);
}

static volatile unsigned long count;

static void add_one(void *arg)
{
	(void)arg;
	count++;
	hc_xen_version(XENVER_version, NULL);
}

/* Taken down and up again at any moment: while it is down it does nothing. */
TEST(race_vcpu_down, 0)
{
	unsigned int moved = 0;

	other_begin(add_one, NULL);
	for (unsigned int i = 0; i < 100; i++) {
		unsigned long now;

		CHECK_EQ(hc_vcpu_op(VCPUOP_down, 1, NULL), 0);
		now = count;
		clock_spin(20 * NSEC_PER_USEC);
		moved += count != now;
		CHECK_EQ(hc_vcpu_op(VCPUOP_up, 1, NULL), 0);
	}
	CHECK_EQ(moved, 0);
	other_round();
	other_end();
}

static long get_context(unsigned int vcpu, struct vcpu_guest_context *to)
{
	struct xen_domctl op = {
		.cmd = XEN_DOMCTL_getvcpucontext,
		.interface_version = XEN_DOMCTL_INTERFACE_VERSION,
		.u.vcpucontext.vcpu = vcpu,
	};

	set_xen_guest_handle(op.u.vcpucontext.ctxt, to);
	return hc_domctl(&op);
}

static void get_first_context(void *arg)
{
	get_context(0, arg);
}

/*
 * Two vCPUs of domain 0, each of which wants to see the other stand still.
 *
 * Differs from Xen 4.17: a domain does not get its own vCPUs' contexts, as it
 * does not set them; Xen has all domctls wait for each other instead.
 */
TEST(race_contexts, 0)
{
	static struct vcpu_guest_context mine, others;

	other_begin(get_first_context, &others);
	for (unsigned int i = 0; race_goes_on(i, ROUNDS / 10, true); i++) {
		CHECK_EQ(get_context(1, &mine),
			 on_paravane() ? -XEN_EINVAL : 0);
	}
	CHECK(other_end() > 0);
}
