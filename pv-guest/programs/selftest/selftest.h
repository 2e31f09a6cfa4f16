/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/* What the files of selftest share; main.c has the list of tests. */
#ifndef KEEL_SELFTEST_H
#define KEEL_SELFTEST_H

#include <stddef.h>
#include <stdint.h>

#include "../check.h"

#define PAGE	4096

/* This program's own path. */
extern char *self;

/* Places that are not ours, in a form that the compiler does not know. */
extern void *volatile nowhere, *volatile kernel_place;

/* Anonymous memory. */
void *map(size_t size, int prot, int flags);
/* Runs fn in a child; its wait status, or -1. */
int in_child(int (*fn)(void *arg), void *arg);
/* Nanoseconds that only grow. */
uint64_t now(void);
/* fn takes the signal from now on. */
void handle(int sig, void (*fn)(int), int flags);
/* Never returns and calls nothing. */
void *spin(void *arg);

/* What exec.c's children become: their exit status. */
int after_exec(int argc, char **argv);

void test_fork(void);
void test_exec(void);
void test_wait(void);
void test_signals(void);
void test_pipes(void);
void test_futex(void);
void test_memory(void);
void test_cpu(void);
void test_files(void);

#endif
