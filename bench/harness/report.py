# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Paravane authors
"""The report of a full run: sections, each with a title, words, a chart and a
table, written as HTML and as Markdown from the same data."""
import json
import os
import re
import statistics

from harness import chart, model, page
from harness.core import STRETCHES

# What issue and reader look for first; the rest of the core rows follow.
HEADLINE = ["null_syscall", "signal_delivery", "page_fault", "mmap_1m",
            "fork_exit", "fork_exec", "pipe_pingpong", "evtchn_self"]
CHARTED = ["pv", "xen-pv", "hvm"]
PLACES_ARE = [
    ("native", "the kernel straight on the machine"),
    ("pv-dom0", "the same kernel as Paravane's domain 0"),
    ("pv", "as a guest of Paravane, made by pvctl"),
    ("xen-dom0", "as domain 0 of Debian's Xen 4.17"),
    ("xen-pv", "as a PV guest of Xen, made by xl"),
    ("hvm", "in a virtual machine: KVM with virtio devices, in QEMU"),
    ("hvm-emulated", "the same with emulated devices: IDE, e1000"),
    ("emulated", "in QEMU without KVM: full virtualization in software; "
     "its instructions are nanoseconds of the clock, one for each"),
    ("keel-native", "our small kernel straight on the machine"),
    ("keel-pv", "as Paravane's domain 0"),
    ("keel-xen", "as Xen's domain 0"),
]


def number(value, digits=0):
    if value is None:
        return "–"
    if digits == 0 and 0 < abs(value) < 10:
        digits = 1
    return f"{value:,.{digits}f}"


def names_of(results, places):
    out = []
    for place in places:
        out += [n for n in results.get(place, {})
                if n not in out and n not in STRETCHES]
    return out


def value_of(results, place, name, field="total"):
    return results.get(place, {}).get(name, {}).get(field)


def ratio_of(results, place, name, base="native", field="total"):
    a, b = (value_of(results, p, name, field) for p in (place, base))
    return a / b if a is not None and b else None


def wall_ratios(rounds):
    """place -> name -> the ratios to native, one of each round; `rounds`:
    "NUMBER PLACE" -> name -> nanoseconds."""
    found = {}
    for which, rows in rounds.items():
        number_of, place = which.split()
        base = rounds.get(f"{number_of} native", {})
        for name, ns in rows.items():
            if base.get(name) and ns:
                found.setdefault(place, {}).setdefault(name, []).append(
                    ns / base[name])
    return found


# What begins a stay in the hypervisor, as the chart and its table have it:
# the plugin's words, and those of the hypervisor's own counters.
KINDS = {
    "system call": ["system call", "system call of a guest"],
    "iret": ["iret", "hypercall iret"],
    "fault": ["page fault", "privileged instruction", "exception",
              "page fault, straight to the guest"],
    "page tables": ["mmu_update", "mmuext_op", "update_va_mapping",
                    "multicall", "a collected call"],
    "segments, stack": ["set_segment_base", "stack_switch"],
    "events, scheduling": ["event_channel_op", "sched_op", "vcpu_op",
                           "set_timer_op", "xen_version"],
    "interrupt": ["interrupt"],
}
OTHER = "other"


def kind_of(name):
    name = name.removeprefix("hypercall ") if name != "hypercall iret" else name
    return next((k for k, names in KINDS.items() if name in names), OTHER)


def kinds_of(row):
    """A row's stays by the kinds above: name -> [times, instructions, times
    by the hypervisor's counters]."""
    out = {name: [0, 0, 0] for name in [*KINDS, OTHER]}
    for name, (times, instructions) in row.get("kinds", {}).items():
        out[kind_of(name)][0] += times
        out[kind_of(name)][1] += instructions
    for name, times in row.get("counters", {}).items():
        if name not in ("switch between vCPUs", "instruction emulated",
                        "upcall to the guest"):
            out[kind_of(name)][2] += times
    return out


