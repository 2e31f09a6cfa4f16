/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The domain is built as any toolstack would: its memory populated, its page
 * tables written in it, the root pinned, a context set. Each of its pages is
 * mapped in our tables, at PEER_WINDOW, as the frame of another domain.
 */
#include "common/peer.h"

#define PEER_WINDOW	0x0000300000000000UL

enum peer_command {
	PEER_IDLE, PEER_CALL, PEER_READ, PEER_WRITE, PEER_FPU_SET, PEER_FPU_GET,
	PEER_RUN, PEER_ECHO,
};

struct peer_box {
	volatile uint64_t command;
	volatile uint64_t arg[6];	/* PEER_ECHO: port, stop, came, in vain */
	volatile uint64_t result;
	volatile uint64_t fault;	/* vector + 1; 0: none */
	uint64_t unused[119];
	uint64_t start_regs[16];	/* at byte 1024 */
	uint64_t more_unused[16];
	uint64_t start_xmm[32];
};

_Static_assert(offsetof(struct peer_box, start_regs) == 1024, "as in the code");
_Static_assert(offsetof(struct peer_box, start_xmm) == 1280, "as in the code");

/*
 * The puppet's whole code, at PEER_VA. rbx: the box. Each exception stub
 * leaves its vector, plus 1, in the box and begins the loop anew.
 */
