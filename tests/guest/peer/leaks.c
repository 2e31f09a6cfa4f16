/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * What one domain must not learn of another, or of the hypervisor: bytes of
 * structures that calls give back, but do not fill in; registers; frames that
 * change hands.
 *
 * Before each call the hypervisor's stack and buffers are filled with a marker,
 * by calls that carry it in every register and structure; each result is taken
 * in a page that holds a poison, twice, with different ones. Then every byte is
 * the poison or part of the result, every gap in a structure is as the caller
 * had it, or zero, and nowhere is the marker or an address of the hypervisor's.
 *
 * From <xen/xen.h>, and the structures of <xen/version.h>, <xen/memory.h>,
 * <xen/event_channel.h>, <xen/grant_table.h>, <xen/vcpu.h>, <xen/domctl.h>.
 */
#include "common/peer.h"
#include "common/snippet.h"

#define MARK	0x5ec2e75e5ec2e75eUL

static struct peer p;

/* Of the marker's four bytes in any order: three that follow each other. */
static bool is_marker(const unsigned char *b)
{
	return (b[0] == 0x5e && b[1] == 0xe7 && b[2] == 0xc2) ||
	       (b[0] == 0xe7 && b[1] == 0xc2 && b[2] == 0x5e);
}

/* The M2P's address and its end are public. */
static bool is_secret_address(uint64_t word)
{
	return word > MACH2PHYS_VIRT_END && word < HYPERVISOR_VIRT_END;
}

/* Counts what must be in no result, in `size` bytes. */
static unsigned int secrets(const void *data, size_t size)
{
	const unsigned char *b = data;
	unsigned int n = 0;

	for (size_t i = 0; i + 2 < size; i++) {
		n += is_marker(b + i);
	}
	for (size_t i = 0; i + 8 <= size; i += 8) {
		uint64_t word;

		memcpy(&word, b + i, 8);
		n += is_secret_address(word);
	}
	return n;
}

/* Calls that carry the marker everywhere, and are refused. */
static unsigned int spray_list(struct multicall_entry *list,
			       unsigned long marked)
{
	static const struct {
		unsigned int nr;
		unsigned long a1;	/* 0: the marked page */
	} calls[] = {
		{ __HYPERVISOR_xen_version, MARK },
		{ __HYPERVISOR_mmu_update, 0 },
		{ __HYPERVISOR_mmuext_op, 0 },
		{ __HYPERVISOR_event_channel_op, EVTCHNOP_status },
		{ __HYPERVISOR_event_channel_op, EVTCHNOP_bind_interdomain },
		{ __HYPERVISOR_grant_table_op, GNTTABOP_query_size },
		{ __HYPERVISOR_memory_op, XENMEM_exchange },
		{ __HYPERVISOR_memory_op, XENMEM_current_reservation },
		{ __HYPERVISOR_physdev_op, PHYSDEVOP_set_iopl },
		{ __HYPERVISOR_callback_op, CALLBACKOP_register },
		{ __HYPERVISOR_domctl, 0 }, { __HYPERVISOR_sysctl, 0 },
		{ __HYPERVISOR_platform_op, 0 },
		{ __HYPERVISOR_update_va_mapping, MARK },
		{ __HYPERVISOR_update_descriptor, MARK },
		{ __HYPERVISOR_set_segment_base, MARK },
		{ __HYPERVISOR_set_debugreg, MARK },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(calls); i++) {
		bool first = !calls[i].a1;

		list[i] = (struct multicall_entry) {
			.op = calls[i].nr, .result = MARK,
			.args = { first ? marked : calls[i].a1,
				  first ? 1 : marked, 1, MARK, MARK, MARK },
		};
	}
	return ARRAY_SIZE(calls);
}

static void fill_words(void *page, uint64_t word)
{
	for (unsigned int i = 0; i < PAGE_SIZE / 8; i++) {
		((uint64_t *)page)[i] = word;
	}
}

/* By both domains, so that it is on every CPU that is used. */
static void spray(void)
{
	static struct multicall_entry list[32];
	static char marked[PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));
	unsigned int n;

	fill_words(marked, MARK);
	hypercall_nr(MARK, MARK, MARK, MARK, MARK, MARK);
	n = spray_list(list, (unsigned long)marked);
	hc_multicall(list, n);
	hc_vcpu_op(VCPUOP_initialise, 0, marked);
	fill_words(peer_page(&p, PEER_DATA + 10), MARK);
	n = spray_list(peer_page(&p, PEER_DATA + 11),
		       peer_va(PEER_DATA + 10));
	peer_call(&p, __HYPERVISOR_multicall, peer_va(PEER_DATA + 11), n, 0,
		  0);
}

