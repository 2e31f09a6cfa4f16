/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Text on the screen while booting, in the mode that the BIOS left.  The
 * memory is device memory below 1 MiB: the early tables show it, later an
 * ioremap of our own does.
 */
#include "device/vga.h"
#include "lib/string.h"
#include "x86/paging.h"

#define COLUMNS	80
#define ROWS	25
#define BLANK	0x0720

static u16 *screen;
static unsigned int row, column;
static bool released;

void vga_init(void)
{
	screen = hv_l4 ? ioremap(0xb8000, COLUMNS * ROWS * 2) :
			 (u16 *)(DIRECTMAP_START + 0xb8000);
	if (!hv_l4) {
		for (unsigned int i = 0; i < COLUMNS * ROWS; i++) {
			screen[i] = BLANK;
		}
	}
}

static void newline(void)
{
	column = 0;
	if (++row < ROWS) {
		return;
	}
	row = ROWS - 1;
	memmove(screen, screen + COLUMNS, COLUMNS * (ROWS - 1) * 2);
	for (unsigned int i = 0; i < COLUMNS; i++) {
		screen[row * COLUMNS + i] = BLANK;
	}
}

void vga_write(const char *buf, size_t n)
{
	if (!screen || released) {
		return;
	}
	for (; n; n--, buf++) {
		if (*buf == '\n') {
			newline();
		} else if (*buf != '\r') {
			screen[row * COLUMNS + column] = 0x0700 | (u8)*buf;
			if (++column == COLUMNS) {
				newline();
			}
		}
	}
}

void vga_release(void)
{
	released = true;
}
