/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Flags across every way into the kernel and every way back. The frame has
 * them as they were. The handler begins with TF, NT, AC, RF, IOPL and VM off
 * whatever was interrupted, with IF on (the event mask takes its place), with
 * DF off behind a system call and as it was behind all else. An iret gives
 * back what its frame says, but IOPL and VM, by sysret's frame too; a hypercall
 * what it found. A kernel that single-steps itself stops behind each
 * instruction, also behind one that is emulated, and behind a hypercall.
 *
 * From Intel's SDM, volume 3, 6.12.1 and 17.3.1, and the frames of
 * <xen/arch-x86/xen-x86_64.h>.
 */
#include "common/audit.h"
#include "common/snippet.h"

/* Notes the flags of a handler's first instruction, and goes on to it. */
#define PEEK(name, target)						\
	extern const char name[];					\
	asm(".pushsection .text\n.balign 16\n"				\
	    #name ":\n	pushfq\n	popq flags_peeked(%rip)\n"	\
	    "	jmp " target "\n.popsection")

uint64_t flags_peeked;

PEEK(peek_de, "entry_exceptions + 0 * 16");
PEEK(peek_bp, "entry_exceptions + 3 * 16");
PEEK(peek_of, "entry_exceptions + 4 * 16");
PEEK(peek_ud, "entry_exceptions + 6 * 16");
PEEK(peek_gp, "entry_exceptions + 13 * 16");
PEEK(peek_pf, "entry_exceptions + 14 * 16");
PEEK(peek_80, "entry_exceptions + 0x80 * 16");
PEEK(peek_nmi, "entry_exceptions + 2 * 16");
PEEK(peek_syscall, "entry_syscall");
PEEK(peek_sysenter, "entry_sysenter");
PEEK(peek_event, "entry_event");

/* In the kernel the flags are an argument; iret sets them for user mode. */
#define WITH_FLAGS(name, text)						\
	SNIPPET(user_##name, text);					\
	SNIPPET(kernel_##name, "push %rdi\n popfq\n" text)

WITH_FLAGS(de, "div %r15b");
WITH_FLAGS(bp, "int3");
WITH_FLAGS(of, "int $4");
WITH_FLAGS(ud, "ud2");
WITH_FLAGS(gp, "mov %r14d, %fs");
WITH_FLAGS(pf, "mov %al, 1");
WITH_FLAGS(80, "int $0x80");
SNIPPET(user_syscall, "syscall");
SNIPPET(user_sysenter, "sysenter");

static const struct {
	const char *name;
	unsigned int vector;
	const char *peek;
	snippet_fn user, kernel;
} entries[] = {
	{ "divide error", VEC_DE, peek_de, user_de, kernel_de },
	{ "breakpoint", VEC_BP, peek_bp, user_bp, kernel_bp },
	{ "int $4", VEC_OF, peek_of, user_of, kernel_of },
	{ "invalid opcode", VEC_UD, peek_ud, user_ud, kernel_ud },
	{ "general protection", VEC_GP, peek_gp, user_gp, kernel_gp },
	{ "page fault", VEC_PF, peek_pf, user_pf, kernel_pf },
	{ "int $0x80", 0x80, peek_80, user_80, kernel_80 },
	{ "syscall", ENTRY_SYSCALL, peek_syscall, user_syscall, NULL },
	{ "sysenter", ENTRY_SYSENTER, peek_sysenter, user_sysenter, NULL },
};

static const uint64_t flags[] = {
	0, FLAG_CF, FLAG_TF, FLAG_DF, FLAG_NT, FLAG_AC, FLAG_ID, FLAG_IOPL,
	FLAG_CF | FLAG_TF | FLAG_DF | FLAG_NT | FLAG_AC | FLAG_ID,
};

#define ALL_FLAGS	(FLAG_CF | FLAG_TF | FLAG_DF | FLAG_NT | FLAG_AC | \
			 FLAG_ID | FLAG_IOPL)
#define NEVER_INSIDE	(FLAG_TF | FLAG_NT | FLAG_AC | FLAG_RF | FLAG_IOPL | \
			 1UL << 17)

static void register_callback(unsigned int type, const char *address)
{
	struct callback_register cb = {
		.type = type, .flags = CALLBACKF_mask_events,
		.address = (unsigned long)address,
	};

	hc_callback_op(CALLBACKOP_register, &cb);
}

static void begin(void)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(entries); i++) {
		struct trap_info t[2] = {
			{ .vector = entries[i].vector, .cs = FLAT_KERNEL_CS,
			  .flags = 3 | 4,
			  .address = (unsigned long)entries[i].peek },
		};

		if (entries[i].vector < 256) {
			CHECK_EQ(hc_set_trap_table(t), 0);
		}
	}
	register_callback(CALLBACKTYPE_syscall, peek_syscall);
	register_callback(CALLBACKTYPE_sysenter, peek_sysenter);
	register_callback(CALLBACKTYPE_event, peek_event);
}

