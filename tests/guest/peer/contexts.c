/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * A vCPU's context as a hostile builder sets it. What the CPU could not hold is
 * refused, and the vCPU goes on as it was; what holds references (roots, GDT,
 * LDT) is not changed once it has been set; all else is taken, made harmless
 * where it must be, and at worst the domain dies of it, alone.
 *
 * From <xen/arch-x86/xen.h> (vcpu_guest_context), <xen/domctl.h>.
 */
#include "common/peer.h"

#define NONCANONICAL	0x0000800000000000UL
#define HYPERVISORS	0xffff830000100000UL

static struct peer p;
static struct vcpu_guest_context good, bad;

static long control(unsigned int cmd, struct vcpu_guest_context *c)
{
	struct xen_domctl op = { .cmd = cmd, .domain = p.id };

	if (c) {
		set_xen_guest_handle(op.u.vcpucontext.ctxt, c);
	}
	return hc_domctl(&op);
}

#define FIELD(f)	#f, offsetof(struct vcpu_guest_context, f), \
			sizeof(((struct vcpu_guest_context *)0)->f)

struct spoilt {
	const char *name;
	size_t at, size;
	uint64_t value;
};

static void spoil(const struct spoilt *s)
{
	bad = good;
	memcpy((char *)&bad + s->at, &s->value, s->size);
}

/* Paused, with the context that it stopped with. */
static void begin(void)
{
	peer_create(&p);
	/* It has begun. */
	peer_call(&p, __HYPERVISOR_xen_version, XENVER_version, 0, 0, 0);
	CHECK_EQ(control(XEN_DOMCTL_pausedomain, NULL), 0);
	CHECK_EQ(control(XEN_DOMCTL_getvcpucontext, &good), 0);
}

TEST(peer_context_refused, 0)
{
	static const struct {
		struct spoilt field;
		long want;
	} cases[] = {
		{ { FIELD(user_regs.rip), NONCANONICAL }, -XEN_EINVAL },
		{ { FIELD(user_regs.rsp), NONCANONICAL }, -XEN_EINVAL },
		{ { FIELD(kernel_sp), NONCANONICAL }, -XEN_EINVAL },
		{ { FIELD(event_callback_eip), NONCANONICAL }, -XEN_EINVAL },
		{ { FIELD(failsafe_callback_eip), NONCANONICAL }, -XEN_EINVAL },
		{ { FIELD(syscall_callback_eip), NONCANONICAL }, -XEN_EINVAL },
		{ { FIELD(fs_base), NONCANONICAL }, -XEN_EINVAL },
		{ { FIELD(gs_base_kernel), NONCANONICAL }, -XEN_EINVAL },
		{ { FIELD(gs_base_user), NONCANONICAL }, -XEN_EINVAL },
		{ { FIELD(trap_ctxt[13].address), NONCANONICAL }, -XEN_EINVAL },
		{ { FIELD(ldt_ents), 8193 }, -XEN_EINVAL },
		{ { FIELD(ldt_ents), ~0UL }, -XEN_EINVAL },
		{ { FIELD(gdt_ents), 8193 }, -XEN_EINVAL },
		{ { FIELD(gdt_ents), 1 }, -XEN_EOPNOTSUPP },
		{ { FIELD(ldt_ents), 1 }, -XEN_EOPNOTSUPP },
		{ { FIELD(ctrlreg[3]), 0x1000 }, -XEN_EOPNOTSUPP },
		{ { FIELD(ctrlreg[1]), 0x1000 }, -XEN_EOPNOTSUPP },
	};

	begin();
	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		test_case("%s %lx", cases[i].field.name,
			  cases[i].field.value);
		spoil(&cases[i].field);
		CHECK_EQ(control(XEN_DOMCTL_setvcpucontext, &bad),
			 cases[i].want);
		CHECK_EQ(control(XEN_DOMCTL_getvcpucontext, &bad), 0);
		CHECK_EQ(memcmp(&bad.user_regs, &good.user_regs,
				sizeof(good.user_regs)), 0);
		CHECK_EQ(memcmp(bad.trap_ctxt, good.trap_ctxt,
				sizeof(good.trap_ctxt)), 0);
		CHECK_EQ(bad.ctrlreg[3], good.ctrlreg[3]);
		CHECK_EQ(bad.gdt_ents, good.gdt_ents);
	}
	test_case("it goes on");
	CHECK_EQ(control(XEN_DOMCTL_unpausedomain, NULL), 0);
	CHECK_EQ(peer_call(&p, __HYPERVISOR_xen_version, XENVER_version, 0, 0,
			   0), 4 << 16 | 17);
	peer_destroy(&p);
}

/* Xen refuses one or the other of these; then there is nothing to survive. */
TEST(peer_context_harmless, 0)
{
	static const struct spoilt cases[] = {
		{ FIELD(user_regs.rip), HYPERVISORS },
		{ FIELD(user_regs.rip), 0 },
		{ FIELD(user_regs.rsp), HYPERVISORS },
		{ FIELD(user_regs.rflags), ~0UL },
		{ FIELD(user_regs.rflags), 0 },
		{ FIELD(user_regs.cs), 0xe008 },
		{ FIELD(user_regs.cs), 0 },
		{ FIELD(user_regs.ss), 0xe010 },
		{ FIELD(user_regs.ss), 0 },
		{ FIELD(user_regs.fs), 0xfff7 },
		{ FIELD(user_regs.gs), 0xe040 },
		{ FIELD(kernel_ss), 0xe010 },
		{ FIELD(event_callback_eip), HYPERVISORS },
		{ FIELD(ctrlreg[0]), ~0UL },
		{ FIELD(ctrlreg[4]), ~0UL },
		{ FIELD(debugreg[0]), HYPERVISORS },
		{ FIELD(debugreg[7]), ~0UL },
		{ FIELD(fpu_ctxt.x[24]), 0xff },
		{ FIELD(fpu_ctxt.x[27]), 0xff },
		{ FIELD(flags), 0 },
		{ FIELD(flags), ~0UL },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t end;
		long err, result;

		test_case("%s %lx", cases[i].name, cases[i].value);
		begin();
		spoil(&cases[i]);
		err = control(XEN_DOMCTL_setvcpucontext, &bad);
		CHECK(err == 0 || err == -XEN_EINVAL ||
		      err == -XEN_EOPNOTSUPP, "%ld", err);
		if (!err) {
			CHECK_EQ(control(XEN_DOMCTL_getvcpucontext, &bad), 0);
			CHECK(bad.user_regs.cs <= 3 ||
			      (bad.user_regs.cs & 3) == 3);
			CHECK(bad.user_regs.rflags & FLAG_IF);
		}
		CHECK_EQ(control(XEN_DOMCTL_unpausedomain, NULL), 0);
		peer_call_start(&p, __HYPERVISOR_xen_version, XENVER_version,
				0, 0, 0);
		end = clock_ns() + 5 * NSEC_PER_MSEC;
		while (!peer_call_done(&p, &result) && !peer_has_ended(&p) &&
		       clock_ns() < end) {
			hc_sched_op(SCHEDOP_yield, NULL);
		}
		peer_destroy(&p);
	}
}
