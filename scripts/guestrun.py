# SPDX-License-Identifier: MIT
# Copyright (C) 2026 The Paravane authors
"""A guest kernel as domain 0 in QEMU: what run-guest and tests/run share."""

import os
import pathlib
import re
import selectors
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = pathlib.Path(os.environ.get("PARAVANE_BUILD", ROOT / "build"))
IMAGES = pathlib.Path(os.environ.get("PARAVANE_IMAGES", BUILD / "images"))
VERDICTS = {"success": 0, "skip": 77, "error": 99, "failure": 1}

# The end of a run that has no verdict: said by the hypervisor.
DEATHS = re.compile(r"Domain 0 crashed|Hardware Dom0 (crashed|halted)|"
                    r"watchdog rebooting|"
                    r"Panic on CPU|BUG in Paravane|The machine is halted|"
                    r"Domain 0:? (crashed|ended by)")


def hypervisor_image(where):
    """The image of `where`: ours, or Debian's Xen from its package."""
    if where == "paravane":
        return BUILD / "paravane"
    image = IMAGES / "xen"
    if not image.exists():
        subprocess.run([ROOT / "scripts/fetch-xen"], check=True)
    return image


def qemu_command(hypervisor, kernel, words="", cpu="", memory=256,
                 dom0_memory=64, cpus=1, hv_words="", gdb=False,
                 icount=False):
    """The command line that boots `kernel` as domain 0."""
    command = [str(ROOT / "scripts/run-qemu"), "--hypervisor", str(hypervisor),
               "--kernel", str(kernel), "--args", words, "--initrd", "",
               "--nic", "none", "--mem", str(memory), "--cpus", str(cpus),
               "--dom0-mem", f"{dom0_memory}M", "--hv-args", hv_words]
    if cpu:
        command += ["--cpu", cpu]
    return command + ["--gdb"] * gdb + ["--icount"] * icount


class Machine:
    """One QEMU; iterating over it gives the lines of its serial console.

    Ends by itself when the machine powers off, when `timeout` seconds have
    passed (`timed_out` is then set), or at close().
    """

    def __init__(self, command, timeout):
        self.deadline = time.monotonic() + timeout
        self.timed_out = False
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT)

    def __iter__(self):
        out = self.process.stdout.fileno()
        selector = selectors.DefaultSelector()
        selector.register(out, selectors.EVENT_READ)
        text = b""
        while True:
            left = self.deadline - time.monotonic()
            if left <= 0 or not selector.select(left):
                self.timed_out = True
                break
            data = os.read(out, 65536)
            if not data:
                break
            *lines, text = (text + data).split(b"\n")
            for line in lines:
                yield line.decode(errors="replace").rstrip("\r")
        if text:
            yield text.decode(errors="replace").rstrip("\r")

    def close(self):
        """Stops the machine."""
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