asm(".pushsection .rodata\n"
    ".globl peer_code, peer_code_end, peer_stub_pf, peer_stub_gp\n"
    ".globl peer_stub_ud, peer_stub_nm, peer_stub_event\n"
    "peer_code:\n"
    /* First of all: what did the registers hold? */
    "	mov $0x200000001400, %rsp\n"
    "	mov %rbx, 112(%rsp)\n"
    "	mov %rax, 0(%rsp)\n"
    "	mov %rcx, 8(%rsp)\n"
    "	mov %rdx, 16(%rsp)\n"
    "	mov %rbp, 24(%rsp)\n"
    "	mov %rsi, 32(%rsp)\n"
    "	mov %rdi, 40(%rsp)\n"
    "	mov %r8, 48(%rsp)\n"
    "	mov %r9, 56(%rsp)\n"
    "	mov %r10, 64(%rsp)\n"
    "	mov %r11, 72(%rsp)\n"
    "	mov %r12, 80(%rsp)\n"
    "	mov %r13, 88(%rsp)\n"
    "	mov %r14, 96(%rsp)\n"
    "	mov %r15, 104(%rsp)\n"
    "	movups %xmm0, 256(%rsp)\n"
    "	movups %xmm1, 272(%rsp)\n"
    "	movups %xmm2, 288(%rsp)\n"
    "	movups %xmm3, 304(%rsp)\n"
    "	movups %xmm4, 320(%rsp)\n"
    "	movups %xmm5, 336(%rsp)\n"
    "	movups %xmm6, 352(%rsp)\n"
    "	movups %xmm7, 368(%rsp)\n"
    "	movups %xmm8, 384(%rsp)\n"
    "	movups %xmm9, 400(%rsp)\n"
    "	movups %xmm10, 416(%rsp)\n"
    "	movups %xmm11, 432(%rsp)\n"
    "	movups %xmm12, 448(%rsp)\n"
    "	movups %xmm13, 464(%rsp)\n"
    "	movups %xmm14, 480(%rsp)\n"
    "	movups %xmm15, 496(%rsp)\n"
    "	mov $0x200000001000, %rbx\n"
    "	mov $0x200000003000, %rsp\n"
    "1:	mov (%rbx), %rax\n"
    "	cmp $1, %rax\n"
    "	je 2f\n"
    "	cmp $2, %rax\n"
    "	je 3f\n"
    "	cmp $3, %rax\n"
    "	je 4f\n"
    "	cmp $4, %rax\n"
    "	je 7f\n"
    "	cmp $5, %rax\n"
    "	je 8f\n"
    "	cmp $6, %rax\n"
    "	je 9f\n"
    "	cmp $7, %rax\n"
    "	je 10f\n"
    "	mov $29, %eax\n"		/* SCHEDOP_yield */
    "	xor %edi, %edi\n"
    "	xor %esi, %esi\n"
    "	syscall\n"
    "	jmp 1b\n"
    "2:	mov 8(%rbx), %rax\n"
    "	mov 16(%rbx), %rdi\n"
    "	mov 24(%rbx), %rsi\n"
    "	mov 32(%rbx), %rdx\n"
    "	mov 40(%rbx), %r10\n"
    "	mov 48(%rbx), %r8\n"
    "	syscall\n"
    "	mov %rax, 56(%rbx)\n"
    "5:	movq $0, (%rbx)\n"
    "	jmp 1b\n"
    "3:	mov 8(%rbx), %rsi\n"
    "	movzbl (%rsi), %eax\n"
    "	mov %rax, 56(%rbx)\n"
    "	jmp 5b\n"
    "4:	mov 8(%rbx), %rsi\n"
    "	mov 16(%rbx), %rax\n"
    "	mov %al, (%rsi)\n"
    "	jmp 5b\n"
    "7:	ldmxcsr 8(%rbx)\n"
    "	fldcw 16(%rbx)\n"
    "	movups 1280(%rbx), %xmm0\n"
    "	movups 1296(%rbx), %xmm1\n"
    "	movups 1312(%rbx), %xmm2\n"
    "	movups 1328(%rbx), %xmm3\n"
    "	movups 1344(%rbx), %xmm4\n"
    "	movups 1360(%rbx), %xmm5\n"
    "	movups 1376(%rbx), %xmm6\n"
    "	movups 1392(%rbx), %xmm7\n"
    "	movups 1408(%rbx), %xmm8\n"
    "	movups 1424(%rbx), %xmm9\n"
    "	movups 1440(%rbx), %xmm10\n"
    "	movups 1456(%rbx), %xmm11\n"
    "	movups 1472(%rbx), %xmm12\n"
    "	movups 1488(%rbx), %xmm13\n"
    "	movups 1504(%rbx), %xmm14\n"
    "	movups 1520(%rbx), %xmm15\n"
    "	jmp 5b\n"
    "8:	stmxcsr 8(%rbx)\n"
    "	fnstcw 16(%rbx)\n"
    "	movups %xmm0, 1280(%rbx)\n"
    "	movups %xmm1, 1296(%rbx)\n"
    "	movups %xmm2, 1312(%rbx)\n"
    "	movups %xmm3, 1328(%rbx)\n"
    "	movups %xmm4, 1344(%rbx)\n"
    "	movups %xmm5, 1360(%rbx)\n"
    "	movups %xmm6, 1376(%rbx)\n"
    "	movups %xmm7, 1392(%rbx)\n"
    "	movups %xmm8, 1408(%rbx)\n"
    "	movups %xmm9, 1424(%rbx)\n"
    "	movups %xmm10, 1440(%rbx)\n"
    "	movups %xmm11, 1456(%rbx)\n"
    "	movups %xmm12, 1472(%rbx)\n"
    "	movups %xmm13, 1488(%rbx)\n"
    "	movups %xmm14, 1504(%rbx)\n"
    "	movups %xmm15, 1520(%rbx)\n"
    "	jmp 5b\n"
    "9:	mov 16(%rbx), %rdi\n"
    "	mov 24(%rbx), %rsi\n"
    "	call *8(%rbx)\n"
    "	mov %rax, 56(%rbx)\n"
    "	jmp 5b\n"
    "peer_stub_pf:\n"
    "	movq $15, 64(%rbx)\n"
    "	jmp 6f\n"
    "peer_stub_gp:\n"
    "	movq $14, 64(%rbx)\n"
    "	jmp 6f\n"
    "peer_stub_nm:\n"
    "	movq $8, 64(%rbx)\n"
    "	jmp 6f\n"
    "peer_stub_ud:\n"
    "	movq $7, 64(%rbx)\n"
    "6:	mov $0x200000003000, %rsp\n"
    "	jmp 5b\n"
    /* Sleeps with open events; the upcall answers, and sleeps again. */
    "10:	mov $29, %eax\n"		/* SCHEDOP_block */
    "	mov $1, %edi\n"
    "	xor %esi, %esi\n"
    "	syscall\n"
    "	jmp 10b\n"
    "peer_stub_event:\n"
    "	mov $0x200000003000, %rsp\n"
    "	mov $0x200000007000, %rsi\n"	/* its shared_info */
    "	movb $0, (%rsi)\n"
    "	xor %eax, %eax\n"
    "	xchg %rax, 8(%rsi)\n"
    "	mov 8(%rbx), %rax\n"
    "	lock btr %rax, 2048(%rsi)\n"	/* evtchn_pending */
    "	jc 1f\n"
    "	incq 32(%rbx)\n"
    "	jmp 10b\n"
    "1:	incq 24(%rbx)\n"
    "	cmpq $0, 16(%rbx)\n"
    "	jne 5b\n"
    "	mov $32, %eax\n"		/* EVTCHNOP_send */
    "	mov $4, %edi\n"
    "	lea 8(%rbx), %rsi\n"
    "	syscall\n"
    "	jmp 10b\n"
    "peer_code_end:\n"
    ".popsection\n");

