/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * pvctl dmesg: the hypervisor's own log.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "lib/msg.h"

#define CHUNK (32 * 1024)

/* Clearing happens with the last read, so that no line falls between. */
static int print_ring(struct tools *t, bool clear)
{
	char *buf = malloc(CHUNK);
	uint32_t index = 0;
	unsigned int n;
	int ret = 0;

	if (!buf) {
		return msg_error("out of memory");
	}
	do {
		n = CHUNK;
		ret = xc_readconsolering(t->xc, buf, &n, 0, 1, &index);
		if (ret) {
			msg_error("cannot read the hypervisor's log: %s",
				  strerror(errno));
			break;
		}
		fwrite(buf, 1, n, stdout);
	} while (n == CHUNK);
	if (!ret && clear) {
		n = CHUNK;
		ret = xc_readconsolering(t->xc, buf, &n, 1, 1, &index);
		if (!ret) {
			fwrite(buf, 1, n, stdout);
		}
	}
	free(buf);
	return ret;
}

static int run(int argc, char **argv)
{
	bool clear = argc == 2 && (!strcmp(argv[1], "-c") ||
				   !strcmp(argv[1], "--clear"));
	struct tools t;
	int ret;

	if (argc > 1 && !clear) {
		return usage_error(&cmd_dmesg, "unknown argument '%s'",
				   argv[1]);
	}
	if (tools_open(&t, NEED_HYPERVISOR)) {
		return EXIT_FAILED;
	}
	ret = print_ring(&t, clear);
	tools_close(&t);
	return ret ? EXIT_FAILED : EXIT_OK;
}

const struct command cmd_dmesg = {
	.name = "dmesg",
	.arguments = "[-c]",
	.summary = "Print the hypervisor's log",
	.help = "  -c, --clear   and empty it\n",
	.run = run,
};
