/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/* The peer of a guest's network workloads, a program on the guest's host. */
#include "net.h"

int main(void)
{
	net_serve();
}