static void ask_self(void *arg)
{
	*(domid_t *)arg = DOMID_SELF;
}

static void ask_port(void *arg)
{
	struct evtchn_status *s = arg;

	s->dom = DOMID_SELF;
	s->port = 1;
}

static void ask_alloc(void *arg)
{
	struct evtchn_alloc_unbound *a = arg;

	a->dom = a->remote_dom = DOMID_SELF;
}

static void ask_virq(void *arg)
{
	struct evtchn_bind_virq *b = arg;

	b->virq = VIRQ_DEBUG;
	b->vcpu = 0;
}

static void ask_map(void *arg)
{
	struct gnttab_map_grant_ref *m = arg;

	m->dom = 999;
	m->flags = GNTMAP_host_map;
}

static void ask_features(void *arg)
{
	((struct xen_feature_info *)arg)->submap_idx = 0;
}

static void ask_irq(void *arg)
{
	((struct physdev_irq_status_query *)arg)->irq = 1;
}

static void ask_mfns(void *arg)
{
	struct xen_machphys_mfn_list *l = arg;

	l->max_extents = 1;
	set_xen_guest_handle(l->extent_start,
			     (xen_pfn_t *)peer_va(PEER_DATA + 12));
}

static void ask_nothing(void *arg)
{
	(void)arg;
}

/* A gap: bytes of the structure that no field has. */
struct gap {
	unsigned char from, to;
};

#define EVTCHN(name, type)	"EVTCHNOP_" #name, \
	__HYPERVISOR_event_channel_op, EVTCHNOP_##name, sizeof(struct type)
#define GRANT(name)	"GNTTABOP_" #name, __HYPERVISOR_grant_table_op, \
	GNTTABOP_##name, sizeof(struct gnttab_##name)
#define VERSION(name, size)	"XENVER_" #name, __HYPERVISOR_xen_version, \
	XENVER_##name, size
#define MEMORY(name)	"XENMEM_" #name, __HYPERVISOR_memory_op, \
	XENMEM_##name

static const struct asked {
	const char *name;
	unsigned int nr, cmd;
	size_t size;
	void (*ask)(void *arg);
	struct gap gaps[3];
	bool is_text;		/* behind its end: as it was, or zero */
} asked[] = {
	{ EVTCHN(status, evtchn_status), ask_port, { { 2, 4 } }, false },
	{ EVTCHN(alloc_unbound, evtchn_alloc_unbound), ask_alloc, { { 0, 0 } },
	  false },
	{ EVTCHN(bind_virq, evtchn_bind_virq), ask_virq, { { 0, 0 } }, false },
	{ EVTCHN(bind_ipi, evtchn_bind_ipi), ask_virq, { { 0, 0 } }, false },
	{ GRANT(query_size), ask_self, { { 2, 4 }, { 14, 16 } }, false },
	{ GRANT(get_version), ask_self, { { 2, 4 } }, false },
	{ GRANT(map_grant_ref), ask_map, { { 0, 0 } }, false },
	{ MEMORY(machphys_mapping), sizeof(struct xen_machphys_mapping),
	  ask_nothing, { { 0, 0 } }, false },
	{ MEMORY(machphys_mfn_list), sizeof(struct xen_machphys_mfn_list),
	  ask_mfns, { { 4, 8 }, { 20, 24 } }, false },
	{ MEMORY(current_reservation), sizeof(struct xen_memory_domain),
	  ask_self, { { 0, 0 } }, false },
	{ VERSION(extraversion, sizeof(xen_extraversion_t)), ask_nothing,
	  { { 0, 0 } }, true },
	{ VERSION(capabilities, sizeof(xen_capabilities_info_t)), ask_nothing,
	  { { 0, 0 } }, true },
	{ VERSION(changeset, sizeof(xen_changeset_info_t)), ask_nothing,
	  { { 0, 0 } }, true },
	{ VERSION(commandline, sizeof(xen_commandline_t)), ask_nothing,
	  { { 0, 0 } }, true },
	{ VERSION(compile_info, sizeof(struct xen_compile_info)),
	  ask_nothing, { { 0, 0 } }, false },
	{ VERSION(platform_parameters,
		  sizeof(struct xen_platform_parameters)), ask_nothing,
	  { { 0, 0 } }, false },
	{ VERSION(get_features, sizeof(struct xen_feature_info)),
	  ask_features, { { 0, 0 } }, false },
	{ VERSION(guest_handle, sizeof(xen_domain_handle_t)), ask_nothing,
	  { { 0, 0 } }, false },
	{ "VCPUOP_get_runstate_info", __HYPERVISOR_vcpu_op,
	  VCPUOP_get_runstate_info, sizeof(struct vcpu_runstate_info),
	  ask_nothing, { { 4, 8 } }, false },
	{ "PHYSDEVOP_irq_status_query", __HYPERVISOR_physdev_op,
	  PHYSDEVOP_irq_status_query,
	  sizeof(struct physdev_irq_status_query), ask_irq, { { 0, 0 } },
	  false },
};

