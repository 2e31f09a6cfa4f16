/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * QEMU plugin: counts executed instructions, split by whose they are, and the
 * privileged events that cost time on real processors.  A benchmark program
 * inside the guest brackets each measurement with two marker instructions
 * (workloads/mark.h); at the second, one line goes to the output file, with
 * the counts in the order of the enum below.  An end without a beginning
 * counts from the last one, or from power-on.
 *
 * "hv" is what executes in 0xffff800000000000 .. 0xffff87ffffffffff, the range
 * that the PV ABI gives to the hypervisor; other high addresses are the guest
 * kernel's, low ones user programs'.  Under hardware virtualization (SVM,
 * which QEMU emulates) the guest is what runs from VMRUN to the instruction
 * behind it, and all else, the host's kernel and its VMM, counts as "hv".
 * Counts are exact: QEMU adds them up inside the translated code.
 *
 * With split=on, each stay in the hypervisor, from its first instruction to the
 * guest's next, is told by what began it, and behind the counts stand words
 * KIND:TIMES:INSTRUCTIONS. A kind is the number of a hypercall (the
 * constant that a guest's kernel put into EAX just before; 65 if it was none,
 * as when Linux makes a call that it has collected), 64 for a SYSCALL of a user
 * program, or 100 and an exception's or interrupt's vector (356 if unknown).
 *
 * Arguments: out=FILE; split=on; hist=FILE adds, for every hypervisor address
 * executed inside the last bracket, "address count" lines (bench/run --profile
 * turns them into functions).  Lines "total first N" and "total start N" say
 * how many there were before the first at the hypervisor's addresses, and
 * before the first of Linux's kernel.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "qemu_plugin.h"

PLUGIN_EXPORT int qemu_plugin_version = 1;

/*
 * Instructions of the hypervisor, kernels, programs; then events: address
 * space loads by a kernel and by the hypervisor, loads of CR4 (which flush),
 * INVLPG and INVPCID, ways into ring 0 and back, entries into a virtual
 * machine.
 */
enum {
	HV, KERNEL, USER, CR3, HV_CR3, CR4, INVLPG, SYSCALL, SYSRET, IRET,
	VMRUN, NR
};

static uint64_t count[NR], begun[NR];
static FILE *out;

/* What ran between VMRUN and its end since the last marker; see settle(). */
static uint64_t inside[NR], at_vmrun[NR];
static bool in_guest;

#define HV_START	0xffff800000000000ULL
#define HV_END		0xffff880000000000ULL
#define LINUX_START	0xffffffff80000000ULL

/* One counter for each byte of the hypervisor's image, for hist=. */
#define IMAGE_START	0xffff828000000000ULL
#define IMAGE_SIZE	(1U << 20)
static uint64_t *hist, *hist_begun;
static const char *hist_name;

static const uint8_t marker[] = { 0x0f, 0x1f, 0x80 };
#define MARK_BEGIN	0x50560001U
#define MARK_END	0x50560002U

enum {
	USER_SYSCALL = 64, COLLECTED, TRAP = 100, TRAP_UNKNOWN = TRAP + 256,
	NR_KINDS
};

/* Stays in the hypervisor by kind: how many, and instructions in them. */
struct stay {
	uint64_t times, instructions;
};

static struct stay stays[NR_KINDS], stays_begun[NR_KINDS];
static bool split, in_hv;
#define NO_KIND		NR_KINDS
static unsigned int kind = NO_KIND;	/* of the stay, or of one that begins */
static uint64_t hv_at_entry;

static void settle(void)
{
	for (int i = 0; in_guest && i < NR; i++) {
		inside[i] += count[i] - at_vmrun[i];
		at_vmrun[i] = count[i];
	}
}

static void on_vmrun(unsigned int vcpu, void *data)
{
	(void)vcpu;
	(void)data;
	memcpy(at_vmrun, count, sizeof(count));
	in_guest = true;
}

