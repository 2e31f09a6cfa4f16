/* SPDX-License-Identifier: MIT */
/* Copyright (C) 2026 The Paravane authors */
/* Requests are taken once: a word is answered by an empty one. */
#include "front/control.h"

#define SHUTDOWN_NODE	"control/shutdown"
#define TARGET_NODE	"memory/target"
#define KIB_PER_PAGE	4

static const struct {
	const char *word;
	enum control request;
} words[] = {
	{ "poweroff", CONTROL_POWEROFF }, { "reboot", CONTROL_REBOOT },
	{ "halt", CONTROL_HALT }, { "suspend", CONTROL_SUSPEND },
};

static unsigned long last_target;

int control_open(void)
{
	int err = store_watch(SHUTDOWN_NODE, "shutdown");

	/* Not every toolstack lets us say what we can. */
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		char path[64];

		snprintf(path, sizeof(path), "control/feature-%s",
			 words[i].word);
		store_write(STORE_NO_TX, path, "1");
	}
	last_target = control_memory_target();
	return err ? err : store_watch(TARGET_NODE, "target");
}

unsigned long control_memory_target(void)
{
	unsigned long kib;

	return store_read_number("memory", "target", &kib) ? 0
							    : kib / KIB_PER_PAGE;
}

static enum control take_word(void)
{
	char word[16];

	if (store_read(STORE_NO_TX, SHUTDOWN_NODE, word, sizeof(word)) <= 0) {
		return CONTROL_NONE;
	}
	store_write(STORE_NO_TX, SHUTDOWN_NODE, "");
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (!strcmp(words[i].word, word)) {
			return words[i].request;
		}
	}
	return CONTROL_UNKNOWN;
}

enum control control_next(uint64_t ns)
{
	char path[64];
	enum control request;
	unsigned long target;

	/* A watch says that something changed, not what it is now. */
	do {
		request = take_word();
		target = control_memory_target();
		if (request == CONTROL_NONE && target != last_target) {
			last_target = target;
			request = CONTROL_MEMORY;
		}
	} while (request == CONTROL_NONE &&
		 !store_wait(path, sizeof(path), ns));
	return request;
}
