/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * pvctl reboot: ask a guest to reboot itself.  Its watcher builds it anew, so
 * it comes back under another ID.
 */
#include "lib/power.h"

#include "cli/command.h"

static int run(int argc, char **argv)
{
	struct tools t;
	uint32_t domid;
	int ret = open_domain(&cmd_reboot, argc, argv, &t, &domid);

	if (ret) {
		return ret;
	}
	ret = power_request(&t, domid, "reboot");
	tools_close(&t);
	return ret ? EXIT_FAILED : EXIT_OK;
}

const struct command cmd_reboot = {
	.name = "reboot",
	.arguments = "DOMAIN",
	.summary = "Ask a domain to reboot itself",
	.help = "What follows is on_reboot= of its config.\n",
	.run = run,
};