static void on_vmexit(unsigned int vcpu, void *data)
{
	(void)vcpu;
	(void)data;
	settle();
	in_guest = false;
}

static void on_begin(unsigned int vcpu, void *data)
{
	(void)vcpu;
	(void)data;
	settle();
	memset(inside, 0, sizeof(inside));
	memcpy(begun, count, sizeof(begun));
	memcpy(stays_begun, stays, sizeof(stays));
	if (hist) {
		memcpy(hist_begun, hist, IMAGE_SIZE * sizeof(*hist));
	}
}

static void write_hist(void)
{
	FILE *f = fopen(hist_name, "w");

	for (unsigned int i = 0; f && i < IMAGE_SIZE; i++) {
		if (hist[i] != hist_begun[i]) {
			fprintf(f, "%llx %" PRIu64 "\n", IMAGE_START + i,
				hist[i] - hist_begun[i]);
		}
	}
	if (f) {
		fclose(f);
	}
}

static void write_stays(void)
{
	for (unsigned int i = 0; i < NR_KINDS; i++) {
		uint64_t times = stays[i].times - stays_begun[i].times;

		if (times) {
			fprintf(out, "%u:%" PRIu64 ":%" PRIu64 " ", i, times,
				stays[i].instructions -
				stays_begun[i].instructions);
		}
	}
	fputc('\n', out);
}

static void on_end(unsigned int vcpu, void *data)
{
	uint64_t n[NR];

	for (int i = 0; i < NR; i++) {
		n[i] = count[i] - begun[i];
	}
	if (in_guest || n[VMRUN]) {
		settle();
		n[HV] = n[KERNEL] + n[USER] - inside[KERNEL] - inside[USER];
		n[KERNEL] = inside[KERNEL];
		n[USER] = inside[USER];
		n[HV_CR3] = n[CR3] - inside[CR3];
		n[CR3] = inside[CR3];
	}
	for (int i = 0; i < NR; i++) {
		fprintf(out, "%" PRIu64 " ", n[i]);
	}
	write_stays();
	fflush(out);
	if (hist) {
		write_hist();
	}
	on_begin(vcpu, data);
}

/* The last constant in EAX, and how many instructions kernels had executed. */
static unsigned int eax;
static uint64_t eax_when;
#define JUST_BEFORE	12

/* A guest's kernel loads EAX; data: with what. */
static void on_constant(unsigned int vcpu, void *data)
{
	(void)vcpu;
	eax = (unsigned int)(uintptr_t)data;
	eax_when = count[KERNEL];
}

/* A guest's SYSCALL, before it executes; data: is it a user program's? */
static void on_syscall(unsigned int vcpu, void *data)
{
	(void)vcpu;
	kind = data ? USER_SYSCALL : count[KERNEL] - eax_when <= JUST_BEFORE ?
	       eax : COLLECTED;
}

/* A block of the hypervisor; data: the kind of trap if it is a trap's stub. */
static void on_hv_block(unsigned int vcpu, void *data)
{
	(void)vcpu;
	if (!in_hv) {
		in_hv = true;
		hv_at_entry = count[HV];
		if (kind == NO_KIND) {
			kind = (unsigned int)(uintptr_t)data;
		}
		stays[kind].times++;
	}
}

static void on_guest_block(unsigned int vcpu, void *data)
{
	(void)vcpu;
	(void)data;
	if (in_hv) {
		stays[kind].instructions += count[HV] - hv_at_entry;
		in_hv = false;
	}
	kind = NO_KIND;
}

/*
 * The vector that a stub writes beside the stack's top; Paravane's for page
 * faults does not and begins with a look at CS.
 */
