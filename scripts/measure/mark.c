/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors
 *
 * Runs in domain 0: executes the end marker that plugin.c looks for.
 */
#include "bench/workloads/mark.h"

int main(void)
{
	MARK_END();
	return 0;
}