extern const char peer_code[], peer_code_end[], peer_stub_pf[];
extern const char peer_stub_gp[], peer_stub_ud[], peer_stub_nm[];
extern const char peer_stub_event[];

static unsigned long in_peer(const char *label)
{
	return PEER_VA + (label - peer_code);
}

static void must(const char *what, long err)
{
	if (err) {
		test_error("second domain: %s: %ld", what, err);
	}
}

static int map_foreign(struct peer *p, unsigned long va, unsigned long mfn,
		       uint64_t flags)
{
	struct mmu_update req = {
		.ptr = virt_to_maddr(pte_reach(kernel_root, va, 1)),
		.val = pte_make(mfn, flags),
	};

	return hc_mmu_update(&req, 1, NULL, p->id);
}

void *peer_page(struct peer *p, unsigned int n)
{
	unsigned long va = PEER_WINDOW + n * PAGE_SIZE;
	pte_t *entry = pte_reach(kernel_root, va, 1);

	if (!(*entry & PTE_P)) {
		must("map its page", map_foreign(p, va, p->mfn[n],
						 PTE_KERNEL));
	}
	return (void *)va;
}

static void unmap_page(unsigned int n)
{
	hc_update_va_mapping(PEER_WINDOW + n * PAGE_SIZE, 0, UVMF_INVLPG);
}

domid_t domain_new(void)
{
	struct xen_domctl op = {
		.cmd = XEN_DOMCTL_createdomain,
		.u.createdomain = {
			.max_vcpus = 1, .max_evtchn_port = 1023,
			.max_grant_frames = 4, .max_maptrack_frames = 4,
			.grant_opts = XEN_DOMCTL_GRANT_version(1),
		},
	};
	long err = hc_domctl(&op);

	if (err == -XEN_EPERM) {
		test_skip("not the control domain");
	}
	must("create", err);
	return op.domain;
}

void domain_set_limit(domid_t id, unsigned long pages)
{
	struct xen_domctl op = {
		.cmd = XEN_DOMCTL_max_mem, .domain = id,
		.u.max_mem.max_memkb = pages * 4,
	};

	must("max_mem", hc_domctl(&op));
}

static void give_memory(struct peer *p)
{
	struct xen_memory_reservation r = {
		.nr_extents = PEER_PAGES, .domid = p->id,
	};

	domain_set_limit(p->id, PEER_PAGES + 16);
	for (unsigned int i = 0; i < PEER_PAGES; i++) {
		p->mfn[i] = i;
	}
	set_xen_guest_handle(r.extent_start, p->mfn);
	must("memory", hc_memory_op(XENMEM_populate_physmap, &r) -
	     PEER_PAGES);
}

static unsigned int slot(int level)
{
	return PEER_VA >> (12 + 9 * (level - 1)) & 511;
}

