/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Grants between two domains that wish each other ill: every way of mapping in
 * both directions, the flags that the entry shows meanwhile, handles of
 * others, an entry that its owner rewrites while it is in use, rights that the
 * other side widens by itself, a race for a page, and a domain that dies in
 * the middle of all of it.
 *
 * From <xen/grant_table.h>.
 */
#include "common/peer.h"

#define IN_USE	(GTF_reading | GTF_writing)

/* Where the other domain maps ours, and its entry for that. */
#define ITS_VA	peer_va(PEER_SHARED)

static struct peer p;

static int map_here(struct gnttab_map_grant_ref *op)
{
	op->status = 99;
	CHECK_EQ(hc_grant_table_op(GNTTABOP_map_grant_ref, op, 1), 0);
	return op->status;
}

static int unmap_here(uint64_t addr, grant_handle_t handle)
{
	struct gnttab_unmap_grant_ref op = {
		.host_addr = addr, .handle = handle, .status = 99,
	};

	CHECK_EQ(hc_grant_table_op(GNTTABOP_unmap_grant_ref, &op, 1), 0);
	return op.status;
}

static int map_there(struct gnttab_map_grant_ref *op)
{
	op->status = 99;
	CHECK_EQ(peer_op(&p, __HYPERVISOR_grant_table_op,
			 GNTTABOP_map_grant_ref, op, sizeof(*op)), 0);
	return op->status;
}

static int unmap_there(uint64_t addr, grant_handle_t handle)
{
	struct gnttab_unmap_grant_ref op = {
		.host_addr = addr, .handle = handle, .status = 99,
	};

	CHECK_EQ(peer_op(&p, __HYPERVISOR_grant_table_op,
			 GNTTABOP_unmap_grant_ref, &op, sizeof(op)), 0);
	return op.status;
}

static volatile struct grant_entry_v1 *its_grant(grant_ref_t ref,
						 unsigned int n, bool readonly)
{
	volatile struct grant_entry_v1 *e = peer_grant_table(&p) + ref;

	e->domid = 0;
	e->frame = p.mfn[n];
	e->flags = GTF_permit_access | (readonly ? GTF_readonly : 0);
	return e;
}

/* Rights, kinds of address, directions; what the entry's flags say. */
TEST(peer_grant_every_way, 0)
{
	unsigned char *page = page_alloc(), byte;
	volatile struct grant_entry_v1 *e;

	peer_create(&p);
	pte_reach(kernel_root, TEST_VA, 1);
	for (unsigned int way = 0; way < 16; way++) {
		bool granted_ro = way & 1, mapped_ro = way & 2;
		bool by_pte = way & 4, from_us = way & 8;
		bool ok = mapped_ro || !granted_ro;
		struct gnttab_map_grant_ref op = {
			.flags = GNTMAP_host_map |
				 (mapped_ro ? GNTMAP_readonly : 0) |
				 (by_pte ? GNTMAP_contains_pte : 0),
		};
		grant_ref_t ref = 11;
		unsigned char *granted;

		test_case("%s, %s granted, %s mapped, %s",
			  from_us ? "ours" : "its own",
			  granted_ro ? "read-only" : "writable",
			  mapped_ro ? "read-only" : "writable",
			  by_pte ? "by entry" : "by address");
		if (from_us) {
			ref = grant_access(p.id, page, granted_ro);
			e = grant_table() + ref;
			granted = page;
			op.host_addr = by_pte ? p.mfn[PEER_L1] * PAGE_SIZE +
				PEER_SHARED * sizeof(pte_t) : ITS_VA;
		} else {
			e = its_grant(ref, PEER_DATA + 2, granted_ro);
			granted = peer_page(&p, PEER_DATA + 2);
			op.dom = p.id;
			op.host_addr = by_pte ? virt_to_maddr(
				pte_find(kernel_root, TEST_VA, 1)) : TEST_VA;
		}
		op.ref = ref;
		granted[7] = 'g';
		CHECK_EQ(from_us ? map_there(&op) : map_here(&op),
			 ok ? GNTST_okay : GNTST_general_error);
		CHECK_EQ(e->flags & IN_USE, !ok ? 0 : mapped_ro ? GTF_reading :
			 IN_USE);
		if (ok && from_us) {
			CHECK_EQ(peer_read(&p, ITS_VA + 7, &byte), -1);
			CHECK_EQ(byte, 'g');
			CHECK_EQ(peer_write(&p, ITS_VA + 7, 'h'),
				 mapped_ro ? VEC_PF : -1);
			CHECK_EQ(granted[7], mapped_ro ? 'g' : 'h');
			CHECK_EQ(unmap_there(op.host_addr, op.handle),
				 GNTST_okay);
			CHECK_EQ(peer_read(&p, ITS_VA + 7, &byte), VEC_PF);
		} else if (ok) {
			CHECK_EQ(((volatile char *)TEST_VA)[7], 'g');
			CHECK_EQ(try_write((void *)(TEST_VA + 7)).vector,
				 mapped_ro ? VEC_PF : -1);
			CHECK_EQ(unmap_here(op.host_addr, op.handle),
				 GNTST_okay);
			CHECK_EQ(try_read((void *)TEST_VA).vector, VEC_PF);
		}
		CHECK_EQ(e->flags & IN_USE, 0);
		if (from_us) {
			CHECK(grant_revoke(ref));
		} else {
			e->flags = 0;
		}
	}
	unmap_test_va(TEST_VA);
	peer_destroy(&p);
	check_unreferenced(page);
	page_free(page);
}