# One section each: title, which rows, words, further places of the chart.
CORE_GROUPS = [
    ("System calls, signals, faults",
     ("null_syscall", "read_1", "write_1", "stat", "open_close",
      "signal_install", "signal_delivery", "protection_fault",
      "clock_gettime"),
     "xl's default has RDTSC emulated on a CPU without an invariant counter: "
     "Xen's guest pays for it in clock_gettime, and once in each system call, "
     "where Linux reads it for its stack's random offset.", []),
    ("Memory and processes",
     ("page_fault", "mprotect_pair", "mmap_1m", "fork_exit", "fork_exec",
      "pipe_self", "pipe_pingpong"), "", []),
]
WIDE_GROUPS = [
    ("Switches and programs",
     ("switch", "futex", "sh_c", "build", "sqlite"),
     "A token around N processes that each touch so many KiB; a shell; a "
     "build with tcc; a transaction of sqlite.", []),
    ("Disk", ("disk",),
     "A request of 64 KiB (sequential) or 4 KiB (random), 1 or 32 at a time. "
     "The blocks are memory of the machine: behind a loop device natively and "
     "in domain 0, behind the place's backend in guests.", ["hvm-emulated"]),
    ("Network", ("tcp", "udp"),
     "64 KiB of a stream, a byte there and back, a packet of 64 bytes. The "
     "peer is behind a veth pair natively and in domain 0, in domain 0 or the "
     "host for guests; counts are of both sides together.",
     ["hvm-emulated"]),
]


