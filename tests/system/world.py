# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Paravane authors
"""What system tests share: images, made once, and machines to boot on them."""
import os
import shutil
import subprocess

from machine import TOP, Machine, MachineError

__all__ = ["World", "MachineError", "TOP"]


class World:
    """The images of one test run."""

    def __init__(self, build, hypervisor):
        self.build = build
        self.images = os.environ.get("PARAVANE_IMAGES", f"{build}/images")
        self.hypervisor = hypervisor or f"{build}/paravane"
        self.logs = f"{build}/system"
        self.log_name = "none"
        self.made = set()
        os.makedirs(self.logs, exist_ok=True)

    def log_path(self):
        """Where the serial line of the running test goes."""
        return f"{self.logs}/{self.log_name}.log"

    @staticmethod
    def script(name, *words):
        """Runs one of scripts/."""
        done = subprocess.run([f"{TOP}/scripts/{name}", *words], check=False,
                              capture_output=True, text=True)
        if done.returncode != 0:
            raise MachineError(f"scripts/{name} {' '.join(words)}: "
                               + done.stderr[-400:])

    def once(self, path, *command):
        """An image that the first test which needs it makes."""
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
        path = f"{self.logs}/disk{number}.img"
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