/*
 * One grant mapped three times, writable, writable, read-only, given up in
 * every order: "writing" lasts as long as a writable mapping, "reading" as
 * long as any.
 */
TEST(peer_grant_double_map, 0)
{
	static const unsigned char orders[6][3] = {
		{ 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 }, { 1, 2, 0 },
		{ 2, 0, 1 }, { 2, 1, 0 },
	};
	volatile struct grant_entry_v1 *e;

	peer_create(&p);
	pte_reach(kernel_root, TEST_VA, 1);
	e = its_grant(11, PEER_DATA + 2, false);
	for (unsigned int o = 0; o < ARRAY_SIZE(orders); o++) {
		struct gnttab_map_grant_ref op[3];
		unsigned int writers = 2, all = 3;

		test_case("order %u", o);
		for (unsigned int i = 0; i < 3; i++) {
			op[i] = (struct gnttab_map_grant_ref) {
				.host_addr = TEST_VA + i * PAGE_SIZE,
				.dom = p.id, .ref = 11,
				.flags = GNTMAP_host_map |
					 (i == 2 ? GNTMAP_readonly : 0),
			};
			CHECK_EQ(map_here(&op[i]), GNTST_okay);
		}
		for (unsigned int i = 0; i < 3; i++) {
			unsigned int which = orders[o][i];

			CHECK_EQ(unmap_here(op[which].host_addr,
					    op[which].handle), GNTST_okay);
			writers -= which != 2;
			all--;
			CHECK_EQ(e->flags & IN_USE,
				 (writers ? GTF_writing : 0) |
				 (all ? GTF_reading : 0));
		}
	}
	unmap_test_va(TEST_VA);
	peer_destroy(&p);
}

/* A handle is a domain's own, and goes with its own address only. */
TEST(peer_grant_wrong_handle, 0)
{
	char *page = page_alloc();
	grant_ref_t ref;
	struct gnttab_map_grant_ref ours, its;

	peer_create(&p);
	pte_reach(kernel_root, TEST_VA, 1);
	its_grant(11, PEER_DATA + 2, false);
	ours = (struct gnttab_map_grant_ref) {
		.host_addr = TEST_VA, .dom = p.id, .ref = 11,
		.flags = GNTMAP_host_map,
	};
	CHECK_EQ(map_here(&ours), GNTST_okay);
	test_case("handles of a domain that has none");
	for (unsigned int h = 0; h < 100; h++) {
		CHECK_EQ(unmap_there(ITS_VA, h), GNTST_bad_handle);
		CHECK_EQ(unmap_there(TEST_VA, h), GNTST_bad_handle);
	}
	ref = grant_access(p.id, page, false);
	its = (struct gnttab_map_grant_ref) {
		.host_addr = ITS_VA, .ref = ref, .flags = GNTMAP_host_map,
	};
	CHECK_EQ(map_there(&its), GNTST_okay);
	test_case("its handle with addresses that are not");
	CHECK(unmap_there(TEST_VA, its.handle) < 0);
	CHECK(unmap_there(peer_va(PEER_DATA), its.handle) < 0);
	CHECK(unmap_there(0xffff830000000000, its.handle) < 0);
	CHECK(unmap_there(0x0000800000000000, its.handle) < 0);
	CHECK_EQ(peer_write(&p, ITS_VA, 'w'), -1);
	CHECK_EQ(page[0], 'w');
	CHECK_EQ((grant_table() + ref)->flags & IN_USE, IN_USE);
	test_case("right, and no second time");
	CHECK_EQ(unmap_there(ITS_VA, its.handle), GNTST_okay);
	CHECK_EQ(unmap_there(ITS_VA, its.handle), GNTST_bad_handle);
	CHECK_EQ(unmap_here(TEST_VA, ours.handle), GNTST_okay);
	CHECK(grant_revoke(ref));
	unmap_test_va(TEST_VA);
	peer_destroy(&p);
	check_unreferenced(page);
	page_free(page);
}

