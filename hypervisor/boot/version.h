/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/* Our version, as the first line of the log and xen_version say it. */
#ifndef BOOT_VERSION_H
#define BOOT_VERSION_H

#define PARAVANE_VERSION	"0.1"

#endif
