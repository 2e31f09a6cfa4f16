# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Paravane authors
"""The boot matrix: a short boot to domain 0's init, and off, on many machines.

A boot passes when domain 0's first process runs, sees all its processors, and
the machine powers off by itself.
"""
from machine import MachineError

CPUS = ["qemu64", "Opteron_G3", "Nehalem", "Haswell-noTSX", "Skylake-Server",
        "EPYC", "max"]


def boot(world, machine="pc", cpu="qemu64", cpus=1, mem=1024, series="6.1",
         dom0_mem="384M"):
    """One short boot."""
    m = world.boot("--machine", machine, "--cpu", cpu, "--cpus", str(cpus),
                   "--mem", str(mem), "--dom0-mem", dom0_mem,
                   series=series, args="pv.bare pv.halt quiet")
    with m:
        when, _ = m.wait_line("pv: domain 0 init", 90 + 30 * cpus)
        m.wait_line("pv: ready", 60)
        status = m.wait_end(60)
        if status != 0:
            raise MachineError(f"QEMU ended with status {status}")
        return f"init after {when:.1f} s"


def case(**how):
    """A named test."""
    name = "boot " + " ".join(str(v) if k not in ("cpus", "mem")
                              else f"{k}={v}" for k, v in how.items())
    return name, lambda world: boot(world, **how)


def short():
    """Each value of each axis at least once."""
    return [
        case(machine="pc", cpu="qemu64", mem=512, dom0_mem="256M"),
        case(machine="q35", cpu="Opteron_G3", cpus=2),
        case(machine="pc", cpu="Nehalem", mem=4096),
        case(machine="pc", cpu="Haswell-noTSX", cpus=4),
        case(machine="q35", cpu="Skylake-Server"),
        case(machine="pc", cpu="EPYC", mem=8192),
        case(machine="pc", cpu="max", cpus=8),
        case(machine="pc", cpu="qemu64", series="6.12"),
        case(machine="q35", cpu="max", series="6.12"),
    ]


def full():
    """Every machine type, processor model, kernel; then sizes."""
    tests = [case(machine=machine, cpu=cpu, series=series)
             for series in ("6.1", "6.12")
             for machine in ("pc", "q35") for cpu in CPUS]
    tests += [case(cpus=n, cpu=cpu) for n in range(2, 9)
              for cpu in ("qemu64", "max")]
    tests += [case(mem=mem, dom0_mem="256M")
              for mem in (512, 1024, 2048, 3072, 4096, 8192, 16384, 32768,
                          65536)]
    return tests
