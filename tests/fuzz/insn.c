/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Instructions that we carry out for guests (lib/insn.c, lib/insn_store.c):
 * any bytes, registers and old value. Never more bytes than there are; a
 * store has a width that exists and leaves rip behind it, and registers that
 * it does not name stay.
 */
#include "fuzz.h"
#include "lib/insn.h"

void fuzz_seeds(void (*add)(const void *data, size_t size))
{
	static const char *const bytes[] = {
		"\x0f\x20\xc0",			/* mov %cr0, %rax */
		"\x44\x0f\x22\xd8",			/* mov %rax, %cr11 */
		"\x48\x89\x07",			/* mov %rax, (%rdi) */
		"\xf0\x48\x0f\xb1\x0f",		/* lock cmpxchg */
		"\xf3\x48\xab",			/* rep stos */
		"\x66\x26\x67\x89\x44\x24\x10",	/* prefixes, SIB */
		"\x0f\xba\x2f\x05",			/* bts $5, (%rdi) */
		"\x48\xc7\x87\x01\x02\x03\x04\x05\x06\x07\x08",
		"\xf3\x6c", "\xe6\x80", "\x0f\x30", "\x0f\x01\xd1",
	};

	for (size_t i = 0; i < sizeof(bytes) / sizeof(bytes[0]); i++) {
		add(bytes[i], strlen(bytes[i]));
	}
}

/* The decoder gets its bytes in an allocation of just that size. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned int n = size < INSN_MAX_BYTES ? size : INSN_MAX_BYTES;
	struct fuzz_input in = { data + n, size - n };
	struct cpu_user_regs regs, after;
	struct insn_store s;
	struct insn insn;
	uint8_t *bytes = malloc(n ? n : 1), mode;
	u64 old;

	if (!bytes) {
		return 0;
	}
	memcpy(bytes, data, n);
	TAKE(&in, mode);
	TAKE(&in, old);
	TAKE(&in, regs);
	if (!insn_decode(&insn, bytes, n, mode & 1)) {
		promise(insn.length > 0 && insn.length <= n);
		promise(insn.width == 1 || insn.width == 2 ||
			insn.width == 4 || insn.width == 8);
		promise(insn.reg < 16 && insn.rm < 16 && insn.segment < 6);
		(void)insn_offset(&insn, &regs);
	}
	if (!insn_decode_store(&s, bytes, n, &regs)) {
		promise(s.length > 0 && s.length <= n);
		promise(s.width == 1 || s.width == 2 || s.width == 4 ||
			s.width == 8);
		(void)insn_store_fails(&s, &regs, old);
		(void)insn_store_result(&s, &regs, old);
		after = regs;
		insn_store_retire(&s, &after, old);
		promise(after.rip == regs.rip + s.length);
		promise(after.rsp == regs.rsp || s.reg == 4);
		promise(after.cs == regs.cs && after.ss == regs.ss);
	}
	free(bytes);
	return 0;
}
