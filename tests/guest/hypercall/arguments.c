/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Guest memory as an argument, for a call of each kind: where the buffer lies
 * makes no difference as long as it can be read, and written where there is
 * something to write; anywhere else the call fails with -EFAULT. Page tables
 * are memory that can be read and not written. What another vCPU does to the
 * buffer or to its mapping meanwhile changes nothing but that.
 *
 * From <xen/xen.h>: arguments are virtual addresses of the caller's.
 */
#include "common/audit.h"
#include "common/smp.h"

#define FIRST	~0UL	/* the pointer is the first argument */

enum {
	IN = 1, OUT = 2, INOUT = 3,
	PART = 4,	/* which part of it is written is not said */
	QUIET = 8,	/* whatever it says, it does no harm */
};

static union {
	struct evtchn_send send;
	struct evtchn_status status;
	struct sched_poll poll;
	struct callback_register callback;
	struct xen_memory_domain domain;
	struct trap_info trap;
	unsigned long frame;
	struct mmu_update update;
	struct mmuext_op mmuext;
	struct multicall_entry call;
	struct vcpu_set_periodic_timer timer;
	struct vcpu_guest_context context;
	struct physdev_set_iopl iopl;
	struct gnttab_map_grant_ref map;
	struct gnttab_unmap_grant_ref unmap;
	struct gnttab_copy copy;
	struct gnttab_query_size size;
	struct gnttab_get_version version;
	struct xen_feature_info features;
	struct vcpu_runstate_info runstate;
	char text[1024];
} init;

/*
 * A call with an argument of `size` bytes: its result, with the argument that
 * `fill` makes, is always `want`.
 */
static const struct call {
	const char *name;
	unsigned int nr;
	unsigned long cmd, arg2, arg3;	/* arg2: vcpu_op's, or of FIRST */
	size_t size;
	unsigned int kind;
	long want;
	void (*fill)(void);
} calls[];

static void fill_send(void)
{
	init.send.port = 100000;
}

static void fill_poll(void)
{
	init.poll.timeout = 1;
}

static void fill_callback(void)
{
	init.callback.type = 99;
}

static void fill_self(void)
{
	init.domain.domid = DOMID_SELF;
}

static void fill_frame(void)
{
	init.frame = 0xffffffff;
}

static void fill_update(void)
{
	init.update.ptr = 0xfffffffffUL << PAGE_SHIFT;
}

static void fill_mmuext(void)
{
	init.mmuext.cmd = MMUEXT_TLB_FLUSH_ALL;
}

static void fill_call(void)
{
	init.call.op = __HYPERVISOR_xen_version;
	init.call.args[0] = XENVER_version;
}

static void fill_timer(void)
{
	init.timer.period_ns = 1;
}

static void fill_iopl(void)
{
	init.iopl.iopl = 4;
}

static void fill_map(void)
{
	init.map.dom = 999;
	init.map.flags = GNTMAP_host_map;
}

static void fill_unmap(void)
{
	init.unmap.handle = ~0U;
}

static void fill_copy(void)
{
	init.copy.source.domid = init.copy.dest.domid = 999;
	init.copy.flags = GNTCOPY_source_gref | GNTCOPY_dest_gref;
}

static void fill_size(void)
{
	init.size.dom = DOMID_SELF;
}

static void fill_version(void)
{
	init.version.dom = DOMID_SELF;
}

static void fill_status(void)
{
	init.status.dom = DOMID_SELF;
	init.status.port = 1;
}

static void fill_nothing(void)
{
}

#define EVTCHN(name)	"EVTCHNOP_" #name, __HYPERVISOR_event_channel_op, \
			EVTCHNOP_##name, 0, 0
#define GRANT(name)	"GNTTABOP_" #name, __HYPERVISOR_grant_table_op, \
			GNTTABOP_##name, 0, 1
#define VERSION(name)	"XENVER_" #name, __HYPERVISOR_xen_version, \
			XENVER_##name, 0, 0

