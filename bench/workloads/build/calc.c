/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/* Input of the workload "build": a calculator by recursive descent. */

struct parser {
	const char *at;
	int failed;
};

static long sum(struct parser *p);

static void skip(struct parser *p)
{
	while (*p->at == ' ' || *p->at == '\t') {
		p->at++;
	}
}

static int accept(struct parser *p, char c)
{
	skip(p);
	if (*p->at != c) {
		return 0;
	}
	p->at++;
	return 1;
}

static long number(struct parser *p)
{
	long n = 0;

	skip(p);
	if (*p->at < '0' || *p->at > '9') {
		p->failed = 1;
	}
	while (*p->at >= '0' && *p->at <= '9') {
		n = n * 10 + (*p->at++ - '0');
	}
	return n;
}

static long factor(struct parser *p)
{
	long value;

	if (accept(p, '-')) {
		return -factor(p);
	}
	if (!accept(p, '(')) {
		return number(p);
	}
	value = sum(p);
	if (!accept(p, ')')) {
		p->failed = 1;
	}
	return value;
}

static long product(struct parser *p)
{
	long value = factor(p), other;

	while (!p->failed) {
		if (accept(p, '*')) {
			value *= factor(p);
		} else if (accept(p, '/')) {
			other = factor(p);
			if (!other) {
				p->failed = 1;
				return 0;
			}
			value /= other;
		} else {
			break;
		}
	}
	return value;
}

static long sum(struct parser *p)
{
	long value = product(p);

	while (!p->failed) {
		if (accept(p, '+')) {
			value += product(p);
		} else if (accept(p, '-')) {
			value -= product(p);
		} else {
			break;
		}
	}
	return value;
}

int calculate(const char *text, long *value)
{
	struct parser p = { text, 0 };

	*value = sum(&p);
	skip(&p);
	return p.failed || *p.at ? -1 : 0;
}