static void end(void)
{
	CHECK_EQ(hypercall(__HYPERVISOR_set_trap_table, 0, 0, 0, 0, 0), 0);
	trap_init();
}

/* What is seen of an entry made with `put`; IOPL is not ring 3's to set. */
static void check_entry(uint64_t put, uint64_t frame, bool clears_df)
{
	uint64_t want = put & ~FLAG_IOPL;
	uint64_t kept = FLAG_ID | (clears_df ? 0 : FLAG_CF | FLAG_DF);

	CHECK_EQ(frame & ALL_FLAGS, want);
	CHECK_EQ(flags_peeked & NEVER_INSIDE, 0);
	CHECK_EQ(flags_peeked & FLAG_IF, FLAG_IF);
	CHECK_EQ(flags_peeked & kept, want & kept);
	if (clears_df && on_paravane()) {
		CHECK_EQ(flags_peeked & FLAG_DF, 0);
	}
}

/*
 * Differs from Xen 4.17: DF is clear in the handler of a system call, as behind
 * the CPU's own instruction; Xen leaves it as user mode had it.
 */
TEST(flags_into_kernel_from_user, 0)
{
	begin();
	for (unsigned int e = 0; e < ARRAY_SIZE(entries); e++) {
		for (unsigned int i = 0; i < ARRAY_SIZE(flags); i++) {
			struct regs r = user_regs(entries[e].user, 0);
			const struct regs *got;
			bool callback = entries[e].vector >= 256;

			test_case("%s, %lx", entries[e].name, flags[i]);
			r.rflags |= flags[i];
			r.r14 = 0x7b;		/* an empty descriptor */
			flags_peeked = 0;
			got = user_run_regs(&r);
			if (entries[e].vector == ENTRY_SYSENTER &&
			    got->vector == VEC_UD) {
				continue;	/* AMD has none */
			}
			CHECK_EQ(got->vector, entries[e].vector);
			check_entry(flags[i], got->rflags, callback);
			CHECK_EQ(got->rflags & FLAG_IF, FLAG_IF);
		}
	}
	end();
}

TEST(flags_into_kernel_from_kernel, 0)
{
	begin();
	for (unsigned int e = 0; e < ARRAY_SIZE(entries); e++) {
		for (unsigned int i = 0; i < ARRAY_SIZE(flags); i++) {
			const struct sighting *seen;

			if (!entries[e].kernel) {
				continue;
			}
			test_case("%s, %lx", entries[e].name, flags[i]);
			flags_peeked = 0;
			asm volatile("xor %%r15d, %%r15d\n mov $0x7b, %%r14d"
				     : : : "r14", "r15");
			seen = kernel_watch(entries[e].kernel,
					    flags[i] | FLAG_IF);
			CHECK_EQ(seen->vector, entries[e].vector);
			check_entry(flags[i], seen->regs.rflags, false);
		}
	}
	end();
}

static struct regs upcall;
static unsigned int upcalls;
static bool on_upcall(struct regs *regs)
{
	if (regs->vector != ENTRY_EVENT && regs->vector != VEC_NMI) {
		return false;
	}
	upcall = *regs;
	upcalls++;
	return regs->vector == VEC_NMI;
}

static void no_handler(evtchn_port_t port, void *arg)
{
	(void)port;
	(void)arg;
}

/* An event in front of user mode's first instruction. */
TEST(flags_into_upcall, 0)
{
	int port = event_bind_ipi(0);

	CHECK(port > 0);
	event_set_handler(port, no_handler, NULL);
	begin();
	for (unsigned int i = 0; i < ARRAY_SIZE(flags); i++) {
		struct regs r = user_regs(user_ud, 0);
		trap_hook_t old = trap_set_hook(on_upcall);
		const struct regs *got;

		test_case("%lx", flags[i]);
		events_disable();
		CHECK_EQ(event_send(port), 0);
		r.rflags |= flags[i];
		upcalls = 0;
		flags_peeked = 0;
		got = user_run_regs(&r);
		trap_set_hook(old);
		CHECK_EQ(upcalls, 1);
		CHECK_EQ(upcall.cs, USER_CS);
		check_entry(flags[i], upcall.rflags, false);
		/* Then user mode has gone on with its own. */
		CHECK_EQ(got->vector, VEC_UD);
		CHECK_EQ(got->rflags & ALL_FLAGS, flags[i] & ~FLAG_IOPL);
	}
	end();
	event_close(port);
}

/* send_nmi(self), with flags set right in front of it. */
SNIPPET(kernel_nmi, "mov %rdi, %r12\n mov $24, %eax\n mov $11, %edi\n"
	"	xor %esi, %esi\n xor %edx, %edx\n push %r12\n popfq\n syscall\n"
	"	pushfq\n pop %rax\n push $0x202\n popfq");

