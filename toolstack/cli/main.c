/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * pvctl: the first word is a command, the rest is that command's business.
 * Help for people is on stdout and costs nothing to ask for; mistakes in use
 * exit with 2, failures with 1.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "lib/msg.h"

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "0"
#endif

static const struct command *const commands[] = {
	&cmd_create, &cmd_list, &cmd_console, &cmd_shutdown, &cmd_reboot,
	&cmd_destroy, &cmd_pause, &cmd_unpause, &cmd_info, &cmd_dmesg,
	&cmd_stats,
};

#define NR_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void print_overview(FILE *f)
{
	unsigned int i;

	fprintf(f, "usage: pvctl [-v] COMMAND [ARGUMENTS]\n\n"
		"Create and run paravirtualized domains.\n\n");
	for (i = 0; i < NR_COMMANDS; i++) {
		fprintf(f, "  %-9s %s\n", commands[i]->name,
			commands[i]->summary);
	}
	fprintf(f, "\n'pvctl COMMAND --help' tells more about one command; see also pvctl(1).\n");
}

static void print_help(const struct command *cmd)
{
	printf("usage: pvctl %s%s%s\n\n%s.\n%s%s", cmd->name,
	       *cmd->arguments ? " " : "", cmd->arguments, cmd->summary,
	       *cmd->help ? "\n" : "", cmd->help);
}

int usage_error(const struct command *cmd, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	msg_error("%s: %s; usage: pvctl %s %s", cmd->name, text, cmd->name,
		  cmd->arguments);
	return EXIT_USAGE;
}

int open_domain(const struct command *cmd, int argc, char **argv,
		struct tools *t, uint32_t *domid)
{
	if (argc != 2) {
		return usage_error(cmd, argc < 2 ? "which domain?" :
				   "one domain at a time");
	}
	if (argv[1][0] == '-') {
		return usage_error(cmd, "unknown option '%s'", argv[1]);
	}
	if (tools_open(t, NEED_HYPERVISOR | NEED_STORE)) {
		return EXIT_FAILED;
	}
	if (tools_find_domain(t, argv[1], domid)) {
		tools_close(t);
		return EXIT_FAILED;
	}
	return EXIT_OK;
}

static const struct command *find_command(const char *name)
{
	unsigned int i;

	for (i = 0; i < NR_COMMANDS; i++) {
		if (!strcmp(commands[i]->name, name)) {
			return commands[i];
		}
	}
	return NULL;
}

static int is_help(const char *word)
{
	return !strcmp(word, "--help") || !strcmp(word, "-h");
}

static int no_command(const char *name)
{
	msg_error("there is no command '%s'; 'pvctl --help' lists them", name);
	return EXIT_USAGE;
}

static int run_command(int argc, char **argv)
{
	const struct command *cmd = find_command(argv[0]);
	int i;

	if (!cmd) {
		return no_command(argv[0]);
	}
	for (i = 1; i < argc; i++) {
		if (is_help(argv[i])) {
			print_help(cmd);
			return EXIT_OK;
		}
	}
	return cmd->run(argc, argv);
}

static int help_on(const char *name)
{
	const struct command *cmd = find_command(name);

	if (!cmd) {
		return no_command(name);
	}
	print_help(cmd);
	return EXIT_OK;
}

static int run_line(int argc, char **argv)
{
	int i = 1;

	if (i < argc && (!strcmp(argv[i], "-v") ||
			 !strcmp(argv[i], "--verbose"))) {
		msg_set_verbose(1);
		msg_debug("start");
		i++;
	}
	if (i >= argc) {
		print_overview(stderr);
		return EXIT_USAGE;
	}
	if (!strcmp(argv[i], "--version")) {
		printf("pvctl (Paravane) %s\n", PACKAGE_VERSION);
		return EXIT_OK;
	}
	if (!strcmp(argv[i], "help") && i + 1 < argc) {
		return help_on(argv[i + 1]);
	}
	if (is_help(argv[i]) || !strcmp(argv[i], "help")) {
		print_overview(stdout);
		return EXIT_OK;
	}
	return run_command(argc - i, argv + i);
}

/* A list that could not be written whole must not pass for a whole list. */
int main(int argc, char **argv)
{
	int ret = run_line(argc, argv);

	if ((fflush(stdout) || ferror(stdout)) && ret == EXIT_OK) {
		msg_error("cannot write the output: %s", strerror(errno));
		ret = EXIT_FAILED;
	}
	return ret;
}
