/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors
 *
 * QEMU plugin: how many instructions the machine has executed from power-on
 * to the first one of domain 0's kernel, and to each end marker
 * (bench/workloads/mark.h), which a program in domain 0 executes. A line for
 * each goes to the file out=FILE: its name and the total so far, and of that
 * what ran in the hypervisor's range.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bench/plugin/qemu_plugin.h"

PLUGIN_EXPORT int qemu_plugin_version = 1;

/* Linux's kernel text; the hypervisor's range by the ABI. */
#define LINUX_START	0xffffffff80000000ULL
#define HV_START	0xffff800000000000ULL
#define HV_END		0xffff880000000000ULL

static const uint8_t marker[] = { 0x0f, 0x1f, 0x80, 0x02, 0x00, 0x56, 0x50 };

static uint64_t total, hypervisor;
static FILE *out;
static bool started;

static void say(const char *what)
{
	fprintf(out, "%s %" PRIu64 " %" PRIu64 "\n", what, total, hypervisor);
	fflush(out);
}

static void on_marker(unsigned int vcpu, void *data)
{
	(void)vcpu;
	(void)data;
	say("mark");
}

/* QEMU translates a block when it is about to run for the first time. */
static void on_translate(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	size_t n = qemu_plugin_tb_n_insns(tb);

	(void)id;
	for (size_t i = 0; i < n; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		uint64_t va = qemu_plugin_insn_vaddr(insn);

		if (!started && va >= LINUX_START) {
			started = true;
			say("start");
		}
		qemu_plugin_register_vcpu_insn_exec_inline(insn,
			QEMU_PLUGIN_INLINE_ADD_U64, &total, 1);
		if (va >= HV_START && va < HV_END) {
			qemu_plugin_register_vcpu_insn_exec_inline(insn,
				QEMU_PLUGIN_INLINE_ADD_U64, &hypervisor, 1);
		}
		if (qemu_plugin_insn_size(insn) == sizeof(marker) &&
		    !memcmp(qemu_plugin_insn_data(insn), marker,
			    sizeof(marker))) {
			qemu_plugin_register_vcpu_insn_exec_cb(insn, on_marker,
				QEMU_PLUGIN_CB_NO_REGS, NULL);
		}
	}
}

static void on_exit(qemu_plugin_id_t id, void *data)
{
	(void)id;
	(void)data;
	say("end");
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
		}
	}
	if (!out) {
		fprintf(stderr, "measure: give out=FILE\n");
		return 1;
	}
	qemu_plugin_register_vcpu_tb_trans_cb(id, on_translate);
	qemu_plugin_register_atexit_cb(id, on_exit, NULL);
	return 0;
}