static const struct call calls[] = {
	{ EVTCHN(send), sizeof(init.send), IN | QUIET, -XEN_EINVAL,
	  fill_send },
	{ EVTCHN(unmask), sizeof(struct evtchn_unmask), IN, -XEN_EINVAL,
	  fill_send },
	{ EVTCHN(close), sizeof(struct evtchn_close), IN, -XEN_EINVAL,
	  fill_send },
	{ EVTCHN(status), sizeof(init.status), INOUT | QUIET, 0,
	  fill_status },
	{ "SCHEDOP_poll", __HYPERVISOR_sched_op, SCHEDOP_poll, 0, 0,
	  sizeof(init.poll), IN, 0, fill_poll },
	{ "CALLBACKOP_register", __HYPERVISOR_callback_op,
	  CALLBACKOP_register, 0, 0, sizeof(init.callback), IN,
	  -XEN_ENOSYS, fill_callback },
	{ "XENMEM_maximum_gpfn", __HYPERVISOR_memory_op, XENMEM_maximum_gpfn,
	  0, 0, sizeof(init.domain), IN | QUIET, 0, fill_self },
	{ "XENMEM_machphys_mapping", __HYPERVISOR_memory_op,
	  XENMEM_machphys_mapping, 0, 0, sizeof(struct xen_machphys_mapping),
	  OUT | QUIET, 0, fill_nothing },
	{ "set_trap_table", __HYPERVISOR_set_trap_table, FIRST, 0, 0,
	  sizeof(init.trap), IN, 0, fill_nothing },
	{ "set_gdt", __HYPERVISOR_set_gdt, FIRST, 1, 0, sizeof(init.frame),
	  IN, -XEN_EINVAL, fill_frame },
	{ "mmu_update", __HYPERVISOR_mmu_update, FIRST, 1, 0,
	  sizeof(init.update), IN, -XEN_EINVAL, fill_update },
	{ "mmuext_op", __HYPERVISOR_mmuext_op, FIRST, 1, 0,
	  sizeof(init.mmuext), IN, 0, fill_mmuext },
	{ "multicall", __HYPERVISOR_multicall, FIRST, 1, 0,
	  sizeof(init.call), INOUT | PART | QUIET, 0, fill_call },
	{ "VCPUOP_set_periodic_timer", __HYPERVISOR_vcpu_op,
	  VCPUOP_set_periodic_timer, 0, 0, sizeof(init.timer), IN,
	  -XEN_EINVAL, fill_timer },
	{ "VCPUOP_initialise", __HYPERVISOR_vcpu_op, VCPUOP_initialise, 0, 0,
	  sizeof(init.context), IN | QUIET, -XEN_EEXIST, fill_nothing },
	{ "VCPUOP_get_runstate_info", __HYPERVISOR_vcpu_op,
	  VCPUOP_get_runstate_info, 0, 0, sizeof(init.runstate), OUT | QUIET,
	  0, fill_nothing },
	{ "PHYSDEVOP_set_iopl", __HYPERVISOR_physdev_op, PHYSDEVOP_set_iopl,
	  0, 0, sizeof(init.iopl), IN, -XEN_EINVAL, fill_iopl },
	{ GRANT(map_grant_ref), sizeof(init.map), INOUT | PART | QUIET, 0,
	  fill_map },
	{ GRANT(unmap_grant_ref), sizeof(init.unmap), INOUT | PART, 0, fill_unmap },
	{ GRANT(copy), sizeof(init.copy), INOUT | PART | QUIET, 0, fill_copy },
	{ GRANT(query_size), sizeof(init.size), INOUT | PART | QUIET, 0,
	  fill_size },
	{ GRANT(get_version), sizeof(init.version), INOUT | PART | QUIET, 0,
	  fill_version },
	{ VERSION(get_features), sizeof(init.features), INOUT | QUIET, 0,
	  fill_nothing },
	{ VERSION(extraversion), sizeof(xen_extraversion_t), OUT | PART, 0,
	  fill_nothing },
	{ VERSION(compile_info), sizeof(struct xen_compile_info),
	  OUT | QUIET, 0, fill_nothing },
	{ VERSION(platform_parameters),
	  sizeof(struct xen_platform_parameters), OUT | QUIET, 0,
	  fill_nothing },
	{ VERSION(guest_handle), sizeof(xen_domain_handle_t), OUT | QUIET, 0,
	  fill_nothing },
};

/* The call, with its argument at `va`, which is not written here. */
static long make(const struct call *c, unsigned long va)
{
	if (c->cmd == FIRST) {
		bool domid = c->nr == __HYPERVISOR_mmu_update ||
			     c->nr == __HYPERVISOR_mmuext_op;

		return hypercall_nr(c->nr, va, c->arg2, 0,
				    domid ? DOMID_SELF : 0, 0);
	}
	if (c->nr == __HYPERVISOR_vcpu_op) {
		return hypercall_nr(c->nr, c->cmd, c->arg2, va, 0, 0);
	}
	return hypercall_nr(c->nr, c->cmd, va, c->arg3, 0, 0);
}

