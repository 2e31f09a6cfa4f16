/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * pvctl create: read the config, check what can be checked, have a watcher
 * build the domain, attach the console if asked, let it run.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "config/config.h"
#include "lib/console.h"
#include "lib/guest.h"
#include "lib/msg.h"
#include "lib/rundir.h"
#include "lib/watcher.h"

struct options {
	bool console;
	bool paused;
	bool dry_run;
	const char *config;
	char **settings;
	int nr_settings;
};

static int parse_option(const char *word, struct options *o)
{
	if (!strcmp(word, "-c") || !strcmp(word, "--console")) {
		o->console = true;
	} else if (!strcmp(word, "-p") || !strcmp(word, "--paused")) {
		o->paused = true;
	} else if (!strcmp(word, "-n") || !strcmp(word, "--dry-run")) {
		o->dry_run = true;
	} else {
		return usage_error(&cmd_create, "unknown option '%s'", word);
	}
	return EXIT_OK;
}

/*
 * Options may stand anywhere, as with xl; the first other word is the config,
 * what follows are settings, moved to the front of @argv.
 */
static int parse_options(int argc, char **argv, struct options *o)
{
	int i, ret;

	memset(o, 0, sizeof(*o));
	o->settings = argv;
	for (i = 1; i < argc; i++) {
		if (argv[i][0] == '-' && argv[i][1]) {
			ret = parse_option(argv[i], o);
			if (ret) {
				return ret;
			}
		} else if (!o->config) {
			o->config = argv[i];
		} else if (strchr(argv[i], '=')) {
			o->settings[o->nr_settings++] = argv[i];
		} else {
			return usage_error(&cmd_create,
					   "'%s' after the config file is no key=value setting",
					   argv[i]);
		}
	}
	return o->config ? EXIT_OK :
	       usage_error(&cmd_create, "which config file?");
}

static int check_name(struct tools *t, const struct domain_config *cfg)
{
	uint32_t other;

	if (tools_name_in_use(t, cfg->name, &other)) {
		return msg_error("a domain called '%s' already runs (ID %u); shut it down or choose another name=",
				 cfg->name, other);
	}
	if (tools_uuid_in_use(t, cfg->uuid, &other)) {
		return msg_error("domain %u has the same uuid= as '%s'; leave uuid= out to get a new one",
				 other, cfg->name);
	}
	return 0;
}

static int check_host(const struct domain_config *cfg)
{
	struct tools t;
	int ret;

	if (guest_check_files(cfg) ||
	    tools_open(&t, NEED_HYPERVISOR | NEED_STORE)) {
		return -1;
	}
	ret = check_name(&t, cfg);
	tools_close(&t);
	return ret ? ret : rundir_prepare();
}

/* The console is attached before the guest runs, so no line is missed. */
static int with_console(struct watcher *w, const struct options *o)
{
	struct console c;
	struct tools t;
	int ended, ret;

	if (tools_open(&t, NEED_STORE)) {
		watcher_abandon(w);
		return -1;
	}
	ret = console_open(&c, &t, w->domid);
	tools_close(&t);
	if (ret) {
		watcher_abandon(w);
		return -1;
	}
	if (watcher_release(w, o->paused)) {
		console_close(&c);
		return -1;
	}
	ended = console_run(&c);
	console_close(&c);
	if (ended) {
		msg_info("the console of domain %u has ended", w->domid);
	}
	return 0;
}

static int create(const struct domain_config *cfg, const struct options *o)
{
	struct watcher w;

	if (check_host(cfg)) {
		return -1;
	}
	if (o->dry_run) {
		msg_info("'%s' could be created", cfg->name);
		return 0;
	}
	if (watcher_start(&w, cfg)) {
		return -1;
	}
	if (o->console) {
		return with_console(&w, o);
	}
	if (watcher_release(&w, o->paused)) {
		return -1;
	}
	printf("domain %u '%s' created%s\n", w.domid, cfg->name,
	       o->paused ? ", paused" : "");
	return 0;
}

static int run(int argc, char **argv)
{
	struct domain_config *cfg;
	struct options o;
	int ret = parse_options(argc, argv, &o);

	if (ret) {
		return ret;
	}
	cfg = config_read_file(o.config, o.settings, o.nr_settings);
	if (!cfg) {
		return EXIT_FAILED;
	}
	ret = create(cfg, &o);
	config_free(cfg);
	return ret ? EXIT_FAILED : EXIT_OK;
}

const struct command cmd_create = {
	.name = "create",
	.arguments = "[-c] [-p] [-n] CONFIG [KEY=VALUE...]",
	.summary = "Create a domain from an xl.cfg file",
	.help =
"  -c, --console   attach to its console; leave that with ^]\n"
"  -p, --paused    leave it paused; 'pvctl unpause' starts it\n"
"  -n, --dry-run   check the config and the files it names, no more\n"
"\n"
"KEY=VALUE settings are read after the file and win over it; quote strings:\n"
"  pvctl create web.cfg memory=512 'extra=\"quiet\"'\n"
"CONFIG '-' is standard input. The config's keys are described in\n"
"pvctl.cfg(5).\n",
	.run = run,
};
