/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 The Paravane authors */
/*
 * A hostile kernel: random calls from one vCPU, and from all at once. Whatever
 * it asks for, it and the hypervisor must live on; between rounds, while the
 * vCPUs stand still, the hypervisor recounts its frames, ports and grants.
 *
 * With one vCPU the same seed makes the same calls; with several, each makes
 * the same ones, and their order among each other is the machine's.
 * Command line: seed=N calls=N trace=1
 */
#include "common/audit.h"
#include "fuzz/calls.h"
#include "fuzz/random.h"

#define ROUND	20000	/* calls between two audits */

static struct {
	unsigned long seed, calls;	/* of each vCPU */
	unsigned long share;		/* of a round, each vCPU's */
	unsigned int cpus;
	bool trace;
	volatile unsigned long round;	/* the one that may be made */
	unsigned long finished, good;
} fuzz;

static void make_round(unsigned long n)
{
	unsigned long good = 0;

	for (unsigned long i = 0; i < n; i++) {
		good += fuzz_one(fuzz.trace);
	}
	__atomic_add_fetch(&fuzz.good, good, __ATOMIC_SEQ_CST);
	__atomic_add_fetch(&fuzz.finished, 1, __ATOMIC_SEQ_CST);
}

static unsigned long nr_rounds(void)
{
	return (fuzz.calls + fuzz.share - 1) / fuzz.share;
}

static unsigned long round_size(unsigned long round)
{
	unsigned long left = fuzz.calls - round * fuzz.share;

	return left < fuzz.share ? left : fuzz.share;
}

static void other_vcpu(void *arg)
{
	(void)arg;
	random_seed(fuzz.seed * FUZZ_CPUS + this_cpu()->id);
	for (unsigned long r = 0; r < nr_rounds(); r++) {
		while (fuzz.round <= r) {
			cpu_relax();
		}
		make_round(round_size(r));
	}
}

/* A round of all vCPUs, and what the audit finds then. */
static bool round_and_audit(unsigned long r)
{
	int differ;

	fuzz.round = r + 1;
	make_round(round_size(r));
	while (READ_ONCE(fuzz.finished) < (r + 1) * fuzz.cpus) {
		cpu_relax();
	}
	printk("STEP %lu\n", r);
	differ = audit();
	test_case("seed %lu, round %lu", fuzz.seed, r);
	return CHECK(differ <= 0, "%d counts differ", differ);
}

static void run_fuzz(unsigned int cpus, unsigned long calls)
{
	unsigned long total, start = clock_ns();

	/* Elsewhere a line of the log for each refusal takes the time. */
	calls = number_word("calls=", on_paravane() ? calls : calls / 100);
	fuzz.seed = number_word("seed=", 1);
	fuzz.trace = cmdline_value("trace=");
	fuzz.cpus = cpus;
	fuzz.calls = (calls + cpus - 1) / cpus;
	fuzz.share = ROUND / cpus;
	random_seed(fuzz.seed * FUZZ_CPUS);
	fuzz_pools(cpus);
	events_disable();
	trap_set_hook(fuzz_fault);
	for (unsigned int i = 1; i < cpus; i++) {
		int err = cpu_start(i, other_vcpu, NULL);

		if (err) {
			test_error("vCPU %u does not start: %d", i, err);
		}
	}
	for (unsigned long r = 0; r < nr_rounds(); r++) {
		if (!round_and_audit(r)) {
			break;
		}
	}
	trap_set_hook(NULL);
	total = fuzz.calls * cpus;
	printk("FUZZ seed %lu: %lu calls from %u vCPUs, %lu done, %lu ms\n",
	       fuzz.seed, total, cpus, fuzz.good,
	       (clock_ns() - start) / NSEC_PER_MSEC);
	CHECK(fuzz.good > total / 10);
}

TEST(fuzz_hypercalls, ALONE)
{
	run_fuzz(1, 700000);
}

TEST(fuzz_smp, ALONE)
{
	unsigned int cpus = 1;

	while (cpus < FUZZ_CPUS &&
	       hc_vcpu_op(VCPUOP_is_up, cpus, NULL) >= 0) {
		cpus++;
	}
	if (cpus < 2) {
		test_skip("one vCPU only");
	}
	run_fuzz(cpus, 300000);
}
