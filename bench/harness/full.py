# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Paravane authors
"""All workloads in all places, counted and timed: one dictionary, written
after each step, that report.py makes the report from."""
import datetime
import json
import os
import re
import shlex
import statistics
import subprocess
import tempfile

from harness import core, images, runner
from harness.images import BUILD, IMAGES, PACKAGES, SERIES, TOP, WORK
from harness.places import HYPERCALLS, PLACES, Setup

CORE = ["native", "pv-dom0", "pv", "xen-dom0", "xen-pv", "hvm", "emulated",
        "keel-native", "keel-pv", "keel-xen"]
WIDE = ["native", "pv-dom0", "pv", "xen-dom0", "xen-pv", "hvm",
        "hvm-emulated"]
TIMED = ["native", "pv-dom0", "pv", "xen-dom0", "xen-pv", "hvm"]
MODULES = ["loop", "veth", "xen-evtchn", "xen-blkfront", "xen-netfront",
           "virtio_pci", "virtio_blk", "virtio_net", "ata_piix", "sd_mod",
           "e1000"]
# Emulation inside emulation is very slow: these alone.
FEW = "null_syscall,read_1,page_fault,fork_exit,pipe_pingpong"


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
        "packages": packages(),
        "image": {"paravane": os.path.getsize(f"{BUILD}/paravane"),
                  "xen": os.path.getsize(f"{IMAGES}/xen")},
    }


def boot_line(hypervisor, initrd):
    """The start, with a clock: seconds to the first line and to the first
    process of domain 0."""
    setup = Setup(f"{BUILD}/bench/core")
    setup.made["initrd"] = initrd
    command = runner.qemu("pv-dom0", setup, {"boot": "boot",
                                             "only": "null_syscall"},
                          PLACES["pv-dom0" if hypervisor == "paravane"
                                 else "xen-dom0"], "tcg")
    lines = runner.timed_lines(command, 120)
    out = {}
    for name, pattern in (("first line", r"\S"),
                          ("domain 0's init", r"bench boot")):
        out[name] = next((when for when, text in lines
                          if re.search(pattern, text)), None)
    return out


def memory_taken(hypervisor):
    """KiB of a 512 MiB machine that are neither domain 0's nor free."""
    place = "pv-dom0" if hypervisor == "paravane" else "xen-dom0"
    command = runner.qemu(place, Setup(f"{BUILD}/bench/core"),
                          {"only": "xen_version"}, HYPERCALLS[place], "tcg")
    for _, text in runner.timed_lines(command, 60):
        match = re.search(r"memory: (\d+) of \d+ KiB free, (\d+)", text)
        if match:
            return (512 << 10) - int(match[1]) - int(match[2])
    return None


class Full:
    """One full run; `path` has what was reached so far."""

    def __init__(self, path, rounds):
        self.path, self.rounds = path, rounds
        self.data = {"facts": facts(), "commands": {}, "core": {}, "wide": {},
                     "wall": {}, "missing": {}}

    def save(self):
        with open(self.path + ".new", "w", encoding="ascii") as f:
            json.dump(self.data, f, indent=1)
        os.replace(self.path + ".new", self.path)

    def step(self, kind, place, function):
        """A place that fails is reported as missing, with the reason."""
        print(f"bench: {kind}, {place}", flush=True)
        try:
            self.data[kind][place] = function()
        except (runner.Failed, subprocess.CalledProcessError) as error:
            self.data["missing"][f"{kind}, {place}"] = str(error)
        self.save()

    def count(self):
        for place in CORE:
            only = FEW if place == "emulated" else None
            self.step("core", place, lambda p=place, o=only:
                      core.measure(p, o, timeout=900))
            setup = core.setup()
            setup.made["initrd"] = "INITRD"
            if place in ("native", "pv-dom0", "xen-dom0", "keel-native",
                         "keel-pv", "keel-xen"):
                self.data["commands"][place] = shlex.join(runner.qemu(
                    place, setup, {}, PLACES[place], "icount")).replace(
                        BUILD, "build")
        with tempfile.TemporaryDirectory() as tree:
            images.programs(tree)
            setup = Setup(f"{BUILD}/bench/wide", MODULES, tree, devices=True)
            for place in WIDE:
                env = {} if place not in ("native", "pv-dom0", "xen-dom0") \
                    else {"boot": "boot"}
                self.step("wide", place, lambda p=place, e=env:
                          runner.run(p, setup, e, timeout=900))

    def time(self):
        """Rounds over all places, by the programs' own clock: for each
        workload the median of its ratios to the same round's native."""
        accel = images.script("kvm-probe").strip()
        self.data["facts"]["wall"] = accel
        setup, ratios = core.setup(), {}
        env = {"min_ms": 40}
        for number in range(self.rounds):
            native = None
            for place in TIMED:
                print(f"bench: wall, round {number + 1}, {place}", flush=True)
                try:
                    rows = runner.run(place, setup, env, accel=accel,
                                      timeout=600)
                except runner.Failed as error:
                    self.data["missing"][f"wall, {place}"] = str(error)
                    continue
                native = rows if place == "native" else native
                for name, row in rows.items():
                    if native and name in native and row["ns"]:
                        ratios.setdefault(place, {}).setdefault(
                            name, []).append(row["ns"] / native[name]["ns"])
            self.data["wall"] = {
                place: {name: statistics.median(r) for name, r in rows.items()}
                for place, rows in ratios.items()}
            self.data["facts"]["rounds"] = number + 1
            self.save()

    def run(self):
        os.makedirs(WORK, exist_ok=True)
        self.count()
        initrd = core.setup().initrd()
        for name in ("paravane", "xen"):
            self.data.setdefault("start", {})[name] = boot_line(name, initrd)
            self.data.setdefault("memory", {})[name] = memory_taken(name)
        self.time()
        return self.data
