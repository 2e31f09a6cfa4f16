/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * Runs the tests that the command line asks for, in the order of their names.
 *	match=TEXT	those whose name contains TEXT
 *	among=NAME,...	these
 *	only=NAME	this one, even if it wants a boot of its own
 *	after=NAME	those that come after NAME
 *	verbose=1	each case as it begins
 * Lines for the runner:
 *	TEST name
 *	FAIL name: case: what was expected
 *	STEP number	a long test goes on
 *	RESULT name verdict cases [reason]
 *	ALONE name [cpus=N]	not run: wants a boot of its own
 *	CRASHES name	what follows must end this domain
 *	VERDICT word	the end
 */
#include "common/audit.h"

extern const struct test _tests[], _tests_end[];

enum verdict { SUCCESS, SKIP, ERROR, FAILURE };
static const char *const verdict_names[] = {
	"success", "skip", "error", "failure",
};

static struct {
	const struct test *test;
	enum verdict verdict;
	unsigned int cases, failures;
	char reason[120];
	char name[80];
	void *jump[5];
} now;

static bool verbose;

/* Failures beyond these of one test are counted and not shown. */
#define SHOWN_FAILURES	12

static void give_up(enum verdict verdict) __attribute__((noreturn));
static void give_up(enum verdict verdict)
{
	if (verdict > now.verdict) {
		now.verdict = verdict;
	}
	__builtin_longjmp(now.jump, 1);
}

void test_case(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(now.name, sizeof(now.name), fmt, ap);
	va_end(ap);
	if (verbose) {
		printk("CASE %s\n", now.name);
	}
}

static const char *base_name(const char *file)
{
	const char *p = strstr(file, "tests/guest/");

	return p ? p + strlen("tests/guest/") : file;
}

static bool failed(const char *file, int line, const char *text)
{
	now.verdict = FAILURE;
	if (now.failures++ < SHOWN_FAILURES) {
		printk("FAIL %s: %s%s%s (%s:%d)\n", now.test->name, now.name,
		       now.name[0] ? ": " : "", text, base_name(file), line);
	}
	return false;
}

bool test_check(bool holds, const char *file, int line, const char *what,
		const char *fmt, ...)
{
	char text[200];
	va_list ap;
	int n;

	now.cases++;
	if (holds) {
		return true;
	}
	n = snprintf(text, sizeof(text), "%s%s", what, *fmt ? ": " : "");
	va_start(ap, fmt);
	if (n < (int)sizeof(text)) {
		vsnprintf(text + n, sizeof(text) - n, fmt, ap);
	}
	va_end(ap);
	return failed(file, line, text);
}

bool test_check_eq(long got, long want, const char *file, int line,
		   const char *got_text, const char *want_text)
{
	char text[200];
	bool small = got > -4096 && got < 4096 && want > -4096 && want < 4096;

	now.cases++;
	if (got == want) {
		return true;
	}
	snprintf(text, sizeof(text),
		 small ? "%s is %ld, not %s (%ld)" : "%s is %lx, not %s (%lx)",
		 got_text, got, want_text, want);
	return failed(file, line, text);
}

void test_skip(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(now.reason, sizeof(now.reason), fmt, ap);
	va_end(ap);
	give_up(SKIP);
}

void test_error(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(now.reason, sizeof(now.reason), fmt, ap);
	va_end(ap);
	give_up(ERROR);
}

/* An exception that no test expected: the test has failed, others go on. */
static void unexpected(struct regs *regs)
{
	regs_print(regs);
	snprintf(now.reason, sizeof(now.reason),
		 "unexpected entry %lu at %p in case \"%s\"", regs->vector,
		 (void *)regs->rip, now.name);
	give_up(FAILURE);
}

/*
 * What a test must leave as it was. The port is the lowest free one; of what
 * the hypervisor keeps about it all is recounted where that can be asked for.
 */
struct resources {
	unsigned long pages;
	long reservation;
	int port;
	unsigned int grants;
};

