/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * What two domains do with each other, at the lowest price: this kernel is
 * domain 0, and the other is the puppet of tests/guest/common/peer.c with a
 * few instructions of its own: it blocks, and answers an event by one.
 */
#include "bench/workloads/pair.h"
#include "common/peer.h"

/* In the other domain: its code, an argument, a page that it grants. */
#define PAIR_CODE	PEER_DATA
#define PAIR_ARG	(PEER_DATA + 1)
#define PAIR_GRANTED	(PEER_DATA + 2)
#define PAIR_REF	8

#define WINDOW_VA	0x0000180000000000UL

/*
 * The other's upcall: takes its one event, answers, and returns into the loop
 * below, from wherever it came. Addresses are those of the peer's pages:
 * shared_info (its pending word is at byte 2048), code, argument.
 */
asm(".pushsection .rodata\n"
    "pair_upcall:\n"
    "	mov $0x200000007000, %rbx\n"
    "	movb $0, (%rbx)\n"
    "	xor %eax, %eax\n"
    "	xchg %rax, 8(%rbx)\n"
    "	xor %eax, %eax\n"
    "	xchg %rax, 2048(%rbx)\n"
    "	mov $32, %eax\n"		/* event_channel_op, send */
    "	mov $4, %edi\n"
    "	mov $0x20000000a000, %rsi\n"
    "	syscall\n"
    "	movabs $0x200000009000 + (pair_loop - pair_upcall), %rax\n"
    "	mov %rax, 16(%rsp)\n"
    "	pop %rcx\n"
    "	pop %r11\n"
    "	push $0\n"			/* iret: flags, rcx, r11, rax */
    "	push %rcx\n"
    "	push %r11\n"
    "	push %rax\n"
    "	mov $23, %eax\n"
    "	syscall\n"
    "pair_loop:\n"
    "	mov $29, %eax\n"		/* sched_op, block */
    "	mov $1, %edi\n"
    "	xor %esi, %esi\n"
    "	syscall\n"
    "	jmp pair_loop\n"
    "pair_end:\n"
    ".popsection\n");

extern const char pair_upcall[], pair_end[];

_Static_assert(PEER_SHARED == 7 && PAIR_CODE == 9 && PAIR_ARG == 10,
	       "as in the code");
_Static_assert(offsetof(struct shared_info, evtchn_pending) == 2048,
	       "as in the code");

static struct peer other;
static evtchn_port_t port;
static volatile unsigned int received;

/* What peer.c says goes wrong ends a benchmark. */
void test_error(const char *fmt, ...)
{
	panic("the second domain: %s", fmt);
}

void test_skip(const char *fmt, ...)
{
	panic("no second domain: %s", fmt);
}

bool test_check(bool holds, const char *file, int line, const char *what,
		const char *fmt, ...)
{
	(void)fmt;
	if (!holds) {
		panic("%s:%d: %s", file, line, what);
	}
	return holds;
}

bool test_check_eq(long got, long want, const char *file, int line,
		   const char *got_text, const char *want_text)
{
	if (got != want) {
		panic("%s:%d: %s is %ld, not %s", file, line, got_text, got,
		      want_text);
	}
	return true;
}

/* For peer_destroy(), which is not called: the machine ends before. */
void unmap_slot(pte_t *root, unsigned long va)
{
	panic("unmap_slot(%p, %lx)", root, va);
}

static void must(const char *what, long err)
{
	if (err) {
		panic("second domain: %s: %ld", what, err);
	}
}

static void on_answer(evtchn_port_t p, void *arg)
{
	(void)p;
	(void)arg;
	received++;
}

/* The other's view of a frame that is shared with it. */
static void show_frame(unsigned int page, unsigned long mfn)
{
	must("map", peer_call(&other, __HYPERVISOR_update_va_mapping,
			      peer_va(page), pte_make(mfn, PTE_USER),
			      UVMF_INVLPG, 0));
	other.mfn[page] = mfn;
}

