/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The hypercall page (xen/arch-x86/xen-x86_64.h): guests call its entry for a
 * number, 32 bytes each.  syscall destroys rcx and r11, which the entries
 * keep; iret's does not return and leaves its three registers on the stack,
 * where they are the begin of struct iret_context.
 */
#include "hypercall/hypercall.h"
#include "lib/string.h"

#define ENTRY_SIZE	32
#define NUMBER_AT	4	/* in an entry */

void hypercall_page_fill(void *page)
{
	static const u8 entry[] = {
		0x51, 0x41, 0x53,		/* push rcx, r11 */
		0xb8, 0, 0, 0, 0,		/* mov eax, number */
		0x0f, 0x05,			/* syscall */
		0x41, 0x5b, 0x59, 0xc3,		/* pop r11, rcx; ret */
	};
	static const u8 iret[] = {
		0x51, 0x41, 0x53, 0x50,		/* push rcx, r11, rax */
		0xb8, __HYPERVISOR_iret, 0, 0, 0, 0x0f, 0x05,
	};
	u8 *p = page;

	memset(page, 0xcc, PAGE_SIZE);
	for (u32 nr = 0; nr < PAGE_SIZE / ENTRY_SIZE; nr++) {
		memcpy(p + nr * ENTRY_SIZE, entry, sizeof(entry));
		memcpy(p + nr * ENTRY_SIZE + NUMBER_AT, &nr, sizeof(nr));
	}
	p += __HYPERVISOR_iret * ENTRY_SIZE;
	memset(p, 0xcc, ENTRY_SIZE);
	memcpy(p, iret, sizeof(iret));
}
