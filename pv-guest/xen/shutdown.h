/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/* The end of a domain, with a reason: one of SHUTDOWN_* in <xen/sched.h>. */
#ifndef KEEL_XEN_SHUTDOWN_H
#define KEEL_XEN_SHUTDOWN_H

void shutdown(unsigned int reason) __attribute__((noreturn));

#endif
