# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Paravane authors
"""One run of QEMU in one place: its results, by workload.

Counted, QEMU executes one instruction a nanosecond (-icount) on one CPU and
the plugin counts them; or timed, by the program's own clock.
"""
import os
import re
import select
import subprocess
import sys
import tempfile
import time

from harness.images import BUILD
from harness.places import NEEDS_SVM, PLACES, PV

# The order of the plugin's enum.
FIELDS = ["hv", "kernel", "user", "cr3", "hv_cr3", "cr4", "invlpg",
          "syscall", "sysret", "iret", "vmrun"]
CPU = "qemu64,+smep"
SVM_CPU = "EPYC,+svm,+npt,+nrip-save,-smap"
SILENCE = 240	# seconds without a line: a virtual machine hangs
END = re.compile(rb"bench done|pv: failed|Kernel panic|Panic on CPU")
LINE = re.compile(r"^.*?bench (\w+) (\d+) (\d+)\s*$", re.M)
COUNTER = re.compile(r"^counter (\w+) (\d+) (\S.*?)\s*$", re.M)


# place -> the words with which QEMU was last started there, but the plugin's.
commands = {}


class Failed(Exception):
    """What went wrong, in words for the user."""


def qemu(place, setup, env, boot, accel, seed=1):
    """The whole command. `accel`: "icount", or what QEMU calls it."""
    cpu = setup.cpu or (SVM_CPU if place in NEEDS_SVM else CPU)
    cmd = ["qemu-system-x86_64", "-nodefaults", "-no-user-config",
           "-display", "none", "-serial", "stdio", "-no-reboot",
           "-smp", str(setup.cpus), "-cpu", cpu]
    if accel == "icount":
        cmd += ["-accel", "tcg,thread=single",
                "-icount", "shift=0,sleep=off,align=off",
                "-rtc", "base=2024-01-01,clock=vm", "-seed", str(seed)]
    else:
        cmd += ["-accel", accel, *(["-cpu", "host"] if accel == "kvm" else [])]
    if place in ("pv", "xen-pv"):
        # Without it libuuid waits for entropy for seconds.
        cmd += ["-device", "virtio-rng-pci"]
    return cmd + boot(setup, env)


def watch(command, timeout, heard=None, silence=None):
    """Runs QEMU until the program is done, or has said nothing for `silence`
    seconds; what the machine said.  `heard` gets (seconds since the start,
    bytes) for each piece."""
    command = ["setpriv", "--pdeathsig", "KILL", *command]
    start = time.monotonic()
    said, deadline = b"", start + timeout
    with subprocess.Popen(command, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT) as process:
        out = process.stdout.fileno()
        while not END.search(said[-4096:]):
            left = deadline - time.monotonic()
            wait = min(left, silence or left)
            if left <= 0 or not select.select([out], [], [], wait)[0]:
                break
            data = os.read(out, 65536)
            if not data:
                break
            said += data
            if heard is not None:
                heard.append((time.monotonic() - start, data))
        process.kill()
    return said.decode(errors="replace").replace("\r", "")


def timed_lines(command, timeout):
    """The machine's lines, each with the seconds since power-on."""
    heard, lines, rest = [], [], ""
    watch(command, timeout, heard)
    for when, data in heard:
        *whole, rest = (rest + data.decode(errors="replace")).split("\n")
        lines += [(when, line) for line in whole]
    return lines


def kind_names():
    """Number -> name of the plugin's kinds of stays in the hypervisor."""
    with open("/usr/include/xen/xen.h", encoding="ascii") as f:
        calls = re.findall(r"^#define __HYPERVISOR_(\w+)\s+(\d+)\b",
                           f.read(), re.M)
    return {**{int(n): name for name, n in calls}, 64: "system call",
            65: "a collected call",
            113: "privileged instruction", 114: "page fault",
            356: "interrupt"}


def kinds_of(words, ops):
    """KIND:TIMES:INSTRUCTIONS... as name -> [times, instructions], each per
    operation."""
    names, out = kind_names(), {}
    for word in words:
        kind, times, instructions = map(int, word.split(":"))
        name = names.get(kind, "exception" if kind < 132 else "interrupt")
        was = out.get(name, [0, 0])
        out[name] = [was[0] + times / ops, was[1] + instructions / ops]
    return out


def run(place, setup, *args, **more):
    """Results: name -> {"ops", "ns", and the fields, each per operation}.

    With SVM as QEMU 7.2 emulates it, a guest's kernel now and then spins for
    good on a lock that it holds itself. The same seed ends the same, so a
    virtual machine that does not finish is started once more with another."""
    try:
        return once(place, setup, *args, **more)
    except Failed as error:
        if place not in NEEDS_SVM:
            raise
        sys.stderr.write(f"bench: {error}; once more, with another seed\n")
        return once(place, setup, *args, seed=2, **more)


def once(place, setup, env=None, boot=None, accel="icount", timeout=600,
         hist=None, seed=1):
    """One try of run()."""
    boot = boot or PLACES[place]
    counting = accel == "icount"
    with tempfile.TemporaryDirectory() as folder:
        counts = os.path.join(folder, "counts")
        command = qemu(place, setup, env or {}, boot, accel, seed)
        if boot == PLACES[place]:
            commands[place] = list(command)
        # Stays in a hypervisor, on one CPU: of several they would mix.
        split = setup.cpus == 1 and place in PV
        if counting:
            command += ["-plugin", f"{BUILD}/bench/count.so,out={counts}" +
                        (",split=on" if split else "") +
                        (f",hist={hist}" if hist else "")]
        said = watch(command, timeout,
                     silence=SILENCE if place in NEEDS_SVM else None)
        lines = []
        if os.path.exists(counts):
            with open(counts, encoding="ascii") as f:
                lines = [l.split() for l in f]
            begun = {l[1]: int(l[2]) for l in lines
                     if l[:1] == ["total"] and l[1] in ("first", "start")}
            lines = [l for l in lines if l[0] != "total"]
    names = LINE.findall(said)
    if place == "emulated":
        lines = []      # QEMU inside translates the markers to nothing
    if "bench done" not in said or (lines and len(names) != len(lines)):
        sys.stderr.write(said[-3000:])
        raise Failed(f"'{place}' did not finish: {len(names)} results, "
                     f"{len(lines)} counts")
    out = {}
    for i, (name, ops, ns) in enumerate(names):
        row = {"ops": int(ops), "ns": int(ns) / int(ops)}
        if lines:
            row.update({f: int(c) / int(ops)
                        for f, c in zip(FIELDS, lines[i])})
            row["total"] = row["hv"] + row["kernel"] + row["user"]
            if split:
                row["kinds"] = kinds_of(lines[i][len(FIELDS):], int(ops))
        elif counting:
            row["total"] = row["ns"]    # an instruction a nanosecond
        out[name] = row
    for name, n, what in COUNTER.findall(said):
        if name in out:
            out[name].setdefault("counters", {})[what] = \
                int(n) / out[name]["ops"]
    if "boot" in out and counting:
        out["boot"].update(begun)
    return out