static void fill(const struct call *c)
{
	memset(&init, 0, sizeof(init));
	c->fill();
}

static char *pages[3];

/* Three pages at TEST_VA, and one at TEST_VA2 that is read-only. */
static void begin(void)
{
	for (unsigned int i = 0; i < 3; i++) {
		pages[i] = page_alloc();
		CHECK_EQ(map_page(kernel_root, TEST_VA + i * PAGE_SIZE,
				  pte_make(virt_to_mfn(pages[i]), PTE_KERNEL)),
			 0);
	}
}

static void end(void)
{
	unmap_test_va(TEST_VA);
	for (unsigned int i = 0; i < 3; i++) {
		page_free(pages[i]);
	}
}

static void set_page(unsigned int n, pte_t flags)
{
	CHECK_EQ(hc_update_va_mapping(TEST_VA + n * PAGE_SIZE,
				      flags ? pte_make(virt_to_mfn(pages[n]),
						       flags) : 0,
				      UVMF_INVLPG | UVMF_ALL), 0);
}

/* Written through the kernel's own mapping, which stays as it is. */
static void put(const struct call *c, unsigned int offset)
{
	unsigned int first = offset / PAGE_SIZE, at = offset % PAGE_SIZE;
	unsigned int n = PAGE_SIZE - at < c->size ? PAGE_SIZE - at : c->size;

	fill(c);
	memcpy(pages[first] + at, &init, n);
	for (size_t done = n; done < c->size; done += n) {
		n = c->size - done < PAGE_SIZE ? c->size - done : PAGE_SIZE;
		memcpy(pages[++first], (char *)&init + done, n);
	}
}

/* How far from a page's end arguments are put: each split, or a few. */
static unsigned int step(const struct call *c)
{
	return c->size > 32 ? c->size / 8 : 1;
}

/* `all` of the argument cannot be used so, or none of it, or one part. */
static void check_use(const struct call *c, unsigned int kind,
		      unsigned long va, bool all, bool none)
{
	long got = make(c, va);

	if ((c->kind & (PART | kind)) == (PART | OUT) && !all && !none) {
		CHECK(got == c->want || got == -XEN_EFAULT, "%ld", got);
	} else {
		CHECK_EQ(got, none || !(c->kind & kind) ? c->want :
			 -XEN_EFAULT);
	}
}

/* Split between two pages in each way, whatever these are. */
TEST(argument_split, 0)
{
	begin();
	for (unsigned int i = 0; i < ARRAY_SIZE(calls); i++) {
		const struct call *c = &calls[i];

		for (unsigned int before = 0; before <= c->size &&
		     before < PAGE_SIZE; before += step(c)) {
			unsigned int at = PAGE_SIZE - before;
			bool inside = before >= c->size;

			test_case("%s, %u bytes before the page's end",
				  c->name, before);
			put(c, at);
			CHECK_EQ(make(c, TEST_VA + at), c->want);

			test_case("%s, %u bytes before an unmapped page",
				  c->name, before);
			put(c, at);
			set_page(1, 0);
			check_use(c, INOUT, TEST_VA + at, !before, inside);

			test_case("%s, %u bytes before a read-only page",
				  c->name, before);
			set_page(1, PTE_KERNEL & ~PTE_RW);
			put(c, at);
			check_use(c, OUT, TEST_VA + at, !before, inside);
			set_page(1, PTE_KERNEL);

			if (!before) {
				continue;
			}
			test_case("%s, the first %u bytes unmapped", c->name,
				  before);
			set_page(0, 0);
			check_use(c, INOUT, TEST_VA + at, true, false);
			test_case("%s, the first %u bytes read-only", c->name,
				  before);
			set_page(0, PTE_KERNEL & ~PTE_RW);
			put(c, at);
			check_use(c, OUT, TEST_VA + at, inside, false);
			set_page(0, PTE_KERNEL);
		}
	}
	end();
}