#define ARG	(PEER_DATA + 13)

/* Where a text ends, everything behind that is a gap. */
static size_t filled(const struct asked *a, const char *result)
{
	size_t n = 0;

	while (a->is_text && n < a->size && result[n]) {
		n++;
	}
	return a->is_text ? n + 1 : a->size;
}

static void check_result(const struct asked *a, const unsigned char *result,
			 unsigned char poison)
{
	unsigned int wrong = 0, gaps = 0;
	size_t end = filled(a, (const char *)result);

	for (size_t i = end; i < PAGE_SIZE; i++) {
		wrong += result[i] != poison && (i >= a->size || result[i]);
	}
	CHECK_EQ(wrong, 0);
	for (unsigned int g = 0; g < ARRAY_SIZE(a->gaps); g++) {
		for (size_t i = a->gaps[g].from; i < a->gaps[g].to; i++) {
			gaps += result[i] != poison && result[i];
		}
	}
	CHECK_EQ(gaps, 0);
	CHECK_EQ(secrets(result, PAGE_SIZE), 0);
}

TEST(peer_leaks_results, 0)
{
	static const unsigned char poisons[] = { 0xa5, 0x3c, 0xff };

	peer_create(&p);
	for (unsigned int i = 0; i < ARRAY_SIZE(asked); i++) {
		const struct asked *a = &asked[i];

		for (unsigned int k = 0; k < ARRAY_SIZE(poisons); k++) {
			unsigned char *arg = peer_page(&p, ARG);
			bool vcpu = a->nr == __HYPERVISOR_vcpu_op;

			test_case("%s, poison %x", a->name, poisons[k]);
			spray();
			memset(arg, poisons[k], PAGE_SIZE);
			a->ask(arg);
			peer_call(&p, a->nr, a->cmd, vcpu ? 0 : peer_va(ARG),
				  vcpu ? peer_va(ARG) : 1, 0);
			check_result(a, arg, poisons[k]);
		}
	}
	peer_destroy(&p);
}

/*
 * Makes the call in rax with the registers at rdi, and stores those that it
 * finds afterwards: rax, rdi, rsi, rdx, r10, r8, r9, rbp, r12 to r15, rcx, r11.
 */
extern const char call_code[], call_code_end[];
asm(".pushsection .rodata\n"
    "call_code:\n"
    "	push %rbp\n"
    "	push %r12\n"
    "	push %r13\n"
    "	push %r14\n"
    "	push %r15\n"
    "	push %rdi\n"
    "	mov (%rdi), %rax\n"
    "	mov 16(%rdi), %rsi\n"
    "	mov 24(%rdi), %rdx\n"
    "	mov 32(%rdi), %r10\n"
    "	mov 40(%rdi), %r8\n"
    "	mov 48(%rdi), %r9\n"
    "	mov 56(%rdi), %rbp\n"
    "	mov 64(%rdi), %r12\n"
    "	mov 72(%rdi), %r13\n"
    "	mov 80(%rdi), %r14\n"
    "	mov 88(%rdi), %r15\n"
    "	mov 8(%rdi), %rdi\n"
    "	syscall\n"
    "	push %rdi\n"
    "	mov 8(%rsp), %rdi\n"
    "	mov %rax, (%rdi)\n"
    "	pop %rax\n"
    "	mov %rax, 8(%rdi)\n"
    "	mov %rsi, 16(%rdi)\n"
    "	mov %rdx, 24(%rdi)\n"
    "	mov %r10, 32(%rdi)\n"
    "	mov %r8, 40(%rdi)\n"
    "	mov %r9, 48(%rdi)\n"
    "	mov %rbp, 56(%rdi)\n"
    "	mov %r12, 64(%rdi)\n"
    "	mov %r13, 72(%rdi)\n"
    "	mov %r14, 80(%rdi)\n"
    "	mov %r15, 88(%rdi)\n"
    "	mov %rcx, 96(%rdi)\n"
    "	mov %r11, 104(%rdi)\n"
    "	pop %rdi\n"
    "	pop %r15\n"
    "	pop %r14\n"
    "	pop %r13\n"
    "	pop %r12\n"
    "	pop %rbp\n"
    "	ret\n"
    "call_code_end:\n"
    ".popsection\n");