/*
 * While it is mapped, its owner rewrites the entry: what is mapped stays what
 * it was, and the end of the mapping gives back just that.
 */
TEST(peer_grant_rewritten, 0)
{
	volatile struct grant_entry_v1 *e;
	struct gnttab_map_grant_ref op, second;
	char *first_page, *other_page;

	peer_create(&p);
	pte_reach(kernel_root, TEST_VA, 1);
	first_page = peer_page(&p, PEER_DATA + 2);
	other_page = peer_page(&p, PEER_DATA + 3);
	first_page[0] = '1';
	other_page[0] = '2';
	for (unsigned int how = 0; how < 4; how++) {
		static const char *const names[] = {
			"taken away", "of another frame", "for another domain",
			"all ones",
		};

		test_case("%s", names[how]);
		e = its_grant(11, PEER_DATA + 2, false);
		op = (struct gnttab_map_grant_ref) {
			.host_addr = TEST_VA, .dom = p.id, .ref = 11,
			.flags = GNTMAP_host_map,
		};
		CHECK_EQ(map_here(&op), GNTST_okay);
		switch (how) {
		case 0:
			e->flags = 0;
			break;
		case 1:
			e->frame = p.mfn[PEER_DATA + 3];
			break;
		case 2:
			e->domid = 77;
			break;
		default:
			e->flags = 0xffff;
			e->domid = 0xffff;
			e->frame = ~0U;
		}
		CHECK_EQ(*(volatile char *)TEST_VA, '1');
		test_case("%s: another mapping is of the same frame", names[how]);
		second = op;
		second.host_addr = TEST_VA + PAGE_SIZE;
		if (map_here(&second) == GNTST_okay) {
			CHECK_EQ(*(volatile char *)(TEST_VA + PAGE_SIZE), '1');
			CHECK_EQ(unmap_here(second.host_addr, second.handle),
				 GNTST_okay);
		}
		CHECK_EQ(unmap_here(TEST_VA, op.handle), GNTST_okay);
		CHECK_EQ(e->flags & IN_USE, 0);
		CHECK_EQ(try_read((void *)TEST_VA).vector, VEC_PF);
	}
	test_case("the frame is the granter's, all of it");
	first_page[0] = 0;
	unmap_test_va(TEST_VA);
	peer_destroy(&p);
}

