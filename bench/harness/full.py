# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Paravane authors
"""All workloads in all places, counted and timed: one dictionary, written
after each step, that report.py makes the report from."""
import datetime
import json
import os
import re
import resource
import shlex
import statistics
import subprocess
import tempfile
import time

from harness import core, images, runner
from harness.images import BUILD, IMAGES, PACKAGES, SERIES, TOP, WORK
from harness.places import HYPERCALLS, PLACES, Setup

CORE = ["native", "pv-dom0", "pv", "xen-dom0", "xen-pv", "hvm", "emulated",
        "keel-native", "keel-pv", "keel-xen"]
WIDE = ["native", "pv-dom0", "pv", "xen-dom0", "xen-pv", "hvm",
        "hvm-emulated", "emulated"]
TIMED = ["native", "pv-dom0", "pv", "xen-dom0", "xen-pv", "hvm"]
# In the first round only; emulation inside emulation gets nowhere when its
# clock goes on meanwhile.
TIMED_ONCE = {"tcg": ["hvm-emulated"], "kvm": ["hvm-emulated", "emulated"]}
MODULES = ["loop", "veth", "xen-evtchn", "xen-blkfront", "xen-netfront",
           "virtio_pci", "virtio_blk", "virtio_net", "ata_piix", "sd_mod",
           "e1000"]
SMP = 4
STARTS = 3          # how often the seconds of a start are taken


def said(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE, cwd=TOP,
                          stderr=subprocess.STDOUT, check=False)
    return done.stdout.decode(errors="replace").strip()


def packages():
    """The versions of the packages that were unpacked."""
    out = {}
    for folder in ("xen", f"linux-{SERIES}"):
        have = f"{PACKAGES}/{folder}/.have"
        for name in sorted(os.listdir(have)):
            with open(f"{have}/{name}", encoding="ascii") as f:
                out[name] = f.read().strip().split("_")[1].replace("%3a", ":")
    return out


def facts():
    return {
        "date": datetime.date.today().isoformat(),
        "commit": said("git", "rev-parse", "--short", "HEAD"),
        "kernel": core.kernel_version(),
        "qemu": said("qemu-system-x86_64", "--version").split("\n")[0],
        "machine": next((l.split(":")[1].strip()
                         for l in open("/proc/cpuinfo", encoding="ascii")
                         if l.startswith("model name")), "?"),
        "cpu": runner.CPU, "svm cpu": runner.SVM_CPU,
        "wall": images.script("kvm-probe").strip(),
        "packages": packages(),
        "image": {"paravane": os.path.getsize(f"{BUILD}/paravane"),
                  "xen": os.path.getsize(f"{IMAGES}/xen")},
    }


def children_worked():
    """Seconds of a CPU that processes of ours have had which are gone."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def starts(initrd, accel):
    """The start, with a clock: seconds to the first line and to the first
    process of domain 0, medians of some. The two hypervisors take turns, and
    the first of each is not counted: files are read from the disk then."""
    setup = Setup(f"{BUILD}/bench/core")
    setup.made["initrd"] = initrd
    found = {"pv-dom0": [], "xen-dom0": []}
    for _ in range(STARTS + 1):
        for place, times in found.items():
            lines = runner.timed_lines(runner.qemu(
                place, setup, {"boot": "boot", "only": "none"}, PLACES[place],
                accel), 120)
            times.append({what: next((when for when, text in lines
                                      if re.search(pattern, text)), None)
                          for what, pattern in
                          (("first line", r"\S"),
                           ("domain 0's init", r"bench boot"))})
    return {place: {what: statistics.median(t[what] for t in times[1:])
                    for what in times[0]} for place, times in found.items()}


def memory_taken(place):
    """KiB of a 512 MiB machine that are neither domain 0's nor free."""
    command = runner.qemu(place, Setup(f"{BUILD}/bench/core"),
                          {"only": "xen_version"}, HYPERCALLS[place], "tcg")
    for _, text in runner.timed_lines(command, 60):
        match = re.search(r"memory: (\d+) of \d+ KiB free, (\d+)", text)
        if match:
            return (512 << 10) - int(match[1]) - int(match[2])
    return None


class Full:
    """One full run; the file `path` has what was reached so far."""

    def __init__(self, path, rounds, go_on=False):
        self.path, self.rounds = path, rounds
        self.data = {"facts": facts(), "commands": {}, "core": {}, "wide": {},
                     "smp": {}, "start": {}, "memory": {}, "rounds": {},
                     "seconds": {}, "missing": {}}
        if go_on:
            with open(path, encoding="ascii") as f:
                self.data.update(json.load(f))
            self.data["missing"] = {}
        images.make_folder()

    def save(self):
        with open(self.path + ".new", "w", encoding="ascii") as f:
            json.dump(self.data, f, indent=1)
        os.replace(self.path + ".new", self.path)

    def step(self, kind, name, function):
        """One figure or table of figures, unless it is there; what fails is
        reported as missing, with the reason."""
        if name in self.data[kind]:
            return
        print(f"bench: {kind}, {name}", end="", flush=True)
        begun, worked = time.monotonic(), children_worked()
        try:
            self.data[kind][name] = function()
        except Exception as error:      # whatever it is, the others go on
            self.data["missing"][f"{kind}, {name}"] = str(error) or repr(error)
        took = time.monotonic() - begun
        self.data["seconds"][f"{kind}, {name}"] = round(took, 1)
        print(f": {took:.0f} s, {children_worked() - worked:.0f} of a CPU",
              flush=True)
        self.save()

    def core(self):
        def measured(place):
            rows = core.measure(place, timeout=1800)
            self.data["commands"][place] = shlex.join(
                runner.commands[place]).replace(BUILD, "build")
            if place in ("pv", "xen-pv"):
                with open(f"{WORK}/bench.cfg", encoding="ascii") as f:
                    self.data["commands"][f"{place}: bench.cfg"] = f.read()
            return rows

        for place in CORE:
            self.step("core", place, lambda p=place: measured(p))

    def start(self):
        initrd = core.setup().initrd()
        self.step("start", "seconds",
                  lambda: starts(initrd, self.data["facts"]["wall"]))
        for place in ("pv-dom0", "xen-dom0"):
            self.step("memory", place, lambda p=place: memory_taken(p))
        self.step("start", "size", lambda: said("scripts/size"))

    def smp(self):
        for cpus in (1, SMP):
            self.step("smp", str(cpus), lambda n=cpus: core.on_cpus(n))

    def programs(self, function):
        """function(setup), with all workloads and what they need."""
        with tempfile.TemporaryDirectory() as tree:
            images.programs(tree)
            return function(Setup(f"{BUILD}/bench/wide", MODULES, tree,
                                  devices=True))

    def wide(self):
        self.programs(lambda setup: [
            self.step("wide", place,
                      lambda p=place: runner.run(p, setup, timeout=1800))
            for place in WIDE])

    def time(self):
        """Rounds over all places, by the programs' own clock; each is a
        dictionary place -> name -> nanoseconds."""
        accel = self.data["facts"]["wall"]
        env = {"min_ms": 100, "then": "/bin/core"}

        def timed(setup, place):
            rows = runner.run(place, setup, env, accel=accel, timeout=600)
            return {n: r["ns"] for n, r in rows.items()}

        self.programs(lambda setup: [
            self.step("rounds", f"{n + 1} {place}",
                      lambda p=place: timed(setup, p))
            for n in range(self.rounds)
            for place in TIMED + ([] if n else TIMED_ONCE[accel])])

    def run(self):
        self.core()
        self.start()
        self.smp()
        self.wide()
        self.time()
        return self.data
