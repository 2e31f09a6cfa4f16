/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/* Networks: the frontend. */
#include "front/netfront.h"

void net_listen(struct net *n);
