/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * pvctl stats --hypervisor: what the hypervisor counts, over all CPUs: ways
 * in from guests by kind, hypercalls by number. Instructions in ring 0 cannot
 * be known from inside; bench/ counts those.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "lib/json.h"
#include "lib/msg.h"

static void print(const xc_perfc_desc_t *desc, int nr,
		  const xc_perfc_val_t *val, bool json)
{
	const char *between = "{\n  ";

	for (int i = 0; i < nr; i++) {
		uint64_t sum = 0;

		for (uint32_t n = 0; n < desc[i].nr_vals; n++) {
			sum += *val++;
		}
		if (json) {
			fputs(between, stdout);
			json_string(stdout, desc[i].name);
			printf(": %" PRIu64, sum);
			between = ",\n  ";
		} else if (sum) {
			printf("%-40s %12" PRIu64 "\n", desc[i].name, sum);
		}
	}
	if (json) {
		puts("\n}");
	}
}

static int query(xc_interface *xc, bool json)
{
	int nr = 0, nr_vals = 0, ret = -1;
	DECLARE_HYPERCALL_BUFFER(xc_perfc_desc_t, desc);
	DECLARE_HYPERCALL_BUFFER(xc_perfc_val_t, val);

	if (xc_perfc_query_number(xc, &nr, &nr_vals)) {
		return msg_error("the hypervisor has no counters: %s",
				 strerror(errno));
	}
	desc = xc_hypercall_buffer_alloc(xc, desc, nr * sizeof(*desc));
	val = xc_hypercall_buffer_alloc(xc, val, nr_vals * sizeof(*val));
	if (!desc || !val) {
		msg_error("out of memory");
	} else if (xc_perfc_query(xc, HYPERCALL_BUFFER(desc),
				  HYPERCALL_BUFFER(val))) {
		msg_error("cannot read the counters: %s", strerror(errno));
	} else {
		print(desc, nr, val, json);
		ret = 0;
	}
	xc_hypercall_buffer_free(xc, desc);
	xc_hypercall_buffer_free(xc, val);
	return ret;
}

static int run(int argc, char **argv)
{
	bool hypervisor = false, json = false, reset = false;
	struct tools t;
	int ret;

	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--hypervisor")) {
			hypervisor = true;
		} else if (!strcmp(argv[i], "-j") ||
			   !strcmp(argv[i], "--json")) {
			json = true;
		} else if (!strcmp(argv[i], "--reset")) {
			reset = true;
		} else {
			return usage_error(&cmd_stats, "unknown argument '%s'",
					   argv[i]);
		}
	}
	if (!hypervisor) {
		return usage_error(&cmd_stats, "whose? --hypervisor");
	}
	if (tools_open(&t, NEED_HYPERVISOR)) {
		return EXIT_FAILED;
	}
	ret = query(t.xc, json);
	if (!ret && reset && xc_perfc_reset(t.xc)) {
		ret = msg_error("cannot reset the counters: %s",
				strerror(errno));
	}
	tools_close(&t);
	return ret ? EXIT_FAILED : EXIT_OK;
}

const struct command cmd_stats = {
	.name = "stats",
	.arguments = "--hypervisor [--json] [--reset]",
	.summary = "Print what the hypervisor counts",
	.help =
"  --hypervisor   the hypervisor's counters, of all CPUs together\n"
"  -j, --json     as a JSON object, with those that are 0\n"
"  --reset        and set them to 0\n",
	.run = run,
};
