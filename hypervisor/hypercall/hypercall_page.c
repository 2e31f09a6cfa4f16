/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The hypercall page (xen/arch-x86/xen-x86_64.h): guests call its entry for a
 * number, 32 bytes each.  syscall destroys rcx and r11, which the entries
 * keep; iret's does not return and leaves its three registers on the stack,
 * where they are the begin of struct iret_context.
 */
#include "hypercall/hypercall_page.h"
#include "lib/string.h"
#include "lib/types.h"

#define ENTRY_SIZE	32

static u8 *put(u8 *p, const void *code, size_t n)
{
	memcpy(p, code, n);
	return p + n;
}

static void fill_entry(u8 *p, u32 nr)
{
	static const u8 save[] = { 0x51, 0x41, 0x53 };	/* push rcx, r11 */
	static const u8 push_rax = 0x50, mov_eax = 0xb8;
	static const u8 syscall[] = { 0x0f, 0x05 };
	static const u8 restore[] = {		/* pop r11, rcx; ret */
		0x41, 0x5b, 0x59, 0xc3,
	};

	p = put(p, save, sizeof(save));
	if (nr == __HYPERVISOR_iret) {
		p = put(p, &push_rax, 1);
	}
	p = put(p, &mov_eax, 1);
	p = put(p, &nr, sizeof(nr));
	p = put(p, syscall, sizeof(syscall));
	if (nr != __HYPERVISOR_iret) {
		(void)put(p, restore, sizeof(restore));
	}
}

void hypercall_page_fill(void *page)
{
	memset(page, 0xcc, PAGE_SIZE);
	for (u32 nr = 0; nr < PAGE_SIZE / ENTRY_SIZE; nr++) {
		fill_entry((u8 *)page + nr * ENTRY_SIZE, nr);
	}
}