/* A read-only mapping is not widened, nor copied, nor made a page table. */
TEST(peer_grant_widened, 0)
{
	char *page = page_alloc();
	grant_ref_t ref;
	struct gnttab_map_grant_ref op;
	pte_t ro;
	struct mmu_update req;
	struct mmuext_op pin = { .cmd = MMUEXT_PIN_L1_TABLE };
	unsigned char byte;
	uint64_t entry;

	peer_create(&p);
	page[0] = 'o';
	ref = grant_access(p.id, page, true);
	op = (struct gnttab_map_grant_ref) {
		.host_addr = ITS_VA, .ref = ref,
		.flags = GNTMAP_host_map | GNTMAP_readonly,
	};
	CHECK_EQ(map_there(&op), GNTST_okay);
	ro = pte_make(virt_to_mfn(page), PTE_USER & ~PTE_RW);
	entry = p.mfn[PEER_L1] * PAGE_SIZE + PEER_SHARED * sizeof(pte_t);
	{
		static const struct {
			const char *name;
			pte_t more;
			bool elsewhere;
		} tries[] = {
			{ "writable", PTE_RW, false },
			{ "writable, another software bit", PTE_RW | 0x200,
			  false },
			{ "a copy of it", 0, true },
			{ "a copy of it, writable", PTE_RW, true },
		};

		for (unsigned int i = 0; i < ARRAY_SIZE(tries); i++) {
			unsigned long va = tries[i].elsewhere ?
					   peer_va(PEER_GRANTS) : ITS_VA;
			unsigned long at = tries[i].elsewhere ? entry +
					   sizeof(pte_t) : entry;

			test_case("%s, update_va_mapping", tries[i].name);
			CHECK(peer_call(&p, __HYPERVISOR_update_va_mapping, va,
					ro | tries[i].more, UVMF_INVLPG,
					0) < 0);
			for (unsigned int cmd = 0; cmd < 4; cmd++) {
				if (cmd == MMU_MACHPHYS_UPDATE) {
					continue;
				}
				test_case("%s, mmu_update %u", tries[i].name,
					  cmd);
				req.ptr = at | cmd;
				req.val = ro | tries[i].more;
				memcpy(peer_page(&p, PEER_DATA), &req,
				       sizeof(req));
				CHECK(peer_call(&p, __HYPERVISOR_mmu_update,
						peer_va(PEER_DATA), 1, 0,
						DOMID_SELF) < 0);
			}
			test_case("%s, by a store", tries[i].name);
			CHECK_EQ(peer_write(&p, peer_va(PEER_L1) +
					    at % PAGE_SIZE, (ro |
					    tries[i].more) & 0xff),
				 (ro | tries[i].more) == ro &&
				 !tries[i].elsewhere ? -1 : VEC_PF);
			CHECK_EQ(peer_write(&p, ITS_VA, 'x'), VEC_PF);
		}
	}
	test_case("as a page table");
	pin.arg1.mfn = virt_to_mfn(page);
	memcpy(peer_page(&p, PEER_DATA), &pin, sizeof(pin));
	CHECK(peer_call(&p, __HYPERVISOR_mmuext_op, peer_va(PEER_DATA), 1, 0,
			DOMID_SELF) < 0);
	test_case("cleared, or copied to");
	pin.cmd = MMUEXT_CLEAR_PAGE;
	memcpy(peer_page(&p, PEER_DATA), &pin, sizeof(pin));
	CHECK(peer_call(&p, __HYPERVISOR_mmuext_op, peer_va(PEER_DATA), 1, 0,
			DOMID_SELF) < 0);
	CHECK_EQ(peer_read(&p, ITS_VA, &byte), -1);
	CHECK_EQ(byte, 'o');
	CHECK_EQ(page[0], 'o');
	CHECK_EQ(unmap_there(ITS_VA, op.handle), GNTST_okay);
	CHECK(grant_revoke(ref));
	peer_destroy(&p);
	check_unreferenced(page);
	page_free(page);
}

/*
 * What it runs: maps the grant by the structure in rdi, unmaps it by that in
 * rsi, 24 times; how often it could, or -1 when an unmap failed.
 */
extern const char storm_code[], storm_code_end[];
asm(".pushsection .rodata\n"
    "storm_code:\n"
    "	push %r12\n"
    "	push %r13\n"
    "	push %r14\n"
    "	push %r15\n"
    "	mov %rdi, %r12\n"
    "	mov %rsi, %r13\n"
    "	mov $24, %r14d\n"
    "	xor %r15d, %r15d\n"
    "1:	mov $20, %eax\n"		/* grant_table_op */
    "	xor %edi, %edi\n"
    "	mov %r12, %rsi\n"
    "	mov $1, %edx\n"
    "	syscall\n"
    "	cmpw $0, 18(%r12)\n"
    "	jne 2f\n"
    "	inc %r15d\n"
    "	mov 20(%r12), %eax\n"
    "	mov %eax, 16(%r13)\n"
    "	mov $20, %eax\n"
    "	mov $1, %edi\n"
    "	mov %r13, %rsi\n"
    "	mov $1, %edx\n"
    "	syscall\n"
    "	cmpw $0, 20(%r13)\n"
    "	je 2f\n"
    "	mov $-1, %r15\n"
    "	jmp 3f\n"
    "2:	dec %r14d\n"
    "	jnz 1b\n"
    "3:	mov %r15, %rax\n"
    "	pop %r15\n"
    "	pop %r14\n"
    "	pop %r13\n"
    "	pop %r12\n"
    "	ret\n"
    "storm_code_end:\n"
    ".popsection\n");

