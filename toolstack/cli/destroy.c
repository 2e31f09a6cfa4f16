/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * pvctl destroy: end a domain at once, whatever state it is in.
 */
#include "lib/guest.h"

#include "cli/command.h"
#include "lib/msg.h"

static int run(int argc, char **argv)
{
	struct tools t;
	uint32_t domid;
	int ret = open_domain(&cmd_destroy, argc, argv, &t, &domid);

	if (ret) {
		return ret;
	}
	if (!domid) {
		tools_close(&t);
		msg_error("domain 0 is the control domain; power the machine off instead");
		return EXIT_FAILED;
	}
	ret = guest_destroy(&t, domid);
	tools_close(&t);
	return ret ? EXIT_FAILED : EXIT_OK;
}

const struct command cmd_destroy = {
	.name = "destroy",
	.arguments = "DOMAIN",
	.summary = "End a domain at once",
	.help =
"Like pulling the plug: the guest writes nothing more. Returns when all that\n"
"it had (memory, devices, xenstore entries) is free again.\n",
	.run = run,
};