/* Addresses that no guest has, and those that begin before or end in them. */
TEST(argument_wild, 0)
{
	static const struct {
		const char *name;
		unsigned long va;
		bool across;	/* also just before it */
	} places[] = {
		{ "no tables", TEST_VA2, false },
		{ "the end of the lower half", 0x0000800000000000, true },
		{ "not canonical", 0x1234567800000000, false },
		{ "the hypervisor's range", 0xffff800000000000, true },
		{ "the M2P", MACH2PHYS_VIRT_START + 4096, false },
		{ "the hypervisor's data", 0xffff830000000000, true },
		{ "the end of its range", 0xffff880000000000 - PAGE_SIZE,
		  true },
		{ "the last page", 0xfffffffffffff000, false },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(calls); i++) {
		const struct call *c = &calls[i];

		for (unsigned int k = 0; k < ARRAY_SIZE(places); k++) {
			test_case("%s, %s", c->name, places[k].name);
			CHECK_EQ(make(c, places[k].va), -XEN_EFAULT);
			if (places[k].across) {
				CHECK_EQ(make(c, places[k].va - 1),
					 -XEN_EFAULT);
			}
		}
		test_case("%s, the last bytes", c->name);
		CHECK_EQ(make(c, -(unsigned long)c->size), -XEN_EFAULT);
		CHECK_EQ(make(c, -1UL), -XEN_EFAULT);
	}
}

/* Into one's own page tables, of each level: refused, and nothing changed. */
TEST(argument_own_tables, 0)
{
	begin();
	for (int level = 1; level <= 4; level++) {
		pte_t *entry = pte_find(kernel_root, TEST_VA, level);
		pte_t *table = (pte_t *)((unsigned long)entry & PAGE_MASK);
		static pte_t copy[512];

		memcpy(copy, table, PAGE_SIZE);
		for (unsigned int i = 0; i < ARRAY_SIZE(calls); i++) {
			const struct call *c = &calls[i];

			if (!(c->kind & OUT) || c->size > PAGE_SIZE) {
				continue;
			}
			test_case("%s, a table of level %d", c->name, level);
			CHECK(make(c, (unsigned long)entry & PAGE_MASK) < 0);
			if (!(c->kind & IN)) {
				CHECK_EQ(make(c, (unsigned long)entry),
					 -XEN_EFAULT);
				CHECK_EQ(make(c, (unsigned long)table +
					      PAGE_SIZE - c->size),
					 -XEN_EFAULT);
			}
			CHECK_EQ(memcmp(table, copy, PAGE_SIZE), 0);
		}
	}
	end();
}

/*
 * Requests read from a page table are as good as any; counts are not put.
 *
 * Differs from Xen 4.17: where the count cannot be put the call is -EFAULT,
 * with the requests done; Xen says nothing of it.
 */
TEST(argument_requests_in_table, 0)
{
	struct mmu_update *req = page_alloc();
	pte_t *table = table_alloc();
	void *page = page_alloc();
	pte_t want = pte_make(virt_to_mfn(page), PTE_USER);
	unsigned int done = 99;

	CHECK_EQ(mmuext(MMUEXT_PIN_L1_TABLE, virt_to_mfn(table)), 0);
	/* As an L1: two entries that are not present, one that is. */
	req[0].ptr = virt_to_maddr(&table[5]);
	req[0].val = want;
	CHECK_EQ(page_set_writable(req, false), 0);
	CHECK_EQ(mmuext(MMUEXT_PIN_L1_TABLE, virt_to_mfn(req)), 0);
	test_case("requests in a table");
	CHECK_EQ(hc_mmu_update(req, 1, &done, DOMID_SELF), 0);
	CHECK_EQ(done, 1);
	CHECK_EQ(pte_mfn(table[5]), virt_to_mfn(page));
	test_case("the count in a table");
	CHECK_EQ(hc_mmu_update(req, 1, (unsigned int *)&table[6], DOMID_SELF),
		 on_paravane() ? -XEN_EFAULT : 0);
	CHECK_EQ(table[6], 0);
	CHECK_EQ(mmuext(MMUEXT_UNPIN_TABLE, virt_to_mfn(req)), 0);
	CHECK_EQ(pte_write(&table[5], 0), 0);
	CHECK_EQ(mmuext(MMUEXT_UNPIN_TABLE, virt_to_mfn(table)), 0);
	table_free((pte_t *)req);
	table_free(table);
	page_free(page);
}

