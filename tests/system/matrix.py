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
        m.wait_line("pv: ready", 30)
        status = m.wait_end(60)
        if status != 0:
            raise MachineError(f"QEMU ended with status {status}")
        return f"init after {when:.1f} s"


def case(world, **how):
    """A named test."""
    name = "boot " + " ".join(str(v) if k not in ("cpus", "mem")
                              else f"{k}={v}" for k, v in how.items())
    return name, lambda: boot(world, **how)


def short(world):
    """Each value of each axis at least once."""
    return [
        case(world, machine="pc", cpu="qemu64", mem=512, dom0_mem="256M"),
        case(world, machine="q35", cpu="Opteron_G3", cpus=2),
        case(world, machine="pc", cpu="Nehalem", mem=4096),
        case(world, machine="pc", cpu="Haswell-noTSX", cpus=4),
        case(world, machine="q35", cpu="Skylake-Server"),
        case(world, machine="pc", cpu="EPYC", mem=8192),
        case(world, machine="pc", cpu="max", cpus=8),
        case(world, machine="pc", cpu="qemu64", series="6.12"),
        case(world, machine="q35", cpu="max", series="6.12"),
    ]


def full(world):
    """Every machine type, processor model, kernel; then sizes."""
    tests = [case(world, machine=machine, cpu=cpu, series=series)
             for series in ("6.1", "6.12")
             for machine in ("pc", "q35") for cpu in CPUS]
    tests += [case(world, cpus=n, cpu=cpu) for n in range(2, 9)
              for cpu in ("qemu64", "max")]
    tests += [case(world, mem=mem, dom0_mem="256M")
              for mem in (512, 1024, 2048, 3072, 4096, 8192, 16384, 32768,
                          65536)]
    return tests
