# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Paravane authors
# The part of the root Makefile.am that builds toolstack/.