static unsigned int vector_of(struct qemu_plugin_tb *tb)
{
	static const uint8_t look_at_cs[] = { 0xf6, 0x44, 0x24, 0x10, 3 };
	size_t n = qemu_plugin_tb_n_insns(tb);

	for (size_t i = 0; i < n && i < 4; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		const uint8_t *b = qemu_plugin_insn_data(insn);
		size_t size = qemu_plugin_insn_size(insn);

		if (size == 8 && b[0] == 0xc7 && b[1] == 0x44 && b[2] == 0x24) {
			return TRAP + b[4];
		}
		if (i == 0 && size == 5 && !memcmp(b, look_at_cs, 5)) {
			return TRAP + 14;
		}
	}
	return TRAP_UNKNOWN;
}

static void watch_blocks(struct qemu_plugin_tb *tb, bool hv)
{
	void *data = hv ? (void *)(uintptr_t)vector_of(tb) : NULL;

	qemu_plugin_register_vcpu_tb_exec_cb(tb, hv ? on_hv_block :
		on_guest_block, QEMU_PLUGIN_CB_NO_REGS, data);
}

/* A guest's instructions that tell what it will ask for. */
static void watch_guest(struct qemu_plugin_insn *insn, const uint8_t *b,
			size_t size)
{
	bool user = !(qemu_plugin_insn_vaddr(insn) >> 63);

	if (size == 2 && b[0] == 0x0f && b[1] == 0x05) {
		qemu_plugin_register_vcpu_insn_exec_cb(insn, on_syscall,
			QEMU_PLUGIN_CB_NO_REGS, (void *)(uintptr_t)user);
	} else if (!user && size == 5 && b[0] == 0xb8 && b[1] < 64 && !b[2]) {
		qemu_plugin_register_vcpu_insn_exec_cb(insn, on_constant,
			QEMU_PLUGIN_CB_NO_REGS, (void *)(uintptr_t)b[1]);
	}
}

static void add(struct qemu_plugin_insn *insn, int what)
{
	qemu_plugin_register_vcpu_insn_exec_inline(insn,
		QEMU_PLUGIN_INLINE_ADD_U64, &count[what], 1);
}

/*
 * VMRUN, and the instruction behind it, which runs when the guest has left.
 * A kernel has one or two places that do this.
 */
static uint64_t behind_vmrun[4];
static unsigned int nr_behind;

static void watch_vmrun(struct qemu_plugin_insn *insn, uint64_t next)
{
	qemu_plugin_register_vcpu_insn_exec_cb(insn, on_vmrun,
		QEMU_PLUGIN_CB_NO_REGS, NULL);
	add(insn, VMRUN);
	for (unsigned int i = 0; i < nr_behind; i++) {
		if (behind_vmrun[i] == next) {
			return;
		}
	}
	if (nr_behind < 4) {
		behind_vmrun[nr_behind++] = next;
	}
}

/* Opcodes that are events, prefixes skipped. */
static void add_events(struct qemu_plugin_insn *insn, const uint8_t *b,
		       size_t n, bool hv)
{
	uint64_t va = qemu_plugin_insn_vaddr(insn);

	for (unsigned int i = 0; i < nr_behind; i++) {
		if (va == behind_vmrun[i]) {
			qemu_plugin_register_vcpu_insn_exec_cb(insn, on_vmexit,
				QEMU_PLUGIN_CB_NO_REGS, NULL);
		}
	}
	while (n > 1 && ((b[0] & 0xf0) == 0x40 || b[0] == 0x66)) {
		b++;
		n--;
	}
	if (b[0] == 0xcf) {
		add(insn, IRET);
	}
	if (n < 2 || b[0] != 0x0f) {
		return;
	}
	if (b[1] == 0x05) {
		add(insn, SYSCALL);
	} else if (b[1] == 0x07) {
		add(insn, SYSRET);
	} else if (n < 3) {
		return;
	} else if (b[1] == 0x22 && (b[2] & 0x38) == 0x18) {
		add(insn, hv ? HV_CR3 : CR3);
	} else if (b[1] == 0x22 && (b[2] & 0x38) == 0x20) {
		add(insn, CR4);
	} else if ((b[1] == 0x01 && (b[2] & 0x38) == 0x38 && b[2] < 0xc0) ||
		   (b[1] == 0x38 && b[2] == 0x82)) {
		add(insn, INVLPG);
	} else if (b[1] == 0x01 && b[2] == 0xd8) {
		watch_vmrun(insn, va + 3);
	}
}

