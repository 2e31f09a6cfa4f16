/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * pvctl pause: keep a domain's vCPUs from running.
 */
#include <errno.h>
#include <string.h>

#include "cli/command.h"
#include "lib/msg.h"

static int run(int argc, char **argv)
{
	xc_domaininfo_t info;
	struct tools t;
	uint32_t domid;
	int ret = open_domain(&cmd_pause, argc, argv, &t, &domid);

	if (ret) {
		return ret;
	}
	if (!domid) {
		tools_close(&t);
		msg_error("domain 0 cannot pause itself");
		return EXIT_FAILED;
	}
	ret = EXIT_OK;
	if (tools_domain_info(&t, domid, &info) == 1 &&
	    (info.flags & XEN_DOMINF_paused)) {
		msg_info("domain %u is paused already", domid);
	} else if (xc_domain_pause(t.xc, domid)) {
		msg_error("cannot pause domain %u: %s", domid, strerror(errno));
		ret = EXIT_FAILED;
	}
	tools_close(&t);
	return ret;
}

const struct command cmd_pause = {
	.name = "pause",
	.arguments = "DOMAIN",
	.summary = "Stop a domain's vCPUs until 'pvctl unpause'",
	.help = "It keeps its memory and devices; time goes on without it.\n",
	.run = run,
};