/* A call that takes away the page in which its own argument is. */
TEST(argument_unmaps_itself, 0)
{
	struct mmu_update *req = (struct mmu_update *)(TEST_VA + 64);
	volatile unsigned int *done = (unsigned int *)TEST_VA;
	pte_t *l1;

	begin();
	l1 = pte_find(kernel_root, TEST_VA, 1);
	for (unsigned int how = 0; how < 2; how++) {
		struct mmu_update *mine = (void *)(pages[0] + 64);
		volatile unsigned int *count = (unsigned int *)pages[0];
		long err;

		test_case("%s", how ? "read-only" : "unmapped");
		mine[0].ptr = virt_to_maddr(&l1[0]);
		mine[0].val = how ? pte_make(virt_to_mfn(pages[0]),
					     PTE_KERNEL & ~PTE_RW) : 0;
		mine[1].ptr = virt_to_maddr(&l1[5]);
		mine[1].val = 0x1230;
		*count = 99;
		err = hc_mmu_update(req, 2, (unsigned int *)done, DOMID_SELF);
		CHECK(!err || err == -XEN_EFAULT, "%ld", err);
		/* The second was done, or it could not be read. */
		CHECK(l1[5] == 0x1230 || (!how && !l1[5]));
		CHECK(*count == 99 || *count == 2 || *count == 1);
		CHECK_EQ(pte_write(&l1[5], 0), 0);
		set_page(0, PTE_KERNEL);
	}
	end();
}

static void flip_mapping(void *arg)
{
	static unsigned int n;
	static const pte_t flags[] = {
		PTE_KERNEL, 0, PTE_KERNEL, PTE_KERNEL & ~PTE_RW,
	};
	pte_t now = flags[n++ % 4];

	(void)arg;
	hc_update_va_mapping(TEST_VA, now ? pte_make(virt_to_mfn(pages[0]),
						     now) : 0,
			     UVMF_INVLPG | UVMF_ALL);
}

/* Its mapping comes and goes: the result, or -EFAULT. */
TEST(argument_mapping_races, 0)
{
	unsigned int good = 0, bad = 0, wrong = 0;

	need_two_vcpus();
	begin();
	other_begin(flip_mapping, NULL);
	for (unsigned int round = 0; race_goes_on(round, 10, good && bad);
	     round++) {
		for (unsigned int i = 0; i < ARRAY_SIZE(calls); i++) {
			const struct call *c = &calls[i];
			long got;

			if (c->size > PAGE_SIZE) {
				continue;
			}
			put(c, 0);
			got = make(c, TEST_VA);
			good += got == c->want;
			bad += got == -XEN_EFAULT;
			if (got != c->want && got != -XEN_EFAULT) {
				test_case("%s gives %ld", c->name, got);
				wrong++;
			}
		}
	}
	CHECK_EQ(wrong, 0);
	other_end();
	CHECK(good > 0);
	CHECK(bad > 0);
	end();
}

static void scribble(void *arg)
{
	const struct call *c = *(const struct call *volatile *)arg;
	volatile unsigned char *p = (unsigned char *)pages[0];

	for (unsigned int i = 0; i < c->size && i < 256; i++) {
		p[i] = ~((unsigned char *)&init)[i];
	}
	for (unsigned int i = 0; i < c->size && i < 256; i++) {
		p[i] = ((unsigned char *)&init)[i];
	}
	for (unsigned int i = 0; i < 200; i++) {
		cpu_relax();
	}
}

/*
 * Its contents change, byte by byte, while the call reads and writes them: it
 * may give any of its results. What it must not do is give the hypervisor two
 * ideas of one value, which the recount behind the test would show.
 */
TEST(argument_contents_race, 0)
{
	static const struct call *volatile now = &calls[0];

	need_two_vcpus();
	begin();
	fill(&calls[0]);
	other_begin(scribble, (void *)&now);
	for (unsigned int i = 0; i < ARRAY_SIZE(calls); i++) {
		const struct call *c = &calls[i];
		uint64_t limit = clock_ns() + 3 * NSEC_PER_SEC;
		unsigned int as_filled = 0;

		if (!(c->kind & QUIET) || c->size > PAGE_SIZE) {
			continue;
		}
		test_case("%s", c->name);
		fill(c);
		now = c;
		for (unsigned int round = 0; round < 200 ||
		     (!as_filled && clock_ns() < limit); round++) {
			as_filled += make(c, TEST_VA) == c->want;
		}
		CHECK(as_filled > 0);
	}
	other_end();
	end();
}
