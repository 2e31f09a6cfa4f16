/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Executes the begin marker: what happens from now on is counted.
 */
#include "mark.h"

int main(void)
{
	MARK_BEGIN();
	return 0;
}