static void write_tables(struct peer *p)
{
	pte_t *l1 = peer_page(p, PEER_L1);

	for (unsigned int i = 0; i < PEER_PAGES; i++) {
		bool table = i >= PEER_L1 && i <= PEER_L4;

		if (i == PEER_SHARED || i == PEER_GRANTS) {
			continue;
		}
		l1[slot(1) + i] = pte_make(p->mfn[i], table ?
					   PTE_USER & ~PTE_RW : PTE_USER);
	}
	((pte_t *)peer_page(p, PEER_L2))[slot(2)] =
		pte_make(p->mfn[PEER_L1], PTE_TABLE);
	((pte_t *)peer_page(p, PEER_L3))[slot(3)] =
		pte_make(p->mfn[PEER_L2], PTE_TABLE);
	((pte_t *)peer_page(p, PEER_L4))[slot(4)] =
		pte_make(p->mfn[PEER_L3], PTE_TABLE);
	for (unsigned int i = PEER_L1; i <= PEER_L4; i++) {
		unmap_page(i);
	}
}

static void set_trap(struct vcpu_guest_context *c, unsigned int vector,
		     const char *stub)
{
	c->trap_ctxt[vector] = (struct trap_info) {
		.vector = vector, .cs = FLAT_KERNEL_CS, .flags = 4,
		.address = in_peer(stub),
	};
}

static void set_context(struct peer *p)
{
	static struct vcpu_guest_context c;
	struct xen_domctl op = {
		.cmd = XEN_DOMCTL_setvcpucontext, .domain = p->id,
	};

	memset(&c, 0, sizeof(c));
	c.flags = VGCF_IN_KERNEL | VGCF_online;
	c.user_regs.rip = PEER_VA;
	c.user_regs.rsp = peer_va(PEER_STACK + 1);
	c.user_regs.rflags = FLAG_IF;
	c.user_regs.cs = FLAT_KERNEL_CS;
	c.user_regs.ss = FLAT_KERNEL_SS;
	c.kernel_ss = FLAT_KERNEL_SS;
	c.kernel_sp = peer_va(PEER_STACK + 1);
	c.ctrlreg[3] = xen_pfn_to_cr3(p->mfn[PEER_L4]);
	c.event_callback_eip = in_peer(peer_stub_event);
	c.failsafe_callback_eip = in_peer(peer_stub_ud);
	c.syscall_callback_eip = in_peer(peer_stub_ud);
	set_trap(&c, VEC_UD, peer_stub_ud);
	set_trap(&c, VEC_NM, peer_stub_nm);
	set_trap(&c, VEC_GP, peer_stub_gp);
	set_trap(&c, VEC_PF, peer_stub_pf);
	set_xen_guest_handle(op.u.vcpucontext.ctxt, &c);
	must("context", hc_domctl(&op));
}

/* It has no use for upcalls: masked, as for every new kernel. */
static void mask_events(struct peer *p)
{
	struct xen_domctl op = {
		.cmd = XEN_DOMCTL_getdomaininfo, .domain = p->id,
	};
	struct shared_info *s;

	must("info", hc_domctl(&op));
	p->mfn[PEER_SHARED] = op.u.getdomaininfo.shared_info_frame;
	s = peer_page(p, PEER_SHARED);
	s->vcpu_info[0].evtchn_upcall_mask = 1;
}

void peer_create(struct peer *p)
{
	struct xen_domctl op = { .cmd = XEN_DOMCTL_max_vcpus };
	struct mmuext_op pin = { .cmd = MMUEXT_PIN_L4_TABLE };

	p->id = domain_new();
	op.domain = p->id;
	op.u.max_vcpus.max = 1;
	must("vCPUs", hc_domctl(&op));
	give_memory(p);
	memcpy(peer_page(p, PEER_CODE), peer_code, peer_code_end - peer_code);
	p->box = peer_page(p, PEER_BOX);
	write_tables(p);
	pin.arg1.mfn = p->mfn[PEER_L4];
	must("pin", hc_mmuext_op(&pin, 1, NULL, p->id));
	mask_events(p);
	set_context(p);
	memset(&op, 0, sizeof(op));
	op.cmd = XEN_DOMCTL_unpausedomain;
	op.domain = p->id;
	must("unpause", hc_domctl(&op));
}

