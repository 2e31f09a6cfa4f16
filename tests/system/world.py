# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Paravane authors
"""What system tests share: images, made once, and machines to boot on them.

Several tests run at a time, each in a World of its own: the same images, but
its own log, its own folder for disks.
"""
import copy
import os
import re
import shutil
import subprocess
import threading

from machine import TOP, EmulatorError, Machine, MachineError

__all__ = ["EmulatorError", "Group", "World", "MachineError", "TOP"]


class Group:
    """Tests, pairs of a name and a function of a World, that share a machine
    and so run one after the other; `close` is called after the last.
    """

    def __init__(self, *tests, close=lambda: None):
        self.tests = tests
        self.close = close


class World:
    """The images of one test run."""

    def __init__(self, build, hypervisor):
        self.build = build
        self.images = os.environ.get("PARAVANE_IMAGES", f"{build}/images")
        self.hypervisor = hypervisor or f"{build}/paravane"
        self.logs = f"{build}/system"
        self.test_name = "none"
        self.made = set()
        self.making = threading.Lock()
        os.makedirs(self.logs, exist_ok=True)

    def of_test(self, name):
        """The same for the test of that name."""
        own = copy.copy(self)
        own.test_name = re.sub(r"[^\w.=]+", "-", name)     # QEMU's words
        return own

    def log_path(self):
        """Where the serial line of the test goes."""
        return f"{self.logs}/{self.test_name}.log"

    def file(self, name):
        """A file of the test's own."""
        os.makedirs(f"{self.logs}/{self.test_name}", exist_ok=True)
        return f"{self.logs}/{self.test_name}/{name}"

    @staticmethod
    def script(name, *words):
        """Runs one of scripts/; what it says."""
        done = subprocess.run([f"{TOP}/scripts/{name}", *words], check=False,
                              capture_output=True, text=True)
        if done.returncode != 0:
            raise MachineError(f"scripts/{name} {' '.join(words)}: "
                               + done.stderr[-400:])
        return done.stdout.strip()

    def once(self, path, *command):
        """An image that the first test which needs it makes. One image at a
        time: the scripts share what they fetch and unpack.
        """
        with self.making:
            if path not in self.made:
                self.script(*command)
                self.made.add(path)
        return path

    def kernel(self, series):
        """Domain 0's kernel, an ELF."""
        path = f"{self.images}/vmlinux-{series}"
        return self.once(path, "fetch-kernel", series)

    def initrd(self, series="6.1"):
        """Domain 0's initramfs with every driver that a test asks for."""
        path = f"{self.images}/test-dom0-{series}.cpio"
        return self.once(path, "mkdom0", "--kernel", series, "--out", path,
                         "--modules", "e1000,ahci,nvme,sd_mod,ata_piix,"
                         "xen-gntalloc",
                         "--add", f"{self.build}/fake-frontend",
                         "--add", f"{self.build}/suspend-cancel",
                         "--add", f"{TOP}/tests/system/backend/hostile")

    def store(self, *series):
        """The disk that domain 0 mounts on /guests, as run-qemu wants it."""
        series = series or ("6.1",)
        path = f"{self.images}/test-store-{'-'.join(series)}.img"
        self.once(path, "mkstore", "--out", path, *series)
        return f"store={path}:ro"

    def disk(self, number=0):
        """A fresh root disk for a guest."""
        first = f"{self.images}/test-disk.img"
        self.once(first, "mkguest", "disk", first)
        path = self.file(f"disk{number}.img")
        shutil.copyfile(first, path)
        return path

    def boot(self, *words, series="6.1", args="", echo=False, disks=(),
             qemu=()):
        """A machine, switched on; the caller closes it."""
        command = ["--hypervisor", self.hypervisor,
                   "--kernel", self.kernel(series),
                   "--initrd", self.initrd(series), "--args", args]
        for disk in disks:
            command += ["--disk", disk]
        return Machine([*command, *words], self.log_path(), echo=echo,
                       qemu=qemu)
