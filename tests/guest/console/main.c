/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * console_io: CONSOLEIO_write gives 0, CONSOLEIO_read the number of characters
 * that were waiting; bad buffers -EFAULT, unknown commands -ENOSYS.
 *
 * From <xen/xen.h>, "console_io".
 */
#include "common/test.h"

TEST(console_io, 0)
{
	char buf[16] = "console text\n";

	CHECK_EQ(hc_console_io(CONSOLEIO_write, 13, buf), 0);
	CHECK_EQ(hc_console_io(CONSOLEIO_write, 0, buf), 0);
	CHECK_EQ(hc_console_io(CONSOLEIO_write, 13, (void *)TEST_VA),
		 -XEN_EFAULT);
	CHECK_EQ(hc_console_io(CONSOLEIO_write, 13,
			       (void *)0xffff830000000000), -XEN_EFAULT);
	CHECK_EQ(hc_console_io(CONSOLEIO_read, 16, buf), 0);
	CHECK_EQ(hc_console_io(CONSOLEIO_read, 0, buf), 0);
	CHECK_EQ(hc_console_io(2, 1, buf), -XEN_ENOSYS);
	CHECK_EQ(hc_console_io(-1, 1, buf), -XEN_ENOSYS);
}

/* A text longer than any buffer of the hypervisor's comes out whole. */
TEST(console_io_long, 0)
{
	char *page = page_alloc();

	memset(page, 'x', PAGE_SIZE);
	for (unsigned int i = 63; i < PAGE_SIZE; i += 64) {
		page[i] = '\n';
	}
	CHECK_EQ(hc_console_io(CONSOLEIO_write, PAGE_SIZE, page), 0);
	page_free(page);
}