void domain_end(domid_t id)
{
	struct xen_domctl op = {
		.cmd = XEN_DOMCTL_destroydomain, .domain = id,
	};
	uint64_t end = clock_ns() + 2 * NSEC_PER_SEC;
	long err;

	do {
		err = hc_domctl(&op);
	} while (err == -XEN_EAGAIN);
	CHECK_EQ(err, 0);
	/* Its number is free when its last page is. */
	do {
		memset(&op, 0, sizeof(op));
		op.cmd = XEN_DOMCTL_getdomaininfo;
		op.domain = id;
		err = hc_domctl(&op);
		hc_sched_op(SCHEDOP_yield, NULL);
	} while (!err && op.domain == id && clock_ns() < end);
	CHECK(err || op.domain != id, "it is still there");
}

void peer_destroy(struct peer *p)
{
	unmap_slot(kernel_root, PEER_WINDOW);
	domain_end(p->id);
}

bool peer_has_ended(struct peer *p)
{
	struct xen_domctl op = {
		.cmd = XEN_DOMCTL_getdomaininfo, .domain = p->id,
	};

	return hc_domctl(&op) || op.domain != p->id ||
	       (op.u.getdomaininfo.flags &
		(XEN_DOMINF_shutdown | XEN_DOMINF_dying));
}

static void begin(struct peer *p, enum peer_command what)
{
	p->box->fault = 0;
	barrier();
	p->box->command = what;
}

static void command(struct peer *p, enum peer_command what)
{
	uint64_t end = clock_ns() + 8 * NSEC_PER_SEC;

	begin(p, what);
	while (p->box->command != PEER_IDLE) {
		hc_sched_op(SCHEDOP_yield, NULL);
		if (clock_ns() > end) {
			test_error("the second domain does not answer");
		}
	}
}

static void set_call(struct peer *p, unsigned int nr, unsigned long a1,
		     unsigned long a2, unsigned long a3, unsigned long a4)
{
	p->box->arg[0] = nr;
	p->box->arg[1] = a1;
	p->box->arg[2] = a2;
	p->box->arg[3] = a3;
	p->box->arg[4] = a4;
}

long peer_call(struct peer *p, unsigned int nr, unsigned long a1,
	       unsigned long a2, unsigned long a3, unsigned long a4)
{
	set_call(p, nr, a1, a2, a3, a4);
	command(p, PEER_CALL);
	return p->box->result;
}

void peer_call_start(struct peer *p, unsigned int nr, unsigned long a1,
		     unsigned long a2, unsigned long a3, unsigned long a4)
{
	set_call(p, nr, a1, a2, a3, a4);
	begin(p, PEER_CALL);
}

long peer_op(struct peer *p, unsigned int nr, unsigned long cmd, void *arg,
	     size_t size)
{
	unsigned int n = PEER_PAGES - 1;
	long ret;

	memcpy(peer_page(p, n), arg, size);
	ret = peer_call(p, nr, cmd, peer_va(n), 1, 0);
	memcpy(arg, peer_page(p, n), size);
	return ret;
}

int peer_read(struct peer *p, unsigned long va, unsigned char *value)
{
	p->box->arg[0] = va;
	command(p, PEER_READ);
	*value = p->box->result;
	return (int)p->box->fault - 1;
}

static void set_run(struct peer *p, const void *code, size_t size,
		    unsigned long arg, unsigned long arg2)
{
	unsigned int n = PEER_PAGES - 2;

	memcpy(peer_page(p, n), code, size);
	p->box->arg[0] = peer_va(n);
	p->box->arg[1] = arg;
	p->box->arg[2] = arg2;
}

int peer_run(struct peer *p, const void *code, size_t size, unsigned long arg,
	     unsigned long arg2, unsigned long *result)
{
	set_run(p, code, size, arg, arg2);
	command(p, PEER_RUN);
	*result = p->box->result;
	return (int)p->box->fault - 1;
}

void peer_run_start(struct peer *p, const void *code, size_t size,
		    unsigned long arg, unsigned long arg2)
{
	set_run(p, code, size, arg, arg2);
	begin(p, PEER_RUN);
}

