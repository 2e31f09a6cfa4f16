# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Paravane authors
"""The report of a full run: sections, each with a title, words, a chart and a
table, written as HTML and as Markdown from the same data."""
import html
import json
import os
import statistics

from harness import chart, model
from harness.core import STRETCHES

# What issue and reader look for first; the rest of the core rows follow.
HEADLINE = ["null_syscall", "signal_delivery", "page_fault", "mmap_1m",
            "fork_exit", "fork_exec", "pipe_pingpong", "evtchn_self"]
CHARTED = ["pv", "xen-pv", "hvm"]


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
    """place -> name -> median over the rounds of the ratio to native."""
    found = {}
    for this in rounds:
        for place, rows in this.items():
            for name, ns in rows.items():
                base = this.get("native", {}).get(name)
                if base and ns:
                    found.setdefault(place, {}).setdefault(name, []).append(
                        ns / base)
    return {place: {n: statistics.median(r) for n, r in rows.items()}
            for place, rows in found.items()}


class Report:
    def __init__(self, data):
        self.data, self.sections = data, []

    def add(self, title, words, rows=None, svg=""):
        """`rows`: the first is the head; the first column is names."""
        self.sections.append((title, words, rows, svg))

    def totals(self, kind, title, words, places):
        """Instructions natively; of each place the ratio; and a chart."""
        results = self.data[kind]
        places = [p for p in places if results.get(p)]
        names = names_of(results, ["native", *places])
        if not places:
            return
        rows = [["operation", "native"] + places]
        for name in names:
            rows.append([name, number(value_of(results, "native", name))] + [
                number(ratio_of(results, p, name), 2)
                if ratio_of(results, p, name) else
                number(value_of(results, p, name)) for p in places])
        shown = [p for p in CHARTED if p in places]
        groups = [(n, {p: ratio_of(results, p, n) for p in shown})
                  for n in names if value_of(results, "native", n)]
        groups = [(n, {p: v for p, v in values.items() if v})
                  for n, values in groups]
        self.add(title, words, rows,
                 chart.legend(shown) + chart.bars(groups, shown,
                                                  "instructions, native = 1"))

    def shares(self):
        core = self.data["core"]
        rows = [["operation", "Paravane dom0", "Xen dom0", "ratio",
                 "Paravane guest", "Xen guest", "ratio"]]
        for name in names_of(core, ["pv-dom0", "pv"]):
            row = [name]
            for ours, peer in (("pv-dom0", "xen-dom0"), ("pv", "xen-pv")):
                row += [number(value_of(core, ours, name, "hv")),
                        number(value_of(core, peer, name, "hv")),
                        number(ratio_of(core, ours, name, peer, "hv"), 3)]
            rows.append(row)
        self.add("The hypervisor's own share",
                 "Instructions per operation that execute in the hypervisor "
                 "itself. Xen's guests pay more than its domain 0; for "
                 "clock_gettime since xl's default has RDTSC emulated on a "
                 "CPU without an invariant counter.",
                 rows)

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
        rows = [["operation"] + places]
        for name in names_of(wall, places):
            rows.append([name] + [number(wall[p].get(name), 2)
                                  for p in places])
        facts = self.data["facts"]
        how = ("KVM on real hardware" if facts.get("wall") == "kvm" else
               "QEMU's emulation, where each load of CR3 empties the whole "
               "software TLB: PV looks worse, and hvm's nested paging, which "
               "is emulated too, as well")
        self.add("Wall time",
                 f"Ratios to native, medians of "
                 f"{len(self.data['rounds'])} paired rounds, by the programs' own clock. Under {how}.",
                 rows)

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
                 "events another CPU's, with wake-ups both ways.", rows)

    def start(self):
        start, memory = self.data.get("start", {}), self.data.get("memory", {})
        image, core = self.data["facts"]["image"], self.data["core"]
        rows = [["", "Paravane", "Xen 4.17"]]

        def row(name, ours, peers):
            rows.append([name, ours, peers])

        boots = [core.get(p, {}).get("boot", {})
                 for p in ("pv-dom0", "xen-dom0")]
        creates = [core.get(p, {}).get("create", {}) for p in ("pv", "xen-pv")]
        million = [lambda v: number(v / 1e6, 1) if v else "–"] * 2
        row("power-on to the first line, s", *(
            number(start.get(p, {}).get("first line"), 2)
            for p in ("paravane", "xen")))
        row("power-on to domain 0's first instruction, million instructions",
            *(f(b.get("start")) for f, b in zip(million, boots)))
        row("power-on to domain 0's init, million instructions",
            *(f(b.get("total")) for f, b in zip(million, boots)))
        row("of these in the hypervisor",
            *(f(b.get("hv")) for f, b in zip(million, boots)))
        row("power-on to domain 0's init, s", *(
            number(start.get(p, {}).get("domain 0's init"), 2)
            for p in ("paravane", "xen")))
        row("create (pvctl, xl) to the guest's init, million instructions",
            *(f(b.get("total")) for f, b in zip(million, creates)))
        row("of these in the hypervisor",
            *(f(b.get("hv")) for f, b in zip(million, creates)))
        row("memory taken of 512 MiB, KiB",
            *(number(memory.get(p)) for p in ("paravane", "xen")))
        row("boot image, KiB",
            *(number(image[p] / 1024) for p in ("paravane", "xen")))
        other = {p: core.get(p, {}).get(what, {}).get("total")
                 for p, what in (("native", "boot"), ("hvm", "create"))}
        words = "Seconds were taken once, under emulation."
        if other["native"]:
            words += (f" Power-on to init natively: "
                      f"{other['native'] / 1e6:,.0f} million instructions, "
                      "firmware and decompression included.")
        if other["hvm"]:
            words += (" A virtual machine's host and guest, power-on to the "
                      f"guest's init: {other['hvm'] / 1e6:,.0f} million.")
        self.add("From power-on", words, rows)

    def about(self):
        facts = self.data["facts"]
        rows = [["what", "which"]]
        rows += [[k, str(facts[k])] for k in ("date", "commit", "kernel",
                                              "qemu", "machine", "cpu",
                                              "svm cpu") if k in facts]
        rows += [[f"package {k}", v] for k, v in facts["packages"].items()]
        self.add("Versions", "", rows)
        self.add("Commands",
                 "`make bench` in the build folder does it all. What QEMU was "
                 "started with (the plugin's words left out); guests are "
                 "created from domain 0's console by pvctl and xl, virtual "
                 "machines by QEMU in an initramfs.",
                 [["place", "command"]] +
                 [[p, c] for p, c in self.data["commands"].items()])
        if self.data["missing"]:
            self.add("Not measured", "", [["what", "why"]] +
                     [[k, v] for k, v in self.data["missing"].items()])

    def build(self):
        self.totals("core", "Core operations",
                    "Instructions of everybody together (hypervisor, kernels, "
                    "programs) for one operation; native in absolute figures, "
                    "each place as a ratio to it. Rows that native has not are "
                    "absolute throughout. Emulation inside emulation "
                    "(“emulated”) is very slow: a few rows only, and its "
                    "figures are nanoseconds of the virtual clock, one for "
                    "each instruction.",
                    ["pv-dom0", "pv", "xen-dom0", "xen-pv", "hvm", "emulated"])
        self.shares()
        self.totals("wide", "Programs, disk, network",
                    "The same for larger workloads. Each place's disk is a "
                    "file in the machine's memory: behind a loop device "
                    "natively and in domain 0, behind the place's backend in "
                    "guests. The network's peer is a process behind a veth "
                    "pair natively and in domain 0, in domain 0 or the host "
                    "for guests; counts are of both sides together.",
                    ["pv-dom0", "pv", "xen-dom0", "xen-pv", "hvm",
                     "hvm-emulated"])
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