/* Registers behind a call: as they were, but rax, rcx and r11: no secrets. */
TEST(peer_leaks_registers, 0)
{
	peer_create(&p);
	for (unsigned int i = 0; i < ARRAY_SIZE(asked); i++) {
		const struct asked *a = &asked[i];
		uint64_t *regs = peer_page(&p, PEER_DATA);
		bool vcpu = a->nr == __HYPERVISOR_vcpu_op;
		uint64_t before[14] = {
			a->nr, a->cmd, vcpu ? 0 : peer_va(ARG),
			vcpu ? peer_va(ARG) : 1, 0xaaaa, 0xbbbb, 0xcccc,
			0xdddd, 0x1212, 0x1313, 0x1414, 0x1515,
		};
		unsigned long result;

		test_case("%s", a->name);
		spray();
		a->ask(peer_page(&p, ARG));
		memcpy(regs, before, sizeof(before));
		CHECK_EQ(peer_run(&p, call_code, call_code_end - call_code,
				  peer_va(PEER_DATA), 0, &result), -1);
		for (unsigned int r = 1; r < 12; r++) {
			CHECK_EQ(regs[r], before[r]);
		}
		CHECK_EQ(secrets(regs, sizeof(before)), 0);
	}
	peer_destroy(&p);
}

/* Areas that the hypervisor writes of itself: their gaps, and around them. */
TEST(peer_leaks_areas, 0)
{
	static const struct {
		const char *name;
		unsigned int cmd;
		size_t size;
		struct gap gaps[2];
	} areas[] = {
		{ "runstate", VCPUOP_register_runstate_memory_area,
		  sizeof(struct vcpu_runstate_info), { { 4, 8 } } },
		{ "time", VCPUOP_register_vcpu_time_memory_area,
		  sizeof(struct vcpu_time_info), { { 4, 8 }, { 30, 32 } } },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(areas); i++) {
		unsigned char *page;
		uint64_t *arg;
		unsigned int wrong = 0, gaps = 0;

		test_case("%s", areas[i].name);
		peer_create(&p);
		page = peer_page(&p, ARG);
		arg = peer_page(&p, PEER_DATA);
		memset(page, 0xa5, PAGE_SIZE);
		spray();
		*arg = peer_va(ARG) + 512;
		CHECK_EQ(peer_call(&p, __HYPERVISOR_vcpu_op, areas[i].cmd, 0,
				   peer_va(PEER_DATA), 0), 0);
		/* It is written again as the domain comes and goes. */
		for (unsigned int k = 0; k < 20; k++) {
			spray();
		}
		for (size_t b = 0; b < PAGE_SIZE; b++) {
			wrong += (b < 512 || b >= 512 + areas[i].size) &&
				 page[b] != 0xa5;
		}
		CHECK_EQ(wrong, 0);
		for (unsigned int g = 0; g < 2; g++) {
			for (size_t b = areas[i].gaps[g].from;
			     b < areas[i].gaps[g].to; b++) {
				gaps += page[512 + b] && page[512 + b] != 0xa5;
			}
		}
		CHECK_EQ(gaps, 0);
		CHECK_EQ(secrets(page + 512, areas[i].size), 0);
		peer_destroy(&p);
	}
}

