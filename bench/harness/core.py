# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Paravane authors
"""The core table: entry, exit and memory management of kernels, in
instructions; and the bound on each row, which is the committed baseline."""
import json
import os

from harness import runner
from harness.images import BUILD, PACKAGES, SERIES, TOP
from harness.places import HYPERCALL_ROWS, HYPERCALLS, Setup

QUICK = ["native", "pv-dom0", "pv", "xen-dom0", "xen-pv"]
BASELINE = f"{TOP}/bench/results/baseline.json"
ALLOWED = 1.03

# Not operations but stretches of time.
STRETCHES = ("boot", "create")


def setup(kernel=None, **more):
    modules = [] if kernel else ["xen-evtchn", "xen-privcmd"]
    return Setup(f"{BUILD}/bench/core", modules, kernel=kernel, **more)


def measure(place, only=None, kernel=None, **more):
    """One place's rows; with those of bare hypercalls where it has them.
    `kernel`, an ELF without modules, takes the place of Debian's."""
    env = {"only": only} if only else {"boot": "boot"}
    if place not in ("native", "pv-dom0", "xen-dom0") and not only:
        env = {}        # a guest's is called "create"
    if only in HYPERCALL_ROWS:
        return runner.run(place, setup(), env, boot=HYPERCALLS[place], **more)
    rows = runner.run(place, setup(kernel), env, **more)
    if place in HYPERCALLS and not only:
        rows.update(runner.run(place, setup(), boot=HYPERCALLS[place],
                               **more))
    return rows


# What a lock of all CPUs would show in.
ON_CPUS = ("null_syscall,page_fault,mmap_1m,fork_exit,fork_exec,pipe_self,"
           "pipe_pingpong,clock_gettime,evtchn_self,evtchn_spread")


def on_cpus(cpus, place="pv-dom0"):
    """So many CPUs do the same at once: the rows per operation of all."""
    rows = runner.run(place, setup(cpus=cpus), {"cpus": cpus, "only": ON_CPUS})
    rows.update(runner.run(place, setup(cpus=cpus), boot=HYPERCALLS[place]))
    return {n: r for n, r in rows.items()
            if n in ON_CPUS.split(",") or n == "event_self"}


def table(results, places=None):
    """Rows of text: totals, the hypervisor's share, address space loads."""
    places = [p for p in places or results if p in results]
    virtual = [p for p in places if p != "native"]
    pairs = [(a, b) for a, b in (("pv-dom0", "xen-dom0"), ("pv", "xen-pv"))
             if a in places and b in places]
    names = []
    for p in places:
        names += [n for n in results[p] if n not in names]
    rows = [["operation"] + [f"{p} total" for p in places] +
            [f"{p} hv" for p in virtual] + [f"{a}/{b} hv" for a, b in pairs]]
    for name in names:
        def cell(place, field):
            value = results[place].get(name, {}).get(field)
            return "-" if value is None else f"{value:,.0f}"

        row = [name] + [cell(p, "total") for p in places]
        row += [cell(p, "hv") for p in virtual]
        for a, b in pairs:
            ours, peers = (results[p].get(name, {}).get("hv") for p in (a, b))
            row.append(f"{ours / peers:.3f}" if ours and peers else "-")
        rows.append(row)
    return rows


def show(rows):
    widths = [max(len(r[i]) for r in rows) for i in range(len(rows[0]))]
    for r in rows:
        print("  ".join(c.ljust(w) if i == 0 else c.rjust(w)
                        for i, (c, w) in enumerate(zip(r, widths))))


def kernel_version():
    with open(f"{PACKAGES}/linux-{SERIES}/version", encoding="ascii") as f:
        return f.read().strip()


def hv_rows():
    """The hypervisor's instructions per operation, in domain 0."""
    return {name: round(row["hv"], 1)
            for name, row in measure("pv-dom0").items()
            if name not in STRETCHES}


def baseline_write(may_rise):
    """A row's baseline falls with what it costs, and rises when named."""
    rows = hv_rows()
    if os.path.exists(BASELINE):
        with open(BASELINE, encoding="ascii") as f:
            was = json.load(f)["hv"]
        for name in rows:
            if name in was and name not in may_rise:
                rows[name] = min(rows[name], was[name])
    with open(BASELINE, "w", encoding="ascii") as f:
        json.dump({"kernel": kernel_version(), "cpu": runner.CPU,
                   "hv": rows}, f, indent=1)
        f.write("\n")


def baseline_check():
    """No row above its baseline by more than 3 %; a second run of domain 0
    gives the same counts within 1 %.  Prints a line each; (passed, failed)."""
    with open(BASELINE, encoding="ascii") as f:
        base = json.load(f)
    if kernel_version() != base["kernel"]:
        print(f"note  measured on {kernel_version()}, "
              f"the baseline on {base['kernel']}")
    first, again = hv_rows(), hv_rows()
    passed = failed = 0
    for name, was in base["hv"].items():
        is_now, then = first.get(name), again.get(name)
        if is_now is None:
            problem = "is not measured any more"
        elif is_now > was * ALLOWED + 1:
            problem = (f"{is_now:,.1f} instructions in the hypervisor per "
                       f"operation, the baseline is {was:,.1f} (+"
                       f"{100 * (is_now / was - 1 if was else 1):.1f} %)")
        elif abs(is_now - then) > 0.01 * is_now + 0.1:
            problem = f"{is_now:,.1f} in one run, {then:,.1f} in the next"
        else:
            passed += 1
            continue
        failed += 1
        print(f"FAIL  bench {name}: {problem}")
    print(f"ok    {passed} rows of the core table within 3 % of the baseline, "
          "and within 1 % when repeated")
    return passed, failed
