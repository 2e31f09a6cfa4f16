/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Two domains on the same CPUs and in the same memory: the state that a CPU
 * keeps is each one's own (x87, debug registers, segment bases, descriptors),
 * and a frame that changes hands brings nothing with it, whoever had it and
 * however it was given up.
 */
#include "common/peer.h"

#define MARK	0x5ec2e75e5ec2e75eUL

static struct peer p;

#define DATA	peer_va(PEER_DATA + 3)

/* Runs code in the other domain; its result, which must be without a fault. */
#define RUN(name, arg) ({						\
	extern const char name[], name##_end[];				\
	unsigned long result_;						\
									\
	CHECK_EQ(peer_run(&p, name, name##_end - name, arg, 0,		\
			  &result_), -1);				\
	result_; })

#define CODE(name, text)						\
	asm(".pushsection .rodata\n" #name ":\n" text			\
	    "\n	ret\n" #name "_end:\n.popsection\n")

CODE(its_fxsave, "fxsave64 (%rdi)");
CODE(its_x87_load, "fninit\n fildll (%rdi)\n fildll 8(%rdi)");

struct fxsave {
	uint16_t control, status;
	uint8_t tags, reserved;
	uint16_t opcode;
	uint64_t ip, data;
	uint32_t mxcsr, mask;
	uint64_t st[16];
	uint64_t xmm[32];
} __attribute__((aligned(16)));

/* Registers of the x87, and where its last instruction and operand were. */
TEST(peer_secret_x87, 0)
{
	static uint64_t value = 0x123456789abcde;
	static struct fxsave area;
	volatile struct fxsave *its;

	asm volatile("fninit\n fildll %0\n fildll %0\n fildll %0\n"
		     "fildll %0\n fildll %0\n fildll %0\n fildll %0\n"
		     "fildll %0" : : "m" (value));
	peer_create(&p);
	its = peer_page(&p, PEER_DATA + 3);
	RUN(its_fxsave, DATA);
	test_case("of a new domain");
	CHECK_EQ(its->control, 0x37f);
	CHECK_EQ(its->status, 0);
	CHECK_EQ(its->tags, 0);
	CHECK_EQ(its->ip, 0);
	CHECK_EQ(its->data, 0);
	for (unsigned int i = 0; i < 16; i++) {
		CHECK_EQ(its->st[i], 0);
	}
	test_case("ours, when it has loaded its own");
	((uint64_t *)its)[0] = 77;
	((uint64_t *)its)[1] = 78;
	RUN(its_x87_load, DATA);
	asm volatile("fxsave64 %0" : "=m" (area));
	CHECK_EQ(area.tags, 0xff);
	for (unsigned int i = 0; i < 16; i += 2) {
		CHECK_EQ(area.st[i], area.st[0]);
		CHECK_EQ(area.st[i + 1] & 0xffff, area.st[1] & 0xffff);
	}
	CHECK(area.st[0] == value << (63 - 52), "%lx", area.st[0]);
	test_case("its own, behind that");
	RUN(its_fxsave, DATA);
	CHECK_EQ(its->st[0], 78UL << 57);
	CHECK_EQ(its->st[2], 77UL << 57);
	asm volatile("fninit");
	peer_destroy(&p);
}

CODE(its_two_bytes, "movzbl (%rdi), %eax\n movb %al, 1(%rdi)");

static unsigned long its_debugreg(unsigned int n)
{
	return peer_call(&p, __HYPERVISOR_get_debugreg, n, 0, 0, 0);
}

/* A new domain has none set; breakpoints are hit in their domain only. */
TEST(peer_secret_debug_registers, 0)
{
	const struct fault none = { .vector = -1 };
	struct fault f = none;

	for (unsigned int i = 0; i < 4; i++) {
		CHECK_EQ(hc_set_debugreg(i, i < 3 ? DATA + i : PEER_VA), 0);
	}
	/* Data breakpoints of 1 byte, reads and writes, and one for code. */
	CHECK_EQ(hc_set_debugreg(7, 0x0333 << 16 | 0xff | 0x400), 0);
	peer_create(&p);
	test_case("a new domain's");
	for (unsigned int i = 0; i < 4; i++) {
		CHECK_EQ(its_debugreg(i), 0);
	}
	CHECK_EQ(its_debugreg(7) & 0xffff00ff, 0);
	test_case("ours are not hit there");
	RUN(its_two_bytes, DATA);
	CHECK_EQ(hc_get_debugreg(6) & 0xf, 0);
	test_case("ours, still");
	for (unsigned int i = 0; i < 4; i++) {
		CHECK_EQ(hc_get_debugreg(i), i < 3 ? DATA + i : PEER_VA);
	}
	CHECK_EQ(hc_set_debugreg(7, 0x400), 0);
	for (unsigned int i = 0; i < 4; i++) {
		CHECK_EQ(hc_set_debugreg(i, 0), 0);
	}
	test_case("its own are not hit here");
	{
		static volatile char here;

		CHECK_EQ(peer_call(&p, __HYPERVISOR_set_debugreg, 0,
				   (unsigned long)&here, 0, 0), 0);
		CHECK_EQ(peer_call(&p, __HYPERVISOR_set_debugreg, 7,
				   0x3 << 16 | 0x3 | 0x400, 0, 0), 0);
		TRY(f, "movb %%al, %0", : "=m" (here));
		CHECK_EQ(f.vector, -1);
		CHECK_EQ(its_debugreg(0), (unsigned long)&here);
		TRY(f, "movb %%al, %0", : "=m" (here));
		CHECK_EQ(f.vector, -1);
		CHECK_EQ(hc_get_debugreg(0), 0);
	}
	peer_destroy(&p);
}

CODE(its_fs, "mov %fs:0, %rax");
CODE(its_limit_1, "mov $0x0f, %edi\n xor %eax, %eax\n lsl %edi, %eax\n"
	"setz %al\n movzbl %al, %eax");
CODE(its_limit_2, "mov $0x17, %edi\n xor %eax, %eax\n lsl %edi, %eax\n"
	"setz %al\n movzbl %al, %eax");
CODE(its_selectors, "xor %eax, %eax\n mov %ds, %ax\n xor %edx, %edx\n"
	"mov %es, %dx\n or %edx, %eax\n mov %fs, %dx\n or %edx, %eax\n"
	"mov %gs, %dx\n or %edx, %eax");
CODE(its_ldt_load, "mov $0x0f, %eax\n mov %eax, %fs");

/* Segment bases, selectors and descriptors. */
TEST(peer_secret_segments, 0)
{
	const uint64_t data_ring_3 = 0x00cff2000000ffff;
	uint64_t *ldt = page_alloc(), base;
	struct mmuext_op op = { .cmd = MMUEXT_SET_LDT, .arg2.nr_ents = 16 };
	unsigned long result;
	uint32_t limit = 0;

	ldt[1] = ldt[2] = data_ring_3;
	CHECK_EQ(page_set_writable(ldt, false), 0);
	op.arg1.linear_addr = (unsigned long)ldt;
	CHECK_EQ(hc_mmuext_op(&op, 1, NULL, DOMID_SELF), 0);
	/* In use: the hypervisor has looked at the page. */
	asm volatile("lsl %1, %0" : "+r" (limit) : "r" (0x0f));
	CHECK_EQ(hc_set_segment_base(SEGBASE_FS, KEEL_BASE + 0x1230), 0);
	CHECK_EQ(hc_set_segment_base(SEGBASE_GS_USER, KEEL_BASE + 0x4560), 0);
	peer_create(&p);
	test_case("a new domain's selectors");
	CHECK_EQ(RUN(its_selectors, 0), 0);
	test_case("our descriptors");
	CHECK_EQ(RUN(its_limit_1, 0), 0);
	CHECK_EQ(RUN(its_limit_2, 0), 0);
	{
		extern const char its_ldt_load[], its_ldt_load_end[];

		CHECK(peer_run(&p, its_ldt_load,
			       its_ldt_load_end - its_ldt_load, 0, 0,
			       &result) >= 0);
	}
	test_case("its segment base");
	*(uint64_t *)peer_page(&p, PEER_DATA + 3) = 0x7777;
	CHECK_EQ(peer_call(&p, __HYPERVISOR_set_segment_base, SEGBASE_FS,
			   DATA, 0, 0), 0);
	CHECK_EQ(RUN(its_fs, 0), 0x7777);
	test_case("and ours, still");
	asm volatile("mov $0xc0000100, %%ecx\n rdmsr\n shl $32, %%rdx\n"
		     "or %%rdx, %%rax" : "=a" (base) : : "rcx", "rdx");
	CHECK_EQ(base, KEEL_BASE + 0x1230);
	CHECK_EQ(RUN(its_fs, 0), 0x7777);
	CHECK_EQ(hc_set_segment_base(SEGBASE_FS, 0), 0);
	CHECK_EQ(hc_set_segment_base(SEGBASE_GS_USER, 0), 0);
	op.arg2.nr_ents = 0;
	CHECK_EQ(hc_mmuext_op(&op, 1, NULL, DOMID_SELF), 0);
	CHECK_EQ(page_set_writable(ldt, true), 0);
	page_free(ldt);
	peer_destroy(&p);
}

#define WANTED	64
#define BATCH	64

static unsigned long wanted[WANTED];
static unsigned int nr_wanted;

static void want(unsigned long mfn)
{
	if (nr_wanted < WANTED) {
		wanted[nr_wanted++] = mfn;
	}
}

static bool is_wanted(unsigned long mfn)
{
	for (unsigned int i = 0; i < nr_wanted; i++) {
		if (wanted[i] == mfn) {
			return true;
		}
	}
	return false;
}

/*
 * Gives the domain memory until it has got the wanted frames, and looks into
 * each of them, and into some of the others that it got.
 */
static void hunt(domid_t id, bool clean)
{
	static xen_pfn_t list[BATCH];
	struct mmu_update req = {
		.ptr = virt_to_maddr(pte_reach(kernel_root, TEST_VA2, 1)),
	};
	struct xen_memory_reservation r = {
		.nr_extents = BATCH, .domid = id,
	};
	unsigned int found = 0, dirty = 0;
	unsigned long pages = 0;
	long n = BATCH;

	domain_set_limit(id, 1UL << 20);
	set_xen_guest_handle(r.extent_start, list);
	while (n == BATCH && found < nr_wanted) {
		n = hc_memory_op(XENMEM_populate_physmap, &r);
		CHECK(n >= 0);
		for (long i = 0; i < n; i++) {
			const volatile uint64_t *words =
				(const volatile uint64_t *)TEST_VA2;
			bool hit = is_wanted(list[i]);

			found += hit;
			/* Of the others a few, since there are many. */
			if (!hit && pages++ % 64) {
				continue;
			}
			req.val = pte_make(list[i], PTE_KERNEL);
			CHECK_EQ(hc_mmu_update(&req, 1, NULL, id), 0);
			mmuext(MMUEXT_TLB_FLUSH_LOCAL, 0);
			for (unsigned int w = 0; w < PAGE_SIZE / 8; w++) {
				dirty += words[w] != 0;
			}
		}
	}
	CHECK(found >= nr_wanted / 2, "%u of %u came back", found, nr_wanted);
	CHECK(!dirty || !clean, "%u words", dirty);
	unmap_test_va(TEST_VA2);
	domain_end(id);
	nr_wanted = 0;
}

static void mark(void *page)
{
	for (unsigned int i = 0; i < PAGE_SIZE / 8; i++) {
		((volatile uint64_t *)page)[i] = MARK;
	}
}

#define N	16

/*
 * Frames given back by a domain that lives, in each way that there is.
 *
 * Differs from Xen 4.17: they are cleared here before another domain gets them;
 * Xen leaves that to the one that gives them back.
 */
TEST(peer_secret_given_back, 0)
{
	static xen_pfn_t in[N], out[N];
	void *pages[N];
	struct xen_memory_exchange x = {
		.in = { .nr_extents = N, .domid = DOMID_SELF },
		.out = { .nr_extents = N, .domid = DOMID_SELF },
	};
	struct xen_memory_reservation r = {
		.nr_extents = N, .domid = DOMID_SELF,
	};

	for (unsigned int i = 0; i < N; i++) {
		pages[i] = page_alloc();
	}
	for (unsigned int exchanged = 0; exchanged < 2; exchanged++) {
		domid_t id = domain_new();

		test_case("%s", exchanged ? "exchanged" : "ballooned");
		for (unsigned int i = 0; i < N; i++) {
			mark(pages[i]);
			in[i] = virt_to_mfn(pages[i]);
			out[i] = virt_to_pfn(pages[i]);
			CHECK_EQ(hc_update_va_mapping((unsigned long)pages[i],
						      0, UVMF_INVLPG), 0);
		}
		set_xen_guest_handle(x.in.extent_start, in);
		set_xen_guest_handle(x.out.extent_start, out);
		x.nr_exchanged = 0;
		if (exchanged) {
			CHECK_EQ(hc_memory_op(XENMEM_exchange, &x), 0);
			/* Those of the first come back with the second. */
			for (unsigned int i = 0; i < N; i++) {
				bool ours = false;

				for (unsigned int k = 0; k < N; k++) {
					ours |= out[k] == in[i];
				}
				if (!ours) {
					want(in[i]);
				}
			}
			hunt(id, on_paravane());
		} else {
			set_xen_guest_handle(r.extent_start, in);
			CHECK_EQ(hc_memory_op(XENMEM_decrease_reservation,
					      &r), N);
			for (unsigned int i = 0; i < N; i++) {
				want(in[i]);
			}
			hunt(id, on_paravane());
			set_xen_guest_handle(r.extent_start, out);
			CHECK_EQ(hc_memory_op(XENMEM_populate_physmap, &r),
				 N);
		}
		for (unsigned int i = 0; i < N; i++) {
			p2m[virt_to_pfn(pages[i])] = out[i];
			CHECK_EQ(hc_update_va_mapping((unsigned long)pages[i],
						      pte_make(out[i],
							       PTE_KERNEL),
						      UVMF_INVLPG), 0);
		}
	}
	for (unsigned int i = 0; i < N; i++) {
		page_free(pages[i]);
	}
}

/*
 * Frames of a domain that has died: its pages and page tables, its grant table
 * and shared_info, and pages that we had mapped until after its death.
 */
TEST(peer_secret_dead, 0)
{
	struct xen_domctl op = { .cmd = XEN_DOMCTL_getdomaininfo };
	volatile struct grant_entry_v1 *e;
	struct gnttab_map_grant_ref map;
	struct gnttab_unmap_grant_ref un;
	domid_t id;

	peer_create(&p);
	id = domain_new();
	for (unsigned int i = PEER_DATA + 2; i < PEER_PAGES; i++) {
		mark(peer_page(&p, i));
	}
	e = peer_grant_table(&p);
	for (unsigned int i = 8; i < 512; i++) {
		e[i].frame = (uint32_t)MARK;
	}
	e[11].domid = 0;
	e[11].frame = p.mfn[PEER_PAGES - 3];
	e[11].flags = GTF_permit_access;
	op.domain = p.id;
	CHECK_EQ(hc_domctl(&op), 0);
	want(p.mfn[PEER_GRANTS]);
	want(op.u.getdomaininfo.shared_info_frame);
	for (unsigned int i = 0; i < PEER_PAGES - 2; i++) {
		want(p.mfn[i]);
	}
	pte_reach(kernel_root, TEST_VA, 1);
	map = (struct gnttab_map_grant_ref) {
		.host_addr = TEST_VA, .dom = p.id, .ref = 11,
		.flags = GNTMAP_host_map,
	};
	CHECK_EQ(hc_grant_table_op(GNTTABOP_map_grant_ref, &map, 1), 0);
	CHECK_EQ(map.status, GNTST_okay);
	unmap_slot(kernel_root, (unsigned long)p.box);
	memset(&op, 0, sizeof(op));
	op.cmd = XEN_DOMCTL_destroydomain;
	op.domain = p.id;
	while (hc_domctl(&op) == -XEN_EAGAIN) {
	}
	mark((void *)TEST_VA);
	un = (struct gnttab_unmap_grant_ref) {
		.host_addr = TEST_VA, .handle = map.handle,
	};
	CHECK_EQ(hc_grant_table_op(GNTTABOP_unmap_grant_ref, &un, 1), 0);
	CHECK_EQ(un.status, GNTST_okay);
	unmap_test_va(TEST_VA);
	free_pages();
	hunt(id, true);
}