/* Pages of the hypervisor's that a domain is given: empty but for its own. */
TEST(peer_leaks_shared_pages, 0)
{
	struct xen_domctl op = { .cmd = XEN_DOMCTL_getdomaininfo };
	struct gnttab_setup_table setup = {
		.dom = DOMID_SELF, .nr_frames = 4,
	};
	struct shared_info *s;
	unsigned char *page;
	xen_pfn_t frames[4];
	unsigned int wrong = 0;

	peer_create(&p);
	spray();
	test_case("shared_info");
	op.domain = p.id;
	CHECK_EQ(hc_domctl(&op), 0);
	p.mfn[PEER_SHARED] = op.u.getdomaininfo.shared_info_frame;
	s = peer_page(&p, PEER_SHARED);
	page = (unsigned char *)s;
	for (size_t b = sizeof(s->vcpu_info[0]); b < PAGE_SIZE; b++) {
		bool clock = b >= offsetof(struct shared_info, wc_version) &&
			     b < offsetof(struct shared_info, arch);

		wrong += !clock && page[b];
	}
	CHECK_EQ(wrong, 0);
	CHECK_EQ(secrets(page, PAGE_SIZE), 0);
	CHECK_EQ(s->vcpu_info[0].time.pad0, 0);
	CHECK_EQ(s->vcpu_info[0].time.pad1[0], 0);
	CHECK_EQ(s->vcpu_info[0].time.pad1[1], 0);
	CHECK_EQ(s->vcpu_info[0].arch.pad, 0);
	CHECK_EQ(s->vcpu_info[0].arch.cr2, 0);
	test_case("grant table");
	set_xen_guest_handle(setup.frame_list,
			     (xen_pfn_t *)peer_va(PEER_DATA + 1));
	CHECK_EQ(peer_op(&p, __HYPERVISOR_grant_table_op, GNTTABOP_setup_table,
			 &setup, sizeof(setup)), 0);
	CHECK_EQ(setup.status, GNTST_okay);
	memcpy(frames, peer_page(&p, PEER_DATA + 1), sizeof(frames));
	for (unsigned int i = 0; i < 4; i++) {
		p.mfn[PEER_PAGES - 3 - i] = frames[i];
		page = peer_page(&p, PEER_PAGES - 3 - i);
		for (size_t b = 64; b < PAGE_SIZE; b++) {
			wrong += page[b] != 0;
		}
		/* The reserved entries may be there for the toolstack. */
		CHECK_EQ(secrets(page, PAGE_SIZE), 0);
	}
	CHECK_EQ(wrong, 0);
	peer_destroy(&p);
}

/* Answers to the control domain: lists of structures with gaps in them. */
TEST(peer_leaks_control, 0)
{
	static union {
		xen_domctl_getdomaininfo_t domains[4];
		struct vcpu_guest_context context;
		xen_cpuid_leaf_t leaves[128];
		unsigned char bytes[PAGE_SIZE * 2];
	} out;
	static xen_msr_entry_t msrs[64];
	struct xen_domctl op;
	struct xen_sysctl list;
	unsigned int wrong = 0;

	peer_create(&p);
	for (unsigned int k = 0; k < 2; k++) {
		unsigned char poison = k ? 0x3c : 0xa5;

		test_case("getdomaininfolist, poison %x", poison);
		memset(&list, poison, sizeof(list));
		memset(&out, poison, sizeof(out));
		spray();
		list.cmd = XEN_SYSCTL_getdomaininfolist;
		list.u.getdomaininfolist.first_domain = 0;
		list.u.getdomaininfolist.max_domains = 4;
		set_xen_guest_handle(list.u.getdomaininfolist.buffer,
				     out.domains);
		CHECK_EQ(hc_sysctl(&list), 0);
		CHECK_EQ(list.u.getdomaininfolist.num_domains, 2);
		CHECK_EQ(secrets(&out, sizeof(out)), 0);
		for (unsigned int d = 0; d < 2; d++) {
			CHECK_EQ(out.domains[d].pad1, 0);
		}
		for (size_t b = 2 * sizeof(out.domains[0]); b < sizeof(out);
		     b++) {
			wrong += out.bytes[b] != poison;
		}
		CHECK_EQ(wrong, 0);

		test_case("getvcpucontext, poison %x", poison);
		memset(&op, 0, sizeof(op));
		memset(&out, poison, sizeof(out));
		spray();
		op.cmd = XEN_DOMCTL_getvcpucontext;
		op.domain = p.id;
		set_xen_guest_handle(op.u.vcpucontext.ctxt, &out.context);
		CHECK_EQ(hc_domctl(&op), 0);
		CHECK_EQ(secrets(&out.context.user_regs, sizeof(out.context) -
				 offsetof(struct vcpu_guest_context,
					  user_regs)), 0);
		for (size_t b = sizeof(out.context); b < sizeof(out); b++) {
			wrong += out.bytes[b] != poison;
		}
		CHECK_EQ(wrong, 0);
		CHECK_EQ(out.context.user_regs._pad0[0], 0);
		CHECK_EQ(out.context.user_regs._pad1[0], 0);
		CHECK_EQ(out.context.user_regs._pad2[0], 0);

		test_case("get_cpu_policy, poison %x", poison);
		memset(&out, poison, sizeof(out));
		memset(msrs, poison, sizeof(msrs));
		spray();
		memset(&op, 0, sizeof(op));
		op.cmd = XEN_DOMCTL_get_cpu_policy;
		op.domain = p.id;
		op.u.cpu_policy.nr_leaves = ARRAY_SIZE(out.leaves);
		op.u.cpu_policy.nr_msrs = ARRAY_SIZE(msrs);
		set_xen_guest_handle(op.u.cpu_policy.leaves, out.leaves);
		set_xen_guest_handle(op.u.cpu_policy.msrs, msrs);
		CHECK_EQ(hc_domctl(&op), 0);
		CHECK_EQ(secrets(&out, sizeof(out)), 0);
		CHECK_EQ(secrets(msrs, sizeof(msrs)), 0);
		for (unsigned int m = 0; m < op.u.cpu_policy.nr_msrs; m++) {
			CHECK_EQ(msrs[m].flags, 0);
		}
	}
	peer_destroy(&p);
}

