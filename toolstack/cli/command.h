/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * What each command gives the dispatcher in main.c: a name, a line for the
 * overview, a help text and a function.  One file per command defines one
 * struct command.
 */
#ifndef TOOLSTACK_CLI_COMMAND_H
#define TOOLSTACK_CLI_COMMAND_H

#include <stdint.h>

#include "lib/tools.h"

/* Exit codes of pvctl. */
enum {
	EXIT_OK = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
};

struct command {
	const char *name;
	const char *arguments;		/* after the name, in the usage line */
	const char *summary;		/* one line */
	const char *help;		/* options and notes, may be "" */
	int (*run)(int argc, char **argv);	/* argv[0] is the name */
};

extern const struct command cmd_create;
extern const struct command cmd_list;
extern const struct command cmd_console;
extern const struct command cmd_shutdown;
extern const struct command cmd_reboot;
extern const struct command cmd_destroy;
extern const struct command cmd_pause;
extern const struct command cmd_unpause;
extern const struct command cmd_info;
extern const struct command cmd_dmesg;
extern const struct command cmd_stats;

/* Say how @cmd is used, on stderr; returns EXIT_USAGE. */
int usage_error(const struct command *cmd, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * For commands whose only argument is a domain: open what is needed and find
 * it.  Returns EXIT_OK, or the exit code after an error.
 */
int open_domain(const struct command *cmd, int argc, char **argv,
		struct tools *t, uint32_t *domid);

#endif
