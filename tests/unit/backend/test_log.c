/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * A backend's log: what a guest can cause again and again fills no disk, and
 * who starts a backend hears why it did not start.
 */
#include <criterion/criterion.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"

static char file[] = "/tmp/test-log-XXXXXX";

static void begin(void)
{
	int fd = mkstemp(file);

	cr_assert_geq(fd, 0);
	close(fd);
	cr_assert_eq(log_start("pv-test", "device", file), 0);
}

static void end(void)
{
	unlink(file);
}

TestSuite(log, .init = begin, .fini = end);

static unsigned int lines_with(const char *path, const char *text)
{
	FILE *f = fopen(path, "r");
	char line[1024];
	unsigned int n = 0;

	cr_assert_not_null(f);
	while (fgets(line, sizeof(line), f)) {
		n += strstr(line, text) != NULL;
	}
	fclose(f);
	return n;
}

Test(log, a_guest_fills_no_disk)
{
	int i;

	for (i = 0; i < 1000; i++) {
		log_guest("one %d", i);
		log_closed("two");
		log_cycle("three %d", i);
	}
	log_info("four");
	cr_assert_eq(lines_with(file, "one"), 10);
	cr_assert_eq(lines_with(file, "two"), 10);
	cr_assert_eq(lines_with(file, "three"), 10);
	cr_assert_eq(lines_with(file, "four"), 1);
}

Test(log, the_starter_hears_errors)
{
	char heard[] = "/tmp/test-log-heard-XXXXXX";
	int fd = mkstemp(heard), kept = dup(STDERR_FILENO);

	cr_assert(fd >= 0 && kept >= 0);
	dup2(fd, STDERR_FILENO);
	log_error("early");
	log_to_starter();
	log_info("news");
	log_error("reason");
	log_detach();
	log_error("later");
	dup2(kept, STDERR_FILENO);
	cr_assert_eq(lines_with(heard, "error: reason"), 1);
	cr_assert_eq(lines_with(heard, ""), 1, "nothing else");
	cr_assert_eq(lines_with(file, ""), 4, "all of it");
	unlink(heard);
	close(fd);
	close(kept);
}
