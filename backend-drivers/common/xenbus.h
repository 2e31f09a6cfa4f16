/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * The xenbus side of a backend process: watches, reading the view that
 * xenbus_decide() judges, and carrying its decision out. Called by
 * backend.c only.
 */
#ifndef BACKEND_COMMON_XENBUS_H
#define BACKEND_COMMON_XENBUS_H

#include "common/backend.h"

/* Finds the frontend, sets the watches, offers the device. 0 or -errno. */
int xenbus_start(struct backend *be);

/* Looks at xenstore and takes one step; sets be->look again if it moved. */
void xenbus_step(struct backend *be);

/* Closes the device after backend_fail(). */
void xenbus_fail(struct backend *be);

/* Detaches, and leaves state Closed behind if our node is still there. */
void xenbus_end(struct backend *be);

#endif
