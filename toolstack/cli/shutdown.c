/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * pvctl shutdown: ask a guest to power itself off.
 */
#include "lib/power.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "lib/msg.h"

static int parse_option(const char *word, bool *wait, unsigned int *timeout)
{
	static const char option[] = "--timeout=";
	const char *digits = word + sizeof(option) - 1;

	*wait = true;
	if (!strcmp(word, "-w") || !strcmp(word, "--wait")) {
		return EXIT_OK;
	}
	if (strncmp(word, option, sizeof(option) - 1)) {
		return usage_error(&cmd_shutdown, "unknown option '%s'", word);
	}
	*timeout = strtoul(digits, NULL, 10);
	if (!*timeout || strspn(digits, "0123456789") != strlen(digits) ||
	    strlen(digits) > 6) {
		return usage_error(&cmd_shutdown, "'%s' is no number of seconds",
				   word);
	}
	return EXIT_OK;
}

static int run(int argc, char **argv)
{
	bool wait = false;
	unsigned int timeout = 0;
	struct tools t;
	uint32_t domid;
	int i, words = 1, ret;

	/* Options may stand anywhere: the other words move to the front. */
	for (i = 1; i < argc; i++) {
		if (argv[i][0] != '-') {
			argv[words++] = argv[i];
			continue;
		}
		ret = parse_option(argv[i], &wait, &timeout);
		if (ret) {
			return ret;
		}
	}
	ret = open_domain(&cmd_shutdown, words, argv, &t, &domid);
	if (ret) {
		return ret;
	}
	ret = power_request(&t, domid, "poweroff");
	if (!ret && wait) {
		ret = power_await_end(&t, domid, timeout);
	}
	tools_close(&t);
	return ret ? EXIT_FAILED : EXIT_OK;
}

const struct command cmd_shutdown = {
	.name = "shutdown",
	.arguments = "[-w] [--timeout=SECONDS] DOMAIN",
	.summary = "Ask a domain to power itself off",
	.help =
"  -w, --wait           return when nothing is left of the domain\n"
"  --timeout=SECONDS    wait no longer than this (implies -w)\n"
"\n"
"The guest decides when it stops. What follows is on_poweroff= of its config.\n",
	.run = run,
};