volatile struct grant_entry_v1 *peer_grant_table(struct peer *p)
{
	struct gnttab_setup_table op = { .dom = DOMID_SELF, .nr_frames = 1 };
	xen_pfn_t *list = peer_page(p, PEER_DATA + 1);

	set_xen_guest_handle(op.frame_list,
			     (xen_pfn_t *)peer_va(PEER_DATA + 1));
	CHECK_EQ(peer_op(p, __HYPERVISOR_grant_table_op, GNTTABOP_setup_table,
			 &op, sizeof(op)), 0);
	CHECK_EQ(op.status, GNTST_okay);
	p->mfn[PEER_GRANTS] = *list;
	CHECK_EQ(peer_call(p, __HYPERVISOR_update_va_mapping,
			   peer_va(PEER_GRANTS), pte_make(*list, PTE_USER),
			   UVMF_INVLPG, 0), 0);
	return peer_page(p, PEER_GRANTS);
}

domid_t peer_spin(struct peer *p)
{
	static const unsigned char forever[] = { 0xeb, 0xfe };

	peer_run_start(p, forever, sizeof(forever), 0, 0);
	unmap_slot(kernel_root, PEER_WINDOW);
	return p->id;
}

bool peer_call_done(struct peer *p, long *result)
{
	*result = p->box->result;
	return p->box->command == PEER_IDLE;
}

uint64_t peer_start_register(struct peer *p, unsigned int n)
{
	return n < 15 ? p->box->start_regs[n] : p->box->start_xmm[n - 15];
}

/* What a binding left pending is not ours to answer. */
void peer_echo_begin(struct peer *p, evtchn_port_t port)
{
	struct shared_info *s = peer_page(p, PEER_SHARED);

	must("its shared_info",
	     peer_call(p, __HYPERVISOR_update_va_mapping, peer_va(PEER_SHARED),
		       pte_make(p->mfn[PEER_SHARED], PTE_USER), UVMF_INVLPG,
		       0));
	s->evtchn_pending[port / 64] &= ~(1UL << port % 64);
	s->vcpu_info[0].evtchn_pending_sel = 0;
	s->vcpu_info[0].evtchn_upcall_pending = 0;
	p->box->arg[0] = port;
	p->box->arg[1] = p->box->arg[2] = p->box->arg[3] = 0;
	begin(p, PEER_ECHO);
}

unsigned long peer_echo_end(struct peer *p, evtchn_port_t ours,
			    unsigned long *in_vain)
{
	uint64_t end = clock_ns() + 5 * NSEC_PER_SEC;

	p->box->arg[1] = true;
	event_send(ours);
	while (p->box->command != PEER_IDLE) {
		hc_sched_op(SCHEDOP_yield, NULL);
		if (clock_ns() > end) {
			test_error("the second domain's echo does not end");
		}
	}
	*in_vain = p->box->arg[3];
	return p->box->arg[2] - 1;
}

int peer_write(struct peer *p, unsigned long va, unsigned char value)
{
	p->box->arg[0] = va;
	p->box->arg[1] = value;
	command(p, PEER_WRITE);
	return (int)p->box->fault - 1;
}

void peer_fpu_set(struct peer *p, uint64_t value, unsigned int mxcsr,
		  unsigned int control)
{
	/* It has begun, and left there what it found. */
	peer_call(p, __HYPERVISOR_xen_version, XENVER_version, 0, 0, 0);
	for (unsigned int i = 0; i < 32; i++) {
		p->box->start_xmm[i] = value + i;
	}
	p->box->arg[0] = mxcsr;
	p->box->arg[1] = control;
	command(p, PEER_FPU_SET);
}

unsigned int peer_fpu_differs(struct peer *p, uint64_t value,
			      unsigned int mxcsr, unsigned int control)
{
	unsigned int n = 0;

	command(p, PEER_FPU_GET);
	for (unsigned int i = 0; i < 32; i++) {
		n += p->box->start_xmm[i] != value + i;
	}
	return n + ((uint32_t)p->box->arg[0] != mxcsr) +
	       ((uint16_t)p->box->arg[1] != control);
}
