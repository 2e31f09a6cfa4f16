/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/* Disks: the frontend. */
#include "front/blkfront.h"

void blk_listen(struct blk *b);
