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

static int run(int argc, char **argv)
{
	bool wait = false;
	unsigned int timeout = 0;
	struct tools t;
	uint32_t domid;
	int i, ret;

	for (i = 1; i < argc && argv[i][0] == '-'; i++) {
		if (!strcmp(argv[i], "-w") || !strcmp(argv[i], "--wait")) {
			wait = true;
		} else if (!strncmp(argv[i], "--timeout=", 10)) {
			wait = true;
			timeout = strtoul(argv[i] + 10, NULL, 10);
		} else {
			return usage_error(&cmd_shutdown,
					   "unknown option '%s'", argv[i]);
		}
	}
	ret = open_domain(&cmd_shutdown, argc - i + 1, argv + i - 1, &t,
			  &domid);
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