TEST(flags_into_nmi, 0)
{
	struct callback_unregister gone = { .type = CALLBACKTYPE_nmi };

	register_callback(CALLBACKTYPE_nmi, peek_nmi);
	for (unsigned int i = 0; i < ARRAY_SIZE(flags); i++) {
		uint64_t put = flags[i] & ~FLAG_TF;
		trap_hook_t old = trap_set_hook(on_upcall);
		uint64_t back;

		test_case("%lx", flags[i]);
		upcalls = 0;
		flags_peeked = 0;
		back = kernel_nmi(put | FLAG_IF);
		trap_set_hook(old);
		CHECK_EQ(upcalls, 1);
		CHECK_EQ(upcall.vector, VEC_NMI);
		check_entry(put, upcall.rflags, false);
		CHECK_EQ(back & ALL_FLAGS, put & ~FLAG_IOPL);
	}
	CHECK_EQ(hc_callback_op(CALLBACKOP_unregister, &gone), 0);
	trap_init();
}

/* Back to user mode, by both frames: what its own pushf reads. */
SNIPPET(read_flags, "pushfq\n pop %rax\n push $0x202\n popfq\n syscall");

TEST(flags_back_to_user, 0)
{
	for (unsigned int by = 0; by < 2; by++) {
		for (unsigned int i = 0; i < ARRAY_SIZE(flags); i++) {
			struct regs r = user_regs(read_flags, 0);
			const struct regs *got;
			uint64_t done;

			test_case("%lx, VGCF_in_syscall %u", flags[i], by);
			r.error = by ? VGCF_in_syscall : 0;
			r.rflags |= flags[i];
			got = user_run_regs(&r);
			if (flags[i] & FLAG_TF) {
				/* sysret may stop in front of the first. */
				CHECK_EQ(got->vector, VEC_DB);
				done = got->rip - (uint64_t)read_flags;
				CHECK(done == 1 || (by && !done), "%lu", done);
				CHECK_EQ(got->rflags & ALL_FLAGS,
					 flags[i] & ~FLAG_IOPL);
				continue;
			}
			CHECK_EQ(got->vector, ENTRY_SYSCALL);
			CHECK_EQ(got->rax & ALL_FLAGS, flags[i] & ~FLAG_IOPL);
			CHECK_EQ(got->rax & FLAG_IF, FLAG_IF);
		}
	}
	hc_set_debugreg(6, 0);
}

#define XEN_VERSION	"xor %esi, %esi\n mov $17, %eax\n"
#define TF_FROM_HERE	"push %rdi\n popfq\n"

SNIPPET(step_plain, "xor %eax, %eax\n" TF_FROM_HERE
	"nop\nstep_plain_stop: nop\n nop");
SNIPPET(step_cr0, TF_FROM_HERE
	"mov %cr0, %rax\nstep_cr0_stop: nop\n nop");
SNIPPET(step_cpuid, "mov $0x40000000, %eax\n" TF_FROM_HERE
	".byte 0x0f,0x0b,0x78,0x65,0x6e\n cpuid\nstep_cpuid_stop: nop\n nop");
SNIPPET(step_hypercall, "mov %rdi, %r12\n xor %edi, %edi\n" XEN_VERSION
	"push %r12\n popfq\n syscall\nstep_hypercall_stop: nop\n nop");
extern const char step_plain_stop[], step_cr0_stop[], step_cpuid_stop[];
extern const char step_hypercall_stop[];

TEST(single_step_kernel, 0)
{
	static const struct {
		const char *name;
		snippet_fn fn;
		const char *stop;
		unsigned int late;	/* may stop so much behind it */
	} cases[] = {
		{ "nop", step_plain, step_plain_stop, 0 },
		{ "mov %cr0, %rax", step_cr0, step_cr0_stop, 0 },
		{ "forced cpuid", step_cpuid, step_cpuid_stop, 0 },
		{ "hypercall", step_hypercall, step_hypercall_stop, 1 },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct sighting *seen;

		test_case("%s", cases[i].name);
		CHECK_EQ(hc_set_debugreg(6, 0), 0);
		seen = kernel_watch(cases[i].fn, FLAG_IF | FLAG_TF);
		CHECK_EQ(seen->vector, VEC_DB);
		CHECK(seen->regs.rip - (uint64_t)cases[i].stop <=
		      cases[i].late, "%lx behind",
		      seen->regs.rip - (uint64_t)cases[i].stop);
		CHECK_EQ(seen->regs.cs, KERNEL_CS);
		CHECK_EQ(hc_get_debugreg(6) & 1 << 14, 1 << 14);
	}
	CHECK_EQ(hc_set_debugreg(6, 0), 0);
}
