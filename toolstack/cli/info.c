/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * pvctl info: the machine and the hypervisor, in xl's words so that scripts
 * which read those keep working, or as JSON.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "cli/command.h"
#include "lib/json.h"
#include "lib/msg.h"

struct facts {
	struct utsname uts;
	xc_physinfo_t phys;
	int version;
	char extra[XEN_EXTRAVERSION_LEN + 1];
	xen_capabilities_info_t caps;
	xen_changeset_info_t changeset;
	xen_commandline_t cmdline;
	xen_compile_info_t compile;
	int scheduler;
};

/* Each is optional: what the hypervisor does not tell stays empty. */
static int gather(struct tools *t, struct facts *f)
{
	memset(f, 0, sizeof(*f));
	f->scheduler = -1;
	uname(&f->uts);
	f->version = xc_version(t->xc, XENVER_version, NULL);
	if (f->version < 0) {
		return msg_error("the hypervisor does not tell its version");
	}
	xc_version(t->xc, XENVER_extraversion, f->extra);
	xc_version(t->xc, XENVER_capabilities, f->caps);
	xc_version(t->xc, XENVER_changeset, f->changeset);
	xc_version(t->xc, XENVER_commandline, f->cmdline);
	xc_version(t->xc, XENVER_compile_info, &f->compile);
	xc_sched_id(t->xc, &f->scheduler);
	if (xc_physinfo(t->xc, &f->phys)) {
		return msg_error("the hypervisor does not describe the machine (physinfo)");
	}
	return 0;
}

static const char *scheduler_name(int id)
{
	switch (id) {
	case XEN_SCHEDULER_CREDIT:
		return "credit";
	case XEN_SCHEDULER_CREDIT2:
		return "credit2";
	case XEN_SCHEDULER_RTDS:
		return "rtds";
	case XEN_SCHEDULER_NULL:
		return "null";
	default:
		return "unknown";
	}
}

static uint64_t mib(uint64_t pages)
{
	return pages >> (20 - XC_PAGE_SHIFT);
}

static void show_text(const char *key, const char *value)
{
	printf("%-23s: %s\n", key, value);
}

static void show_number(const char *key, uint64_t value)
{
	printf("%-23s: %" PRIu64 "\n", key, value);
}

static void print_text(const struct facts *f)
{
	show_text("host", f->uts.nodename);
	show_text("release", f->uts.release);
	show_text("version", f->uts.version);
	show_text("machine", f->uts.machine);
	show_number("nr_cpus", f->phys.nr_cpus);
	show_number("max_cpu_id", f->phys.max_cpu_id);
	show_number("nr_nodes", f->phys.nr_nodes);
	show_number("cores_per_socket", f->phys.cores_per_socket);
	show_number("threads_per_core", f->phys.threads_per_core);
	printf("%-23s: %u.%03u\n", "cpu_mhz", f->phys.cpu_khz / 1000,
	       f->phys.cpu_khz % 1000);
	show_number("total_memory", mib(f->phys.total_pages));
	show_number("free_memory", mib(f->phys.free_pages));
	show_number("free_pages", f->phys.free_pages);
	show_number("xen_major", f->version >> 16);
	show_number("xen_minor", f->version & 0xffff);
	show_text("xen_extra", f->extra);
	printf("%-23s: %d.%d%s\n", "xen_version", f->version >> 16,
	       f->version & 0xffff, f->extra);
	show_text("xen_caps", f->caps);
	show_text("xen_scheduler", scheduler_name(f->scheduler));
	show_text("xen_changeset", f->changeset);
	show_text("xen_commandline", f->cmdline);
	show_text("cc_compiler", f->compile.compiler);
	show_text("cc_compile_date", f->compile.compile_date);
}

static void json_text(const char *key, const char *value)
{
	printf("  \"%s\": ", key);
	json_string(stdout, value);
	printf(",\n");
}

static void print_json(const struct facts *f)
{
	printf("{\n");
	json_text("host", f->uts.nodename);
	json_text("release", f->uts.release);
	json_text("xen_extra", f->extra);
	json_text("xen_caps", f->caps);
	json_text("xen_scheduler", scheduler_name(f->scheduler));
	json_text("xen_changeset", f->changeset);
	json_text("xen_commandline", f->cmdline);
	json_text("cc_compiler", f->compile.compiler);
	json_text("cc_compile_date", f->compile.compile_date);
	printf("  \"xen_major\": %d,\n  \"xen_minor\": %d,\n",
	       f->version >> 16, f->version & 0xffff);
	printf("  \"nr_cpus\": %u,\n  \"nr_nodes\": %u,\n", f->phys.nr_cpus,
	       f->phys.nr_nodes);
	printf("  \"cpu_khz\": %u,\n", f->phys.cpu_khz);
	printf("  \"total_pages\": %" PRIu64 ",\n  \"free_pages\": %" PRIu64 "\n}\n",
	       (uint64_t)f->phys.total_pages, (uint64_t)f->phys.free_pages);
}

static int run(int argc, char **argv)
{
	struct facts f;
	struct tools t;
	bool json;
	int ret;

	json = argc == 2 && (!strcmp(argv[1], "--json") ||
			     !strcmp(argv[1], "-j"));
	if (argc > 1 && !json) {
		return usage_error(&cmd_info, "unknown argument '%s'",
				   argv[1]);
	}
	if (tools_open(&t, NEED_HYPERVISOR)) {
		return EXIT_FAILED;
	}
	ret = gather(&t, &f);
	tools_close(&t);
	if (ret) {
		return EXIT_FAILED;
	}
	if (json) {
		print_json(&f);
	} else {
		print_text(&f);
	}
	return EXIT_OK;
}

const struct command cmd_info = {
	.name = "info",
	.arguments = "[--json]",
	.summary = "Describe the machine and the hypervisor",
	.help =
"  -j, --json   as a JSON object\n"
"\n"
"Memory is in MiB, free_pages in pages of 4 KiB.\n",
	.run = run,
};