STYLE = """
body{font:15px/1.5 system-ui,sans-serif;max-width:1080px;margin:2em auto;
padding:0 1em;color:#1c2024;background:#fff}
h1{font-size:1.7em;margin-bottom:.2em}h2{font-size:1.2em;margin-top:2.2em;
border-bottom:1px solid #d8dde3;padding-bottom:.2em}
.lead{color:#59636e;margin-top:0}.wide{overflow-x:auto}
table{border-collapse:collapse;font-size:13px;margin:1em 0;
font-variant-numeric:tabular-nums}
th,td{padding:3px 10px;text-align:right;border-bottom:1px solid #eceff2}
th{background:#f6f8fa;position:sticky;top:0}
th:first-child,td:first-child{text-align:left;font-family:ui-monospace,
monospace}.text td{text-align:left;overflow-wrap:anywhere}
tr:hover td{background:#f3f7fd}svg{width:100%;height:auto;margin-top:.5em}
svg .grid{stroke:#e3e7ec}svg .tick{font-size:10px;fill:#7b8590;
text-anchor:middle}svg .label{font-size:11px;text-anchor:end;
font-family:ui-monospace,monospace}svg .value{font-size:8px;fill:#59636e}
.legend span{margin-right:1.4em}.legend i{display:inline-block;width:12px;
height:12px;margin-right:.4em;border-radius:2px}
"""
TITLE = "What paravirtualization costs"


