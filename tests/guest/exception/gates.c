/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Two kinds of gates. An entry of the trap table with bit 2 of its flags masks
 * events for its handler; without it the mask stays as it was, and an event can
 * come in the handler's midst. The frame has the mask from before, and iret
 * brings it back. The level of an entry (bits 0 and 1) is for int N alone:
 * exceptions come whatever it is.
 *
 * From <xen/arch-x86/xen.h>, TI_GET_IF and TI_GET_DPL.
 */
#include "common/snippet.h"

extern const char entry_exceptions[];

SNIPPET(g_ud2, "ud2");
SNIPPET(g_int3, "int3");
SNIPPET(g_int80, "int $0x80");
SNIPPET(g_read, "mov (%rdi), %al");
SNIPPET(g_gp, "mov %edi, %fs");

static const struct {
	const char *name;
	snippet_fn fn;
	unsigned long arg;
	unsigned int vector, level;
} cases[] = {
	{ "ud2", g_ud2, 0, VEC_UD, 0 },
	{ "ud2, level 3", g_ud2, 0, VEC_UD, 3 },
	{ "int3, level 0", g_int3, 0, VEC_BP, 0 },
	{ "int3, level 3", g_int3, 0, VEC_BP, 3 },
	{ "int $0x80", g_int80, 0, 0x80, 3 },
	{ "page fault", g_read, TEST_VA, VEC_PF, 0 },
	{ "page fault, level 2", g_read, TEST_VA, VEC_PF, 2 },
	{ "general protection", g_gp, 0x78, VEC_GP, 0 },
};

static void set(unsigned int n, bool masks)
{
	struct trap_info t[2] = {
		{ .vector = cases[n].vector, .cs = FLAT_KERNEL_CS,
		  .flags = cases[n].level | (masks ? 4 : 0),
		  .address = (unsigned long)entry_exceptions +
			     cases[n].vector * 16 },
	};

	CHECK_EQ(hc_set_trap_table(t), 0);
}

static void end(void)
{
	CHECK_EQ(hypercall(__HYPERVISOR_set_trap_table, 0, 0, 0, 0, 0), 0);
	trap_init();
	events_disable();
}

TEST(gate_masks, 0)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(cases) * 8; i++) {
		unsigned int n = i / 8;
		bool masks = i & 1, masked = i & 2, user = i & 4;
		const struct sighting *seen;

		test_case("%s from %s, gate %s, events %s", cases[n].name,
			  user ? "user" : "kernel", masks ? "masks" : "leaves",
			  masked ? "masked" : "unmasked");
		set(n, masks);
		if (user) {
			struct regs r = user_regs(cases[n].fn, cases[n].arg);

			r.rflags = masked ? 0 : FLAG_IF;
			seen = user_watch_regs(&r);
		} else {
			if (masked) {
				events_disable();
			} else {
				events_enable();
			}
			seen = kernel_watch(cases[n].fn, cases[n].arg);
			CHECK_EQ(this_cpu()->info->evtchn_upcall_mask, masked);
			events_disable();
		}
		CHECK_EQ(seen->vector, cases[n].vector);
		CHECK_EQ(seen->events_masked, masks || masked);
		CHECK_EQ(seen->regs.upcall_mask, masked);
		CHECK_EQ(seen->regs.rflags & FLAG_IF, masked ? 0 : FLAG_IF);
	}
	end();
}

static unsigned int upcalls_inside;
static bool inside;
static int port;

static bool send_inside(struct regs *regs)
{
	if (regs->vector == ENTRY_EVENT) {
		upcalls_inside += inside;
	} else if (regs->vector == VEC_UD) {
		inside = true;
		event_send(port);
		hc_xen_version(XENVER_version, NULL);
		inside = false;
	}
	return false;
}

static void ignore(evtchn_port_t p, void *arg)
{
	(void)p;
	(void)arg;
}

/* An event that is sent in a handler comes there, or behind its iret. */
TEST(gate_event_inside, 0)
{
	port = event_bind_ipi(0);
	CHECK(port > 0);
	event_set_handler(port, ignore, NULL);
	for (unsigned int masks = 0; masks < 2; masks++) {
		struct fault f;

		test_case(masks ? "masked" : "not masked");
		set(0, masks);
		upcalls_inside = 0;
		trap_set_hook(send_inside);
		events_enable();
		TRY(f, "ud2", : : : "memory");
		trap_set_hook(NULL);
		CHECK_EQ(f.vector, VEC_UD);
		CHECK_EQ(upcalls_inside, !masks);
		CHECK_EQ(this_cpu()->info->evtchn_upcall_pending, 0);
		events_disable();
	}
	end();
	event_close(port);
}

SNIPPET(g_syscall, "mov $0x33, %eax\n syscall\n nop");

/* Without a syscall callback the instruction is not there. */
TEST(syscall_no_callback, 0)
{
	struct callback_register cb = { .type = CALLBACKTYPE_syscall };
	const struct regs *got;

	CHECK_EQ(hc_callback_op(CALLBACKOP_register, &cb), 0);
	got = user_run(g_syscall, 0);
	CHECK_EQ(got->vector, VEC_UD);
	CHECK_EQ(got->rip, (uint64_t)g_syscall + 5);
	trap_init();
	CHECK_EQ(user_run(g_syscall, 0)->vector, ENTRY_SYSCALL);
}
