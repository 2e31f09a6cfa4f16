/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * pvctl console: join this terminal and a domain's console.
 */
#include "lib/console.h"

#include "cli/command.h"
#include "lib/msg.h"

static int run(int argc, char **argv)
{
	struct console c;
	struct tools t;
	uint32_t domid;
	int ret = open_domain(&cmd_console, argc, argv, &t, &domid);

	if (ret) {
		return ret;
	}
	ret = console_open(&c, &t, domid);
	tools_close(&t);
	if (ret) {
		return EXIT_FAILED;
	}
	if (console_run(&c)) {
		msg_info("the console of domain %u has ended", domid);
	}
	console_close(&c);
	return EXIT_OK;
}

const struct command cmd_console = {
	.name = "console",
	.arguments = "DOMAIN",
	.summary = "Attach to a domain's console",
	.help =
"Type ^] (Control and right bracket) to leave; the domain runs on.\n",
	.run = run,
};