static void on_marker(struct qemu_plugin_insn *insn, const uint8_t *b)
{
	uint32_t word;

	memcpy(&word, b + 3, sizeof(word));
	if (word == MARK_BEGIN || word == MARK_END) {
		qemu_plugin_register_vcpu_insn_exec_cb(insn,
			word == MARK_BEGIN ? on_begin : on_end,
			QEMU_PLUGIN_CB_NO_REGS, NULL);
	}
}

/* A block is translated when it is about to run for the first time. */
static void tell_beginnings(uint64_t va)
{
	static bool hv_begun, kernel_begun;
	uint64_t n = count[HV] + count[KERNEL] + count[USER];

	if (!hv_begun && va >= HV_START && va < HV_END) {
		hv_begun = true;
		fprintf(out, "total first %" PRIu64 "\n", n);
	}
	if (!kernel_begun && va >= LINUX_START) {
		kernel_begun = true;
		fprintf(out, "total start %" PRIu64 "\n", n);
	}
}

static void on_translate(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	size_t n = qemu_plugin_tb_n_insns(tb);
	(void)id;
	if (n) {
		tell_beginnings(qemu_plugin_insn_vaddr(
			qemu_plugin_tb_get_insn(tb, 0)));
	}
	if (split && n) {
		uint64_t va = qemu_plugin_insn_vaddr(
			qemu_plugin_tb_get_insn(tb, 0));

		watch_blocks(tb, va >= HV_START && va < HV_END);
	}
	for (size_t i = 0; i < n; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		uint64_t va = qemu_plugin_insn_vaddr(insn);
		const uint8_t *b = qemu_plugin_insn_data(insn);
		size_t size = qemu_plugin_insn_size(insn);
		bool hv = va >= HV_START && va < HV_END;

		add(insn, hv ? HV : va >> 63 ? KERNEL : USER);
		add_events(insn, b, size, hv);
		if (split && !hv) {
			watch_guest(insn, b, size);
		}
		if (hist && va - IMAGE_START < IMAGE_SIZE) {
			qemu_plugin_register_vcpu_insn_exec_inline(insn,
				QEMU_PLUGIN_INLINE_ADD_U64,
				&hist[va - IMAGE_START], 1);
		}
		if (size == 7 && !memcmp(b, marker, sizeof(marker))) {
			on_marker(insn, b);
		}
	}
}

static void at_qemu_exit(qemu_plugin_id_t id, void *data)
{
	(void)id;
	(void)data;
	fprintf(out, "total hv %" PRIu64 " kernel %" PRIu64 " user %" PRIu64
		"\n", count[HV], count[KERNEL], count[USER]);
	fclose(out);
}

PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id,
				      const qemu_info_t *info, int argc,
				      char **argv)
{
	(void)info;
	for (int i = 0; i < argc; i++) {
		if (!strncmp(argv[i], "out=", 4)) {
			out = fopen(argv[i] + 4, "w");
		} else if (!strcmp(argv[i], "split=on")) {
			split = true;
		} else if (!strncmp(argv[i], "hist=", 5)) {
			hist_name = argv[i] + 5;
			hist = calloc(IMAGE_SIZE, sizeof(*hist));
			hist_begun = calloc(IMAGE_SIZE, sizeof(*hist));
		}
	}
	if (!out) {
		fprintf(stderr, "count: give out=FILE, a file that I may write\n");
		return 1;
	}
	qemu_plugin_register_vcpu_tb_trans_cb(id, on_translate);
	qemu_plugin_register_atexit_cb(id, at_qemu_exit, NULL);
	return 0;
}