static struct regs seen[4];

static void check_frame(const struct regs *r)
{
	CHECK_EQ(r->pad0[0], 0);
	CHECK_EQ(r->pad1[0] | r->pad1[1] | r->pad1[2], 0);
	CHECK(r->upcall_mask <= 1, "%u", r->upcall_mask);
	CHECK_EQ(r->ss >> 16, 0);
	CHECK_EQ(r->error >> 32, 0);
	CHECK_EQ(secrets(&r->vector, sizeof(*r) -
			 offsetof(struct regs, vector)), 0);
}

static bool take_event(struct regs *regs)
{
	if (regs->vector == ENTRY_EVENT) {
		seen[from_user(regs)] = *regs;
	}
	return false;
}

SNIPPET(into_ud, "ud2");
SNIPPET(into_gp, "mov $0xffff, %eax\n mov %eax, %ds");
SNIPPET(into_pf, "mov (%rdi), %eax");
SNIPPET(into_bp, "int3");
SNIPPET(into_de, "xor %ecx, %ecx\n div %ecx");
SNIPPET(waits, "mov $2000000, %eax\n 1: dec %eax\n jnz 1b");

/* The frames on the kernel's stack: no bit in them but what the ABI names. */
TEST(leaks_frames, 0)
{
	static const struct {
		const char *name;
		snippet_fn fn;
	} ways[] = {
		{ "#UD", into_ud }, { "#GP", into_gp }, { "#PF", into_pf },
		{ "#BP", into_bp }, { "#DE", into_de },
	};
	trap_hook_t old;
	int port;

	for (unsigned int i = 0; i < ARRAY_SIZE(ways); i++) {
		test_case("%s, kernel", ways[i].name);
		hypercall_nr(MARK, MARK, MARK, MARK, MARK, MARK);
		CHECK(kernel_watch(ways[i].fn, TEST_VA)->vector >= 0);
		check_frame(&kernel_watch(ways[i].fn, TEST_VA)->regs);
		test_case("%s, user", ways[i].name);
		hypercall_nr(MARK, MARK, MARK, MARK, MARK, MARK);
		CHECK(user_watch(ways[i].fn, TEST_VA)->vector >= 0);
		check_frame(&user_watch(ways[i].fn, TEST_VA)->regs);
	}
	test_case("a system call");
	check_frame(user_run(waits, 0));
	port = event_bind_virq(VIRQ_TIMER, 0);
	event_unmask(port);
	old = trap_set_hook(take_event);
	for (unsigned int user = 0; user < 2; user++) {
		test_case("an event, %s", user ? "user" : "kernel");
		memset(&seen[user], 0, sizeof(seen[user]));
		/* It may come before we are ready, and is then no upcall. */
		for (unsigned int i = 0; i < 50 && !seen[user].vector; i++) {
			clock_set_timer(clock_ns() + 500 * NSEC_PER_USEC);
			if (user) {
				user_run(waits, 0);
			} else {
				events_enable();
				clock_spin(2 * NSEC_PER_MSEC);
				events_disable();
			}
		}
		CHECK_EQ(seen[user].vector, ENTRY_EVENT);
		check_frame(&seen[user]);
	}
	trap_set_hook(old);
	clock_set_timer(0);
	event_close(port);
}