_Static_assert(__HYPERVISOR_grant_table_op == 20 &&
	       GNTTABOP_map_grant_ref == 0 && GNTTABOP_unmap_grant_ref == 1 &&
	       offsetof(struct gnttab_map_grant_ref, status) == 18 &&
	       offsetof(struct gnttab_map_grant_ref, handle) == 20 &&
	       offsetof(struct gnttab_unmap_grant_ref, handle) == 16 &&
	       offsetof(struct gnttab_unmap_grant_ref, status) == 20,
	       "as in the code");

static void storm_start(grant_ref_t ref)
{
	struct gnttab_map_grant_ref *map = peer_page(&p, PEER_DATA + 5);
	struct gnttab_unmap_grant_ref *un = peer_page(&p, PEER_DATA + 6);

	*map = (struct gnttab_map_grant_ref) {
		.host_addr = ITS_VA, .ref = ref, .flags = GNTMAP_host_map,
	};
	*un = (struct gnttab_unmap_grant_ref) { .host_addr = ITS_VA };
	peer_run_start(&p, storm_code, storm_code_end - storm_code,
		       peer_va(PEER_DATA + 5), peer_va(PEER_DATA + 6));
}

/* Takes the permission back as the header says: only while nobody uses it. */
static bool take_back(volatile struct grant_entry_v1 *e)
{
	uint16_t flags = GTF_permit_access;

	return __atomic_compare_exchange_n(&e->flags, &flags, 0, false,
					   __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

/*
 * It maps and unmaps as fast as it can, we give and take back. Once taken, the
 * page is ours alone: it can become a page table, at once.
 */
TEST(peer_grant_race, 0)
{
	char *page = page_alloc();
	volatile struct grant_entry_v1 *e;
	grant_ref_t ref;
	unsigned int taken = 0, in_use = 0;
	uint64_t limit;
	long result, mapped = 0;

	peer_create(&p);
	ref = grant_access(p.id, page, false);
	e = grant_table() + ref;
	limit = clock_ns() + 3 * NSEC_PER_SEC;
	for (unsigned int round = 0; round < 60 && clock_ns() < limit;
	     round++) {
		e->flags = GTF_permit_access;
		storm_start(ref);
		do {
			if (!take_back(e)) {
				in_use++;
				continue;
			}
			taken++;
			CHECK_EQ(page_set_writable(page, false), 0);
			CHECK_EQ(mmuext(MMUEXT_PIN_L1_TABLE,
					virt_to_mfn(page)), 0);
			CHECK_EQ(mmuext(MMUEXT_UNPIN_TABLE,
					virt_to_mfn(page)), 0);
			CHECK_EQ(page_set_writable(page, true), 0);
			e->flags = GTF_permit_access;
			hc_sched_op(SCHEDOP_yield, NULL);
		} while (!peer_call_done(&p, &result) &&
			 clock_ns() < limit);
		while (!peer_call_done(&p, &result)) {
			hc_sched_op(SCHEDOP_yield, NULL);
		}
		CHECK(result >= 0);
		mapped += result;
	}
	CHECK(taken > 0);
	CHECK(mapped > 0, "taken %u, in use %u", taken, in_use);
	CHECK(grant_revoke(ref));
	peer_destroy(&p);
	check_unreferenced(page);
	page_free(page);
}

/* It is killed at any moment of that: the page and the grant are ours. */
TEST(peer_grant_dies_mapping, 0)
{
	char *page = page_alloc();
	long before = free_pages();

	for (unsigned int round = 0; round < 8; round++) {
		grant_ref_t ref;

		test_case("round %u", round);
		peer_create(&p);
		ref = grant_access(p.id, page, false);
		storm_start(ref);
		clock_spin(round * 30 * NSEC_PER_USEC);
		peer_destroy(&p);
		CHECK(grant_revoke(ref));
		check_unreferenced(page);
	}
	CHECK(free_pages_return_to(before), "%ld, not %ld", free_pages(),
	      before);
	page_free(page);
}

/*
 * It dies while we have its pages mapped, each way: no one else gets them as
 * long as we do, every operation on its table is refused, and the last unmap
 * gives them all back, clean.
 *
 * Differs from Xen 4.17: a grant of a dead domain that is mapped already cannot be
 * mapped once more either; on Xen it can.
 */
TEST(peer_grant_outlives, 0)
{
	enum { N = 8 };
	struct gnttab_map_grant_ref ops[N];
	struct gnttab_copy copy;
	struct xen_domctl op = { .cmd = XEN_DOMCTL_destroydomain };
	char *page = page_alloc();
	unsigned long mfns[N];
	struct peer next;
	domid_t id;
	long before = free_pages(), err;

	peer_create(&p);
	pte_reach(kernel_root, TEST_VA, 1);
	for (unsigned int i = 0; i < N; i++) {
		its_grant(11 + i, PEER_DATA + 8 + i, false);
		mfns[i] = p.mfn[PEER_DATA + 8 + i];
		ops[i] = (struct gnttab_map_grant_ref) {
			.host_addr = TEST_VA + i * PAGE_SIZE, .dom = p.id,
			.ref = 11 + i, .flags = GNTMAP_host_map |
				(i & 1 ? GNTMAP_readonly : 0) |
				(i & 2 ? GNTMAP_device_map : 0),
		};
		CHECK_EQ(map_here(&ops[i]), GNTST_okay);
	}
	its_grant(11 + N, PEER_DATA + 8 + N, false);
	*(char *)peer_page(&p, PEER_DATA + 8 + N) = 's';
	id = p.id;
	unmap_slot(kernel_root, (unsigned long)p.box);
	op.domain = id;
	do {
		err = hc_domctl(&op);
	} while (err == -XEN_EAGAIN);
	CHECK_EQ(err, 0);
	for (unsigned int i = 0; i < N; i += 2) {
		*(volatile char *)(TEST_VA + i * PAGE_SIZE) = 'z';
	}
	test_case("a mapping that was not there before, or a copy");
	{
		struct gnttab_map_grant_ref late = ops[0];

		late.host_addr = TEST_VA + N * PAGE_SIZE;
		late.ref = 11 + N;
		CHECK(map_here(&late) < 0);
		copy = (struct gnttab_copy) {
			.source = { .u.ref = 11 + N, .domid = id },
			.dest = { .u.gmfn = virt_to_mfn(page),
				  .domid = DOMID_SELF },
			.len = 16, .flags = GNTCOPY_source_gref,
		};
		CHECK_EQ(hc_grant_table_op(GNTTABOP_copy, &copy, 1), 0);
		CHECK(copy.status < 0);
		CHECK_EQ(page[0], 0);
	}
	for (unsigned int i = 0; i < N; i++) {
		struct gnttab_map_grant_ref again = ops[i];

		test_case("what is mapped, once more: %u", i);
		again.host_addr = TEST_VA + N * PAGE_SIZE;
		if (on_paravane()) {
			CHECK(map_here(&again) < 0);
		}
		copy.source.u.ref = 11 + i;
		CHECK_EQ(hc_grant_table_op(GNTTABOP_copy, &copy, 1), 0);
		CHECK(copy.status < 0);
	}
	test_case("a new domain has others");
	peer_create(&next);
	CHECK(next.id != id);
	for (unsigned int i = 0; i < PEER_PAGES; i++) {
		for (unsigned int k = 0; k < N; k++) {
			CHECK(next.mfn[i] != mfns[k]);
		}
	}
	peer_destroy(&next);
	for (unsigned int i = 0; i < N; i += 2) {
		CHECK_EQ(*(volatile char *)(TEST_VA + i * PAGE_SIZE), 'z');
	}
	test_case("given up");
	for (unsigned int i = 0; i < N; i++) {
		struct gnttab_unmap_grant_ref un = {
			.host_addr = ops[i].host_addr,
			.handle = ops[i].handle,
			.dev_bus_addr = i & 2 ? ops[i].dev_bus_addr : 0,
		};

		CHECK_EQ(hc_grant_table_op(GNTTABOP_unmap_grant_ref, &un, 1),
			 0);
		CHECK_EQ(un.status, GNTST_okay);
	}
	unmap_test_va(TEST_VA);
	page_free(page);
	CHECK(free_pages_return_to(before), "%ld, not %ld", free_pages(),
	      before);
}