static void prepare_events(void)
{
	struct xen_domctl info = {
		.cmd = XEN_DOMCTL_getdomaininfo, .domain = other.id,
	};
	struct evtchn_bind_interdomain bind = { .remote_dom = 0 };
	int p = event_alloc_unbound(DOMID_SELF, other.id);

	if (p < 0) {
		panic("no port: %d", p);
	}
	port = p;
	must("info", hc_domctl(&info));
	show_frame(PEER_SHARED, info.u.getdomaininfo.shared_info_frame);
	bind.remote_port = port;
	must("bind", peer_op(&other, __HYPERVISOR_event_channel_op,
			     EVTCHNOP_bind_interdomain, &bind, sizeof(bind)));
	*(evtchn_port_t *)peer_page(&other, PAIR_ARG) = bind.local_port;
	memcpy(peer_page(&other, PAIR_CODE), pair_upcall,
	       pair_end - pair_upcall);
	must("callbacks", peer_call(&other, __HYPERVISOR_set_callbacks,
				    peer_va(PAIR_CODE), peer_va(PAIR_CODE),
				    peer_va(PAIR_CODE), 0));
}

static void prepare_grant(void)
{
	unsigned long *frame = peer_page(&other, PAIR_GRANTED);
	volatile struct grant_entry_v1 *e;
	struct gnttab_setup_table op = { .dom = DOMID_SELF, .nr_frames = 1 };

	set_xen_guest_handle(op.frame_list,
			     (xen_pfn_t *)peer_va(PAIR_GRANTED));
	must("setup_table", peer_op(&other, __HYPERVISOR_grant_table_op,
				    GNTTABOP_setup_table, &op, sizeof(op)));
	must("setup_table", op.status);
	show_frame(PEER_GRANTS, *frame);
	e = peer_page(&other, PEER_GRANTS);
	e[PAIR_REF].domid = 0;
	e[PAIR_REF].frame = other.mfn[PAIR_GRANTED];
	e[PAIR_REF].flags = GTF_permit_access;
}

void pair_begin(void)
{
	pte_reach(kernel_root, WINDOW_VA, 1);
	peer_create(&other);
	prepare_grant();
	prepare_events();
	event_set_handler(port, on_answer, NULL);
	/* It blocks; the event of the binding itself comes and is answered. */
	peer_call_start(&other, __HYPERVISOR_sched_op, SCHEDOP_block, 0, 0, 0);
	for (unsigned int i = 0; i < 100; i++) {
		hc_sched_op(SCHEDOP_yield, NULL);
	}
}

void event_between(int n)
{
	while (n--) {
		unsigned int before = received;

		/* Masked, or the answer could come just before we block. */
		events_disable();
		event_send(port);
		while (received == before) {
			hc_sched_op(SCHEDOP_block, NULL);
			events_disable();
		}
		events_enable();
	}
}

void grant_map_between(int n)
{
	while (n--) {
		struct gnttab_map_grant_ref map = {
			.host_addr = WINDOW_VA, .flags = GNTMAP_host_map,
			.ref = PAIR_REF, .dom = other.id,
		};
		struct gnttab_unmap_grant_ref unmap = { .host_addr = WINDOW_VA };

		hc_grant_table_op(GNTTABOP_map_grant_ref, &map, 1);
		must("grant map", map.status);
		unmap.handle = map.handle;
		hc_grant_table_op(GNTTABOP_unmap_grant_ref, &unmap, 1);
		must("grant unmap", unmap.status);
	}
}

void grant_copy_between(int n)
{
	static char page[PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));

	while (n--) {
		struct gnttab_copy op = {
			.source = { .u.ref = PAIR_REF, .domid = other.id },
			.dest = { .u.gmfn = virt_to_mfn(page),
				  .domid = DOMID_SELF },
			.len = PAGE_SIZE, .flags = GNTCOPY_source_gref,
		};

		hc_grant_table_op(GNTTABOP_copy, &op, 1);
		must("grant copy", op.status);
	}
}
