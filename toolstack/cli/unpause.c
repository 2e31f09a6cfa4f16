/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * pvctl unpause: let a paused domain run (again).
 */
#include <errno.h>
#include <string.h>

#include "cli/command.h"
#include "lib/msg.h"

static int run(int argc, char **argv)
{
	struct tools t;
	uint32_t domid;
	int ret = open_domain(&cmd_unpause, argc, argv, &t, &domid);

	if (ret) {
		return ret;
	}
	if (!domid) {
		tools_close(&t);
		msg_error("domain 0 cannot unpause itself");
		return EXIT_FAILED;
	}
	ret = EXIT_OK;
	if (xc_domain_unpause(t.xc, domid)) {
		msg_error("cannot unpause domain %u: %s", domid, strerror(errno));
		ret = EXIT_FAILED;
	}
	tools_close(&t);
	return ret;
}

const struct command cmd_unpause = {
	.name = "unpause",
	.arguments = "DOMAIN",
	.summary = "Let a paused domain run",
	.help = "",
	.run = run,
};
