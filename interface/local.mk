# SPDX-License-Identifier: MIT
# Copyright (C) 2026 The Paravane authors
# The part of the root Makefile.am that builds interface/.