class Report:
    def __init__(self, data):
        self.data, self.sections = data, []

    def add(self, title, words, rows=None, svg=""):
        """`rows`: the first is the head; the first column is names."""
        self.sections.append((title, words, rows, svg))

    def totals(self, kind, groups, places):
        """Instructions natively, of each place the ratio, and a chart; a
        section for each group of rows."""
        results = self.data[kind]
        places = [p for p in places if results.get(p)]
        for title, prefixes, words, more in groups if places else ():
            names = [n for n in names_of(results, ["native", *places])
                     if n.startswith(prefixes)]
            rows = [["operation", "native"] + places]
            for name in names:
                rows.append([name,
                             number(value_of(results, "native", name))] + [
                    number(ratio_of(results, p, name), 2) for p in places])
            shown = [p for p in CHARTED + more if p in places]
            groups_of_bars = [(n, {p: ratio_of(results, p, n) for p in shown})
                              for n in names]
            self.add(title, words, rows, chart.bars_inline(
                groups_of_bars, shown, "instructions, native = 1"))

    def hypercalls(self):
        """Rows that native has not: absolute."""
        core = self.data["core"]
        names = [n for n in names_of(core, ["pv-dom0"])
                 if not value_of(core, "native", n)]
        rows = [["operation", "Paravane total", "Xen total", "Paravane hv",
                 "Xen hv", "ratio of hv"]]
        for name in names:
            rows.append([name] + [number(value_of(core, p, name, field))
                                  for field in ("total", "hv")
                                  for p in ("pv-dom0", "xen-dom0")] +
                        [number(ratio_of(core, "pv-dom0", name, "xen-dom0",
                                         "hv"), 3)])
        self.add("Hypercalls, events, grants",
                 "Instructions of one operation in domain 0; hv: of these in "
                 "the hypervisor. evtchn_self is Linux's, the others are a "
                 "small kernel's that does nothing else. “between”: with "
                 "another domain; event_between is there and back, with both "
                 "switches.", rows)

    def shares(self):
        core = self.data["core"]
        rows = [["operation", "Paravane dom0", "Xen dom0", "ratio",
                 "Paravane guest", "Xen guest", "ratio"]]
        stacks = []
        for name in names_of(core, ["pv-dom0"]):
            if not value_of(core, "native", name):
                continue
            row = [name]
            for ours, peer in (("pv-dom0", "xen-dom0"), ("pv", "xen-pv")):
                row += [number(value_of(core, ours, name, "hv")),
                        number(value_of(core, peer, name, "hv")),
                        number(ratio_of(core, ours, name, peer, "hv"), 3)]
            rows.append(row)
            whole = value_of(core, "xen-dom0", name, "hv")
            if whole and whole > 1:
                stacks.append((name, [
                    (who, [k[1] / whole for k in
                           kinds_of(core[place][name]).values()])
                    for who, place in (("Paravane", "pv-dom0"),
                                       ("Xen", "xen-dom0"))]))
        svg = ""
        if any(any(parts) for _, pair in stacks for _, parts in pair):
            names = [*KINDS, OTHER]
            svg = chart.kind_legend(names) + chart.stacks(
                stacks, "instructions in the hypervisor, Xen's = 1")
        self.add("The hypervisor's own share",
                 "Instructions per operation that execute in the hypervisor "
                 "itself; above by what began each stay there, in domain 0, "
                 "Xen's whole share = 1.", rows, svg)

    def kinds(self):
        """Entries and instructions by kind, for the headline."""
        core = self.data["core"]
        rows = [["operation", "by", "Paravane entries", "by its counters",
                 "Xen entries", "Paravane instructions", "Xen instructions"]]
        for name in HEADLINE:
            ours, peer = (kinds_of(core.get(p, {}).get(name, {}))
                          for p in ("pv-dom0", "xen-dom0"))
            first = name
            for kind in ours:
                if all(k[kind][1] < 0.01 * sum(n for _, n, _ in k.values())
                       for k in (ours, peer)):
                    continue
                rows.append([first, kind, number(ours[kind][0], 2),
                             number(ours[kind][2], 2) if
                             value_of(core, "pv-dom0", name, "counters")
                             else "–",
                             number(peer[kind][0], 2), number(ours[kind][1]),
                             number(peer[kind][1])])
                first = ""
        if len(rows) > 1:
            self.add("What enters the hypervisor",
                     "Per operation, in domain 0: counted from outside, and "
                     "by Paravane's own counters, which `pvctl stats "
                     "--hypervisor` shows at any time. A fault on the first "
                     "instruction after a way back is part of that stay when "
                     "counted from outside; what Linux collects is a call for "
                     "page tables or for its stack. Kinds below 1 % are left "
                     "out.", rows)

    def events(self):
        core = self.data["core"]
        places = [p for p in ("native", "pv", "xen-pv", "hvm") if core.get(p)]
        rows = [["operation"] + [f"{p} {what}" for what in
                                 ("CR3", "flushes", "crossings", "VM entries")
                                 for p in places
                                 if what != "VM entries" or p == "hvm"]]
        for name in names_of(core, places):
            def cell(p, fields, factor=1):
                row = core[p].get(name)
                return "–" if row is None else number(
                    factor * sum(row[f] for f in fields), 1)

            rows.append([name] +
                        [cell(p, ("cr3", "hv_cr3")) for p in places] +
                        [cell(p, ("cr4", "invlpg")) for p in places] +
                        [cell(p, ("sysret", "iret"), 2) for p in places] +
                        [cell(p, ("vmrun",)) for p in places if p == "hvm"])
        self.add("Privileged events",
                 "What instruction counts leave out, counted: loads of CR3; "
                 "other flushes (CR4, INVLPG, INVPCID); ring crossings, two "
                 "for each SYSRET and IRET; entries into the virtual machine. "
                 "Per operation.", rows)

    def modelled(self):
        core = self.data["core"]
        places = [p for p in ("pv-dom0", "pv", "xen-dom0", "xen-pv", "hvm")
                  if core.get(p)]
        rows = [["operation", "native cycles"] + places]
        for name in names_of(core, ["native"]):
            base = model.cycles(core["native"][name])
            rows.append([name, number(base)] + [
                number(model.cycles(core[p][name]) / base, 2)
                if name in core[p] else "–" for p in places])
        prices = ", ".join(f"{k} {v}" for k, v in model.PRICES.items())
        self.add("A model of cycles",
                 f"A model, not a measurement: an instruction is {model.IPC:g} "
                 f"cycle, and events cost ({prices}) cycles, each flush "
                 f"{model.REFILL} more to refill. {model.SOURCES} Ratios to "
                 "native.", rows)

    def wall(self):
        wall = wall_ratios(self.data["rounds"])
        places = [p for p in wall if p != "native"]
        if not places:
            return
        middle = {p: {n: statistics.median(r) for n, r in rows.items()}
                  for p, rows in wall.items()}
        names = names_of(wall, places)
        rows = [["operation"] + places]
        for name in names:
            rows.append([name] + [number(middle[p].get(name), 2)
                                  for p in places])
        apart = sorted((max(r) - min(r)) / statistics.median(r)
                       for p in places for r in wall[p].values())
        facts = self.data["facts"]
        how = ("KVM on real hardware." if facts.get("wall") == "kvm" else
               "QEMU's emulation, where each load of CR3 empties the whole "
               "software TLB: that is what PV pays for here, and hvm for "
               "nested paging, which is emulated too. Real processors price "
               "neither so.")
        shown = [p for p in CHARTED if p in places]
        self.add("Wall time",
                 "Ratios to a native run of the same round, the fastest "
                 "repetition in each; medians of "
                 f"{len([r for r in self.data['rounds'] if 'native' in r])} "
                 "rounds; half of them are less than "
                 f"{100 * apart[len(apart) // 2]:.0f} % apart. Under {how}",
                 rows, chart.bars_inline(
                     [(n, {p: middle[p].get(n) for p in shown})
                      for n in names], shown, "time, native = 1"))

    def smp(self):
        smp = self.data.get("smp", {})
        if len(smp) < 2:
            return
        one, many = sorted(smp, key=int)
        rows = [["operation", f"hv, {one} CPU", f"hv, {many} CPUs", "change"]]
        for name in names_of(smp, [many]):
            a, b = (value_of(smp, n, name, "hv") for n in (one, many))
            rows.append([name, number(a), number(b),
                         f"{100 * (b / a - 1):+.1f} %" if a >= 10 else "–"])
        self.add("Several CPUs at once",
                 f"A process on each of {many} virtual CPUs of domain 0 does "
                 "the same at once: instructions in the hypervisor for one "
                 "operation, beside one CPU alone. Events: each process's "
                 "port has its interrupt on the process's CPU (evtchn_self), "
                 "or where Linux puts it (evtchn_spread), which makes most "
                 "events another CPU's, with wake-ups both ways; event_self is "
                 "without Linux.", rows)

    def start(self):
        start, memory = self.data["start"], self.data["memory"]
        image, core = self.data["facts"]["image"], self.data["core"]
        seconds = start.get("seconds", {})
        both = ("pv-dom0", "xen-dom0")
        rows = [["", "Paravane", "Xen 4.17"]]

        def million(title, where, what):
            values = [core.get(p, {}).get(what, {}).get(where)
                      for p in (both if what == "boot" else ("pv", "xen-pv"))]
            rows.append([title] + [number(v / 1e6, 1) if v else "–"
                                   for v in values])

        to = "power-on to "
        million(to + "the hypervisor, million instructions", "first", "boot")
        million(to + "domain 0's first instruction", "start", "boot")
        million(to + "domain 0's init", "total", "boot")
        million("… of these in the hypervisor", "hv", "boot")
        million("create (pvctl, xl) to the guest's init", "total", "create")
        million("… of these in the hypervisor", "hv", "create")
        for what in ("first line", "domain 0's init"):
            rows.append([f"{to}{what}, s"] + [
                number(seconds.get(p, {}).get(what), 2) for p in both])
        rows.append(["memory taken of 512 MiB, KiB"] +
                    [number(memory.get(p)) for p in both])
        rows.append(["boot image, KiB"] + [number(image[p] / 1024)
                                           for p in ("paravane", "xen")])
        how = "KVM" if self.data["facts"].get("wall") == "kvm" else "emulation"
        words = (f"Seconds are medians of some starts, under {how}; most of "
                 "those to the first line are QEMU's firmware and the loading "
                 "of domain 0's 70 MB.")
        for p, what, text in (
                ("native", "boot", "Native, firmware and decompression "
                 "included"),
                ("hvm", "create", "A virtual machine with its host's start"),
                ("emulated", "create", "The same, emulated")):
            value = core.get(p, {}).get(what, {}).get("total")
            if value:
                words += (f" {text}: power-on to init {value / 1e6:,.0f} "
                          "million.")
        self.add("From power-on", words, rows)
        if start.get("size"):
            self.add("Size", "`scripts/size`, each figure beside its bound.",
                     [["what", "it is", "bound"]] + [
                         [m[1].strip(), m[2].strip(), m[3]] for m in
                         (re.match(r"\w+ +(.*?)  +(.*?) +\((.*)\)", line)
                          for line in start["size"].split("\n")) if m])

    def about(self):
        facts = self.data["facts"]
        rows = [["what", "which"]]
        rows += [[k, str(facts[k])] for k in ("date", "commit", "kernel",
                                              "qemu", "machine", "cpu",
                                              "svm cpu", "wall")
                 if k in facts]
        rows += [[f"package {k}", v] for k, v in facts["packages"].items()]
        self.add("Versions", "", rows)
        self.add("Commands",
                 "`make bench` in the build folder does it all. What QEMU was "
                 "started with (the plugin's words left out); guests are "
                 "created from domain 0's console by pvctl and xl, virtual "
                 "machines by QEMU in an initramfs.",
                 [["place", "command"]] +
                 [[p, c.strip().replace("\n", "; ")]
                  for p, c in self.data["commands"].items()])
        seconds = self.data["seconds"]
        if seconds:
            parts = {}
            for name, took in seconds.items():
                kind = name.split(",")[0]
                parts[kind] = parts.get(kind, 0) + took
            self.add("Time that this took",
                     f"{sum(parts.values()) / 60:.0f} minutes: " + ", ".join(
                         f"{k} {v / 60:.1f}" for k, v in parts.items()) + ".")
        if self.data["missing"]:
            self.add("Not measured", "", [["what", "why"]] +
                     [[k, v] for k, v in self.data["missing"].items()])

    def places(self):
        self.add("Places", "", [["place", "what it is"]] + [
            [p, what] for p, what in PLACES_ARE if self.data["core"].get(p) or
            self.data["wide"].get(p)])

    def build(self):
        self.places()
        self.totals("core", CORE_GROUPS,
                    ["pv-dom0", "pv", "xen-dom0", "xen-pv", "hvm", "emulated"])
        self.totals("wide", WIDE_GROUPS,
                    ["pv-dom0", "pv", "xen-dom0", "xen-pv", "hvm",
                     "hvm-emulated", "emulated"])
        self.shares()
        self.kinds()
        self.hypercalls()
        core = self.data["core"]
        keel = [p for p in ("keel-pv", "keel-xen") if core.get(p)]
        if core.get("keel-native") and keel:
            self.add("keel on both its platforms",
                     "Our small kernel, the same program: instructions "
                     "natively, and ratios to that.",
                     [["operation", "keel-native", *keel]] +
                     [[n, number(value_of(core, "keel-native", n))] +
                      [number(ratio_of(core, p, n, "keel-native"), 2)
                       for p in keel]
                      for n in names_of(core, ["keel-native"])])
        self.events()
        self.modelled()
        self.smp()
        self.wall()
        self.start()
        self.about()
        return self


TITLE = "What paravirtualization costs"


def lead(data):
    core = data["core"]

    def ratios(place):
        found = [ratio_of(core, place, n) for n in HEADLINE]
        found = [r for r in found if r]
        return (f"{min(found):.2f} to {max(found):.2f}" if found else "–")

    return (f"Stock Debian {data['facts']['kernel']} in several places, "
            f"counted in instructions; Paravane {data['facts']['commit']}, "
            f"{data['facts']['date']}. Everybody's instructions together "
            "(hypervisor, kernels, programs), native = 1: a guest's core "
            f"operations take {ratios('pv')} on Paravane, {ratios('xen-pv')} "
            f"on Xen 4.17, {ratios('hvm')} in a KVM virtual machine.")


def write(data, folder):
    """report.html and report.md, beside report.json."""
    sections = Report(data).build().sections
    os.makedirs(folder, exist_ok=True)
    for name, text in (("html", page.as_html(TITLE, lead(data), sections)),
                       ("md", page.as_markdown(TITLE, lead(data), sections)),
                       ("json", json.dumps(data, indent=1))):
        with open(f"{folder}/report.{name}", "w", encoding="utf-8") as f:
            f.write(text + "\n")
