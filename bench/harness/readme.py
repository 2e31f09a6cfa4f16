# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Paravane authors
"""The README's section on performance and its picture, made from the committed
results."""
import json
import os
import shutil

from harness import chart
from harness.images import TOP
from harness.page import markdown_table
from harness.report import number, ratio_of, value_of

RESULTS = f"{TOP}/bench/results/report.json"
README = f"{TOP}/README.md"
PICTURE = f"{TOP}/bench/results/core.svg"
WHERE = {"pv": "guest of Paravane", "xen-pv": "guest of Xen 4.17",
         "hvm": "KVM virtual machine"}
BEGIN = "<!-- made by bench/run --readme from bench/results/ -->\n"
END = "<!-- end of what bench/run --readme makes -->\n"
ROWS = [("null_syscall", "null system call"), ("read_1", "read 1 byte"),
        ("signal_delivery", "signal delivery"),
        ("protection_fault", "protection fault"),
        ("page_fault", "page fault"), ("mprotect_pair", "mprotect pair"),
        ("mmap_1m", "mmap 1 MiB, touch, munmap"),
        ("fork_exit", "fork + exit + wait"),
        ("fork_exec", "fork + exec + wait"),
        ("pipe_pingpong", "pipe ping-pong"),
        ("evtchn_self", "event to oneself, by Linux"),
        ("xen_version", "null hypercall"),
        ("event_between", "event to another domain and back"),
        ("grant_map_between", "another domain's page mapped, unmapped"),
        ("grant_copy_between", "another domain's page copied")]


def picture(data):
    """Each operation in each kind of guest, native = 1."""
    core = data["core"]
    rows = [(words, {p: ratio_of(core, p, name) for p in WHERE})
            for name, words in ROWS if core["native"].get(name)]
    return chart.bars(rows, list(WHERE),
                      "instructions for one operation, native = 1").alone(
                          WHERE)


def section(data):
    core, facts = data["core"], data["facts"]
    rows = [["operation", "native", "Paravane", "Xen 4.17", "KVM",
             "Paravane hv", "Xen hv", "ratio"]]
    for name, words in ROWS:
        if name not in core["pv-dom0"]:
            continue
        # Bare hypercalls are made from domain 0, all else from a guest.
        ours, peer = ("pv", "xen-pv") if name in core["pv"] else (
            "pv-dom0", "xen-dom0")
        rows.append([words, *(number(value_of(core, p, name)) for p in
                              ("native", ours, peer, "hvm")),
                     number(value_of(core, "pv-dom0", name, "hv")),
                     number(value_of(core, "xen-dom0", name, "hv")),
                     number(ratio_of(core, "pv-dom0", name, "xen-dom0", "hv"),
                            3)])
    return "\n".join([
        f"Instructions for one operation, everybody's together, on a stock "
        f"Debian {facts['kernel']}:", "natively, in a guest of Paravane, in "
        "one of Xen, in a KVM virtual machine; and", "\"hv\", what executes "
        "in the hypervisor itself, in domain 0.",
        "This CPU has no invariant TSC: xl's default has RDTSC emulated "
        "there, which a Xen", "guest's Linux uses in each system call; the "
        "\"hv\" columns are free of that.", "",
        *markdown_table(rows), "",
        "The guests' columns as a picture, native = 1, logarithmic:", "",
        "![Instructions for one operation in guests of Paravane, Xen and KVM, "
        "native = 1](bench/results/core.svg)", "",
        f"Counted on {facts['date']} at commit {facts['commit']}, "
        f"{facts['qemu'].split(' (')[0]}, `-cpu {facts['cpu']}`;",
        "all rows, disk and network, privileged events and a model of cycles "
        "are in", "[bench/results/report.md](bench/results/report.md). "
        "`make bench` in the build folder makes", "them anew, `make "
        "bench-quick` the core table in minutes.", ""])


def made():
    """The README and its picture as they must be: {path: text}."""
    with open(RESULTS, encoding="utf-8") as f:
        data = json.load(f)
    with open(README, encoding="utf-8") as f:
        before, _, rest = f.read().partition(BEGIN)
    after = rest.partition(END)[2]
    return {README: f"{before}{BEGIN}\n{section(data)}\n{END}{after}",
            PICTURE: picture(data)}


def write():
    for path, text in made().items():
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)


def keep(folder):
    """The last full run's results become the committed ones."""
    for kind in ("json", "md"):
        shutil.copy(f"{folder}/report.{kind}", os.path.dirname(RESULTS))
    write()


def in_step():
    for path, text in made().items():
        if not os.path.exists(path):
            return False
        with open(path, encoding="utf-8") as f:
            if f.read() != text:
                return False
    return True
