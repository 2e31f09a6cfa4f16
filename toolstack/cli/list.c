/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * pvctl list: the domains that exist, in xl's columns, or as JSON.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "lib/json.h"
#include "lib/msg.h"

/* xl's six letters: running, blocked, paused, shutdown, crashed, dying. */
static void state_letters(const xc_domaininfo_t *d, char out[7])
{
	unsigned int reason = d->flags >> XEN_DOMINF_shutdownshift &
			      XEN_DOMINF_shutdownmask;
	bool down = d->flags & XEN_DOMINF_shutdown;

	strcpy(out, "------");
	if (d->flags & XEN_DOMINF_running) {
		out[0] = 'r';
	}
	if (d->flags & XEN_DOMINF_blocked) {
		out[1] = 'b';
	}
	if (d->flags & XEN_DOMINF_paused) {
		out[2] = 'p';
	}
	if (down) {
		out[3] = 's';
	}
	if (down && reason == SHUTDOWN_crash) {
		out[4] = 'c';
	}
	if (d->flags & XEN_DOMINF_dying) {
		out[5] = 'd';
	}
}

static const char *state_word(const xc_domaininfo_t *d)
{
	unsigned int reason = d->flags >> XEN_DOMINF_shutdownshift &
			      XEN_DOMINF_shutdownmask;

	if (d->flags & XEN_DOMINF_dying) {
		return "dying";
	}
	if (d->flags & XEN_DOMINF_shutdown) {
		return reason == SHUTDOWN_crash ? "crashed" : "shutdown";
	}
	if (d->flags & XEN_DOMINF_paused) {
		return "paused";
	}
	return d->flags & XEN_DOMINF_running ? "running" : "blocked";
}

static uint64_t memory_kib(const xc_domaininfo_t *d)
{
	return d->tot_pages << (XC_PAGE_SHIFT - 10);
}

static void print_row(const xc_domaininfo_t *d, const char *name)
{
	char state[7];

	state_letters(d, state);
	printf("%-36s %5u %5" PRIu64 " %5u     %s %8.1f\n",
	       name ? name : "(unnamed)", d->domain, memory_kib(d) / 1024,
	       d->nr_online_vcpus, state, d->cpu_time / 1e9);
}

static void print_json(const xc_domaininfo_t *d, const char *name, bool last)
{
	const uint8_t *u = d->handle;

	printf("  {\"domid\": %u, \"name\": ", d->domain);
	json_string(stdout, name);
	printf(", \"uuid\": \"%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x\"",
	       u[0], u[1], u[2], u[3], u[4], u[5], u[6], u[7], u[8], u[9],
	       u[10], u[11], u[12], u[13], u[14], u[15]);
	printf(", \"memory_kib\": %" PRIu64 ", \"vcpus\": %u, \"state\": \"%s\", \"cpu_seconds\": %.3f}%s\n",
	       memory_kib(d), d->nr_online_vcpus, state_word(d),
	       d->cpu_time / 1e9, last ? "" : ",");
}

static int print_all(struct tools *t, const xc_domaininfo_t *list, int n,
		     bool json)
{
	int i;

	if (json) {
		printf("[\n");
	} else {
		printf("%-36s %5s %5s %5s     %-6s %8s\n", "Name", "ID", "Mem",
		       "VCPUs", "State", "Time(s)");
	}
	for (i = 0; i < n; i++) {
		char *name = tools_domain_name(t, list[i].domain);
		const char *shown = name ? name :
				    list[i].domain ? NULL : "Domain-0";

		if (json) {
			print_json(&list[i], shown, i + 1 == n);
		} else {
			print_row(&list[i], shown);
		}
		free(name);
	}
	if (json) {
		printf("]\n");
	}
	return EXIT_OK;
}

static int run(int argc, char **argv)
{
	xc_domaininfo_t *list, one;
	struct tools t;
	const char *domain = NULL;
	bool json = false;
	uint32_t domid;
	int i, n, ret;

	for (i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--json") || !strcmp(argv[i], "-j")) {
			json = true;
		} else if (argv[i][0] == '-') {
			return usage_error(&cmd_list, "unknown option '%s'",
					   argv[i]);
		} else if (domain) {
			return usage_error(&cmd_list,
					   "one domain, or none for all");
		} else {
			domain = argv[i];
		}
	}
	if (tools_open(&t, NEED_HYPERVISOR | NEED_STORE)) {
		return EXIT_FAILED;
	}
	if (domain) {
		ret = tools_find_domain(&t, domain, &domid) ||
		      tools_domain_info(&t, domid, &one) != 1 ? EXIT_FAILED :
		      print_all(&t, &one, 1, json);
	} else if (tools_list_domains(&t, &list, &n)) {
		ret = EXIT_FAILED;
	} else {
		ret = print_all(&t, list, n, json);
		free(list);
	}
	tools_close(&t);
	return ret;
}

const struct command cmd_list = {
	.name = "list",
	.arguments = "[--json] [DOMAIN]",
	.summary = "List the domains that exist",
	.help =
"  -j, --json   as a JSON array\n"
"\n"
"Mem is in MiB. State: r running, b blocked, p paused, s shut down,\n"
"c crashed, d dying. Time is the CPU time used, in seconds.\n",
	.run = run,
};