static struct resources count_resources(void)
{
	struct xen_memory_domain self = { .domid = DOMID_SELF };
	struct resources r = {
		.pages = page_in_use(),
		.reservation = hc_memory_op(XENMEM_current_reservation, &self),
	};
	volatile struct grant_entry_v1 *g = grant_table();

	r.port = event_alloc_unbound(DOMID_SELF, DOMID_SELF);
	if (r.port > 0) {
		event_close(r.port);
	}
	for (unsigned int i = 0; i < PAGE_SIZE / sizeof(*g); i++) {
		r.grants += g[i].flags != 0;
	}
	return r;
}

static void run(const struct test *test)
{
	struct resources before, after;

	memset(&now, 0, sizeof(now));
	now.test = test;
	printk("TEST %s\n", test->name);
	if ((test->flags & CRASHES) == CRASHES) {
		printk("CRASHES %s\n", test->name);
	}
	user_root();
	before = count_resources();
	if (!__builtin_setjmp(now.jump)) {
		test->run();
	}
	trap_set_hook(NULL);
	fault_take();
	events_disable();
	event_dispatch();
	if (now.verdict == SUCCESS && !(test->flags & ALONE)) {
		after = count_resources();
		test_case("left behind");
		CHECK_EQ(after.pages, before.pages);
		CHECK_EQ(after.reservation, before.reservation);
		CHECK_EQ(after.port, before.port);
		CHECK_EQ(after.grants, before.grants);
		/* -1: there is no audit here. */
		CHECK(audit() <= 0);
	}
	if ((test->flags & CRASHES) == CRASHES && now.verdict == SUCCESS) {
		CHECK(false, "it lives");
	}
	if (now.verdict == FAILURE && !now.reason[0]) {
		snprintf(now.reason, sizeof(now.reason), "%u of %u cases",
			 now.failures, now.cases);
	}
	printk("RESULT %s %s %u %s\n", test->name, verdict_names[now.verdict],
	       now.cases, now.reason);
}

/* Copies the value of a word of the command line; false when it is absent. */
static bool word(const char *name, char *value, size_t size)
{
	const char *p = cmdline_value(name);
	size_t n = 0;

	while (p && *p && *p != ' ' && n + 1 < size) {
		value[n++] = *p++;
	}
	value[n] = '\0';
	return p;
}

/* Is the name one of those between the commas? */
static bool in_list(const char *list, const char *name)
{
	size_t n = strlen(name);

	for (const char *p = list; (p = strstr(p, name)); p++) {
		if ((p == list || p[-1] == ',') &&
		    (p[n] == ',' || p[n] == '\0')) {
			return true;
		}
	}
	return false;
}

int main(void)
{
	char match[64], only[64], after[64], among[512];
	bool has_match = word("match=", match, sizeof(match));
	bool has_among = word("among=", among, sizeof(among));
	bool has_only = word("only=", only, sizeof(only));
	bool has_after = word("after=", after, sizeof(after));
	enum verdict worst = SUCCESS;

	verbose = cmdline_value("verbose=");
	trap_fatal = unexpected;
	for (const struct test *t = _tests; t < _tests_end; t++) {
		if (has_only ? strcmp(t->name, only) :
		    has_match && !strstr(t->name, match)) {
			continue;
		}
		if (has_among && !in_list(among, t->name)) {
			continue;
		}
		if (has_after && strcmp(t->name, after) <= 0) {
			continue;
		}
		if ((t->flags & ALONE) && !has_only && !has_among) {
			printk("ALONE %s%s\n", t->name,
			       (t->flags & FOUR_CPUS) == FOUR_CPUS ?
			       " cpus=4" :
			       (t->flags & COUNTED) == COUNTED ?
			       " cpus=1" : "");
			continue;
		}
		run(t);
		worst = now.verdict > worst ? now.verdict : worst;
	}
	printk("VERDICT %s\n", verdict_names[worst]);
	return SHUTDOWN_reboot;
}