def lead(data):
    core = data["core"]

    def ratios(place):
        found = [ratio_of(core, place, n) for n in HEADLINE]
        found = [r for r in found if r]
        return (f"{min(found):.2f} to {max(found):.2f}" if found else "–")

    return (f"Stock Debian {data['facts']['kernel']} in several places, "
            f"counted in instructions; Paravane {data['facts']['commit']}, "
            f"{data['facts']['date']}. Of what the same operations take "
            f"natively, guests take {ratios('pv')} times on Paravane, "
            f"{ratios('xen-pv')} on Xen 4.17, {ratios('hvm')} in a KVM "
            "virtual machine.")


def as_html(data, sections):
    out = ["<!DOCTYPE html><html lang=en><meta charset=utf-8>"
           f"<title>{TITLE}</title><style>{STYLE}</style><h1>{TITLE}</h1>"
           f"<p class=lead>{html.escape(lead(data))}</p>"]
    for title, words, rows, svg in sections:
        out.append(f"<h2>{html.escape(title)}</h2><p>{html.escape(words)}</p>"
                   + svg)
        if rows:
            text = ' class=text' if len(rows[0]) == 2 else ""
            out.append(f"<div class=wide><table{text}>")
            for i, row in enumerate(rows):
                tag = "td" if i else "th"
                out.append("<tr>" + "".join(
                    f"<{tag}>{html.escape(c)}</{tag}>" for c in row))
            out.append("</table></div>")
    return "\n".join(out)


def markdown_table(rows):
    lines = ["| " + " | ".join(rows[0]) + " |",
             "|---" + "|---:" * (len(rows[0]) - 1) + "|"]
    return lines + ["| " + " | ".join(row) + " |" for row in rows[1:]]


def as_markdown(data, sections):
    out = [f"# {TITLE}", "", lead(data), ""]
    for title, words, rows, _ in sections:
        out += [f"## {title}", ""] + ([words, ""] if words else [])
        out += markdown_table(rows) + [""] if rows else []
    return "\n".join(out)


def write(data, folder):
    """report.html and report.md, beside report.json."""
    sections = Report(data).build().sections
    os.makedirs(folder, exist_ok=True)
    for name, text in (("html", as_html(data, sections)),
                       ("md", as_markdown(data, sections)),
                       ("json", json.dumps(data, indent=1))):
        with open(f"{folder}/report.{name}", "w", encoding="utf-8") as f:
            f.write(text + "\n")
