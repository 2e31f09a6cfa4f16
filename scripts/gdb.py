# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Paravane authors
"""Commands for gdb on the hypervisor; ./quickstart debug loads them.

    hv-domains           every domain: vCPUs, memory, what it is doing
    hv-vcpu DOM [VCPU]   a vCPU's state and registers (as last switched out)
    hv-frame MFN         what the frame table says of a frame
    hv-walk DOM VA       a walk through a domain's page tables, as loaded

They read structures of hypervisor/domain/domain.h and hypervisor/mm/frame.h
through the debug information, so that nothing here retypes an offset.
"""
import gdb

TYPES = ["none", "writable", "L1", "L2", "L3", "L4", "descriptors"]
RUNSTATES = ["running", "runnable", "blocked", "offline"]
PAUSES = [(1, "blocked"), (2, "down"), (4, "polling")]
FRAME_TABLE = 0xffff820000000000
DIRECT_MAP = 0xffff840000000000


def static(name, file):
    """A static variable of that source file."""
    for symbol in gdb.lookup_static_symbols(name):
        if symbol.symtab.filename.endswith(file):
            return symbol.value()
    raise gdb.GdbError(f"no {name} in {file}: is this paravane.elf?")


def domains():
    """Each struct domain there is."""
    table = static("table", "domain/domain.c")
    for n in range(table.type.range()[1] + 1):
        if int(table[n]):
            yield table[n].dereference()


def domain(number):
    """The one with that number."""
    for d in domains():
        if int(d["id"]) == number:
            return d
    raise gdb.GdbError(f"no domain {number}")


def vcpu(d, number):
    """One of its vCPUs."""
    if number >= int(d["max_vcpus"]):
        raise gdb.GdbError(f"domain {int(d['id'])} has no vCPU {number}")
    return d["vcpus"][number].dereference()


def words(text, least, most):
    """A command's arguments, as numbers."""
    args = [int(gdb.parse_and_eval(w)) for w in gdb.string_to_argv(text)]
    if not least <= len(args) <= most:
        raise gdb.GdbError("wrong number of arguments")
    return args


def pauses(v):
    """Why a vCPU does not run."""
    flags = int(v["pause_flags"])
    said = [word for bit, word in PAUSES if flags & bit]
    if int(v["pause_count"]):
        said.append(f"paused {int(v['pause_count'])} times")
    return ", ".join(said)


class Command(gdb.Command):
    """A command named by its class, which says in one line what it does."""

    def __init__(self, name):
        super().__init__(name, gdb.COMMAND_DATA)


class Domains(Command):
    """Every domain: vCPUs, memory, what it is doing."""

    def invoke(self, text, _tty):
        """See the class."""
        print("  id vcpus      MiB  state")
        for d in domains():
            said = [w for w in ("dying", "shut_down") if int(d[w])]
            if int(d["pause_count"]):
                said.append("paused")
            states = [RUNSTATES[int(vcpu(d, n)["runstate_info"]["state"])]
                      for n in range(int(d["max_vcpus"]))]
            print(f"{int(d['id']):4} {int(d['max_vcpus']):5} "
                  f"{int(d['tot_pages']) / 256:8.1f}  "
                  f"{', '.join(said) or 'alive'}; vCPUs {', '.join(states)}")


class Vcpu(Command):
    """DOM [VCPU]: a vCPU's state and registers (as last switched out)."""

    def invoke(self, text, _tty):
        """See the class."""
        args = words(text, 1, 2)
        v = vcpu(domain(args[0]), args[1] if len(args) > 1 else 0)
        mode = "kernel" if int(v["pv"]["kernel_mode"]) else "user"
        print(f"{RUNSTATES[int(v['runstate_info']['state'])]} in {mode} mode "
              f"on CPU {int(v['sched']['cpu'])}; {pauses(v) or 'not held'}")
        print(f"tables: kernel {int(v['pv']['root_kernel']['v']):#x}, "
              f"user {int(v['pv']['root_user']['v']):#x}")
        regs = v["regs"]
        row = ["rip", "rsp", "rflags", "cs", "ss", "error_code", "rax", "rbx",
               "rcx", "rdx", "rsi", "rdi", "rbp", "r8", "r9", "r10", "r11",
               "r12", "r13", "r14", "r15"]
        for n in range(0, len(row), 3):
            print("  ".join(f"{name:10} {int(regs[name]) & (1 << 64) - 1:016x}"
                            for name in row[n:n + 3]))


class Frame(Command):
    """MFN: what the frame table says of a frame."""

    def invoke(self, text, _tty):
        """See the class."""
        mfn, = words(text, 1, 1)
        kind = gdb.lookup_type("struct frame").pointer()
        f = gdb.Value(FRAME_TABLE).cast(kind)[mfn]
        s = int(f["state"])
        marks = [name for bit, name in ((46, "validated"), (47, "partial"),
                                        (48, "pinned")) if s >> bit & 1]
        owner = {0x7ff1: "devices", 0x7ff2: "the hypervisor",
                 0x7ff4: "nobody"}.get(s >> 49, f"domain {s >> 49}")
        print(f"frame {mfn:#x}: owner {owner}, {s & (1 << 25) - 1} references, "
              f"type {TYPES[s >> 43 & 7]} used {s >> 25 & (1 << 18) - 1} times"
              + (", " + ", ".join(marks) if marks else ""))
        print(f"state {s:#x}, flags {int(f['flags']):#x}, "
              f"progress {int(f['progress'])}, order {int(f['order'])}")


class Walk(Command):
    """DOM VA: a walk through a domain's page tables, as vCPU 0 has them."""

    def invoke(self, text, _tty):
        """See the class."""
        number, va = words(text, 2, 2)
        mfn = int(vcpu(domain(number), 0)["pv"]["root_kernel"]["v"])
        kind = gdb.lookup_type("unsigned long").pointer()
        for level in (4, 3, 2, 1):
            index = va >> (12 + 9 * (level - 1)) & 511
            entry = int(gdb.Value(DIRECT_MAP + (mfn << 12)).cast(kind)[index])
            print(f"L{level}[{index:#5x}] in frame {mfn:#x}: {entry:#018x}")
            if not entry & 1:
                print("not present")
                return
            if level > 1 and entry & 0x80:
                print("a large page")
                return
            mfn = entry >> 12 & (1 << 40) - 1
        print(f"frame {mfn:#x}, byte {va & 4095:#x}")


Domains("hv-domains")
Vcpu("hv-vcpu")
Frame("hv-frame")
Walk("hv-walk")
