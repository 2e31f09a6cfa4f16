# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Paravane authors
"""What else of Debian's archive people use: PV GRUB, the cloud kernel, xl with
the kernel's own backends, on one machine. docs/debian.md lists all that was
tried; its rows with a * are here (or in scenarios.py).
"""
import hashlib
import json
import os
import re
import shutil
import subprocess
import time

from scenarios import (LINUX, Shared, console, forget_console, guest, must,
                       wait_guest, write_config)
from world import Group

XEN = "usr/lib/xen-4.17/bin"
GRUB = "usr/lib/grub-xen/grub-x86_64-xen.bin"


def big_sum(disk):
    """The checksum of the file that every guest disk has."""
    data = subprocess.run(["debugfs", "-R", "cat /www/big", disk],
                          capture_output=True, check=True).stdout
    return hashlib.md5(data).hexdigest()


def served(machine, disk, name):
    """The guest's page and its big file come whole; it writes a file."""
    at = "http://" + re.findall(r"lease of ([0-9.]+)",
                                console(machine, name))[-1]
    page = machine.run(f"wget -q -O - {at}/", 60)
    must("It works" in page, page)
    got = machine.run(f"wget -q -O - {at}/big | md5sum", 60).split()[0]
    must(got == big_sum(disk), f"/big has checksum {got}")
    machine.run(f"wget -q -O - '{at}/cgi-bin/write?note=kept'", 60)


def kept(disk):
    """The guest has gone; its disk is whole and has the file."""
    done = subprocess.run(["e2fsck", "-fn", disk], capture_output=True,
                          text=True, check=False)
    must(done.returncode == 0, f"{disk}: {done.stdout[-300:]}")
    note = subprocess.run(["debugfs", "-R", "cat /data/note", disk],
                          capture_output=True, text=True, check=True).stdout
    must(note.strip() == "kept", f"/data/note is '{note}'")


def pvgrub(tools):
    """examples/pvgrub.cfg, which boots the kernel on its own disk; a reboot
    comes back to GRUB.
    """
    machine, disk = tools.get(), tools.disks[0]
    machine.run("pvctl create /guests/pvgrub.cfg", 120)
    wait_guest(machine, "debian", 400)
    must("Booting `Debian'" in console(machine, "debian"), "no GRUB there")
    served(machine, disk, "debian")
    forget_console(machine, "debian")
    machine.run("pvctl reboot debian", 60)
    wait_guest(machine, "debian", 120, "Booting .Debian")
    machine.run("pvctl destroy debian", 60)
    kept(disk)


def cloud(tools):
    """The cloud kernel, packed as its package has it (LZ4)."""
    machine, disk = tools.get(), tools.disks[1]
    path = write_config(machine, guest(
        "cloud", 1, kernel="/boot/vmlinuz-cloud", vcpus=2, memory=160,
        ramdisk="/boot/initrd-cloud", extra=LINUX))
    machine.run(f"pvctl create {path}", 120)
    wait_guest(machine, "cloud")
    must("cloud-amd64" in console(machine, "cloud"), "another kernel")
    served(machine, disk, "cloud")
    machine.run("pvctl shutdown -w --timeout=120 cloud", 140)
    kept(disk)


def entry(machine, name="tool"):
    """What `xl list` says of the domain, by column."""
    head, line = machine.run(f"xl list {name}").splitlines()
    return dict(zip(head.split(), line.split()))


def until(machine, name, what, want):
    """The guest obeys in its own time."""
    for _ in range(60):
        if entry(machine, name)[what] == want:
            return
        time.sleep(0.5)
    must(False, f"{what} is {entry(machine, name)[what]}, not {want}")


def xl(tools):
    """Debian's xl makes a guest and does with it what people do; the kernel's
    xen-blkback and xen-netback serve it.
    """
    machine, disk = tools.get(), tools.disks[2]
    path = write_config(machine, guest("tool", 2, maxmem=192, vcpus=2,
                                       extra=LINUX))
    machine.run(f"xl create {path}", 120)
    wait_guest(machine, "tool")
    served(machine, disk, "tool")
    number = entry(machine)["ID"]
    backends = machine.run("ls /sys/bus/xen-backend/devices").split()
    must({f"vbd-{number}-51712", f"vif-{number}-0"} <= set(backends),
         f"the kernel serves {backends}")

    config = json.loads(machine.run("xl list -l tool"))[0]["config"]
    must(config["c_info"]["name"] == "tool", f"xl list -l: {config}")
    for command, want in (
            (f"xl domname {number}", "tool"), ("xl domid tool", number),
            ("xl uptime tool", "tool"), ("xl info", "paravane"),
            ("xl dmesg", f"d{number}: "), ("xl cpupool-list", "Pool-0"),
            ("xl sched-credit -d tool -w 512 -c 90; "
             "xl sched-credit -d tool", "512   90"),
            ("xl vcpu-pin tool 1 0; xl vcpu-list tool", "-b-"),
            ("xl debug-keys q; xl dmesg", f"(HV) d{number}: "),
            ("xl network-list tool", "00:16:3e:00:00:03"),
            (f"/{XEN}/xentop -b -i 1", "tool"),
            ("xl rename tool other; xl list", "other"),
            ("xl rename other tool; xl list", "tool")):
        said = machine.run(command, 60)
        must(want in said, f"'{command}' says: {said}")

    machine.run("xl pause tool")
    must("p" in entry(machine)["State"], f"{entry(machine)}")
    machine.run("xl unpause tool; xl vcpu-set tool 1; xl mem-set tool 112")
    until(machine, "tool", "VCPUs", "1")
    until(machine, "tool", "Mem", "112")
    # The guest has no udev, whose rule it is to use a processor that came.
    machine.run("xl vcpu-set --ignore-host tool 2; xl mem-set tool 128; "
                "(sleep 1; echo 'echo 1 > /sys/devices/system/cpu/cpu1/online'"
                "; sleep 2) | timeout 4 "
                f"/{XEN}/xenconsole --interactive {number} || true", 30)
    until(machine, "tool", "VCPUs", "2")
    until(machine, "tool", "Mem", "128")
    machine.run("xl sysrq tool h")
    wait_guest(machine, "tool", 60, "sysrq: HELP")

    machine.run("xl block-attach tool "
                "phy:/dev/disk/by-id/virtio-disk3,xvdb,w", 80)
    wait_guest(machine, "tool", 60, "blkfront: xvdb")
    machine.run("xl block-detach tool xvdb", 80)
    machine.run("xl network-attach tool mac=00:16:3e:00:00:33 bridge=xenbr0;"
                " xl network-detach tool 1", 120)
    must("51728" not in machine.run("xl block-list tool"), "xvdb is there")
    must("00:00:33" not in machine.run("xl network-list tool"), "it is there")

    # Not there, and said so before anything is done to the guest.
    status, said = machine.run("xl save tool /run/saved", 60, check=False)
    must(status != 0, f"saved: {said}")
    served(machine, disk, "tool")
    machine.run("xl shutdown -w tool; while xl list tool; do sleep 0.3; done",
                140)
    kept(disk)


class Tools(Shared):
    """A machine whose domain 0 has xl with all it needs, and pvctl."""

    def get(self):
        if self.machine and not self.machine.ended:
            return self.machine
        self.close()
        w = self.world
        pkg = os.environ.get("PARAVANE_PKG", f"{w.build}/pkg")
        w.once(f"{pkg}/grub", "fetch-debs", f"{pkg}/grub", "grub-xen-host")
        w.once("initrd-6.1-cloud", "mkguest", "initrd", "6.1-cloud")
        initrd = f"{w.images}/test-dom0-tools.cpio"
        w.once(initrd, "mkdom0", "--peer", "--out", initrd, "--modules", "tun",
               *(word for p in ("pvctl", "pv-blkback", "pv-netback")
                 for word in ("--add", f"{w.build}/{p}:/usr/sbin/{p}")),
               "--add", f"{pkg}/xen/{XEN}/xentop:/{XEN}/xentop",
               "--add", f"{w.images}/vmlinuz-6.1-cloud:/boot/vmlinuz-cloud",
               "--add", f"{w.images}/initrd-6.1-cloud:/boot/initrd-cloud",
               "--add", f"{pkg}/grub/{GRUB}:/{GRUB}")
        boots = f"{w.images}/test-boots.img"
        w.once(boots, "mkguest", "disk", boots, "48", "6.1")
        self.disks = [w.disk(n) for n in range(self.nr_disks)]
        shutil.copyfile(boots, self.disks[0])
        self.machine = w.boot(
            "--initrd", initrd, args="pv.modules=tun",
            disks=[w.store(), f"debian={self.disks[0]}",
                   *(f"disk{n}={self.disks[n]}" for n in (1, 2, 3))])
        self.machine.wait_line("pv: ready", 240)
        return self.machine


def groups():
    """All, in order, on one machine."""
    tools = Tools(disks=4)
    return [Group(("PV GRUB", tools.test(pvgrub)),
                  ("the cloud kernel", tools.test(cloud)),
                  ("xl and the kernel's backends", tools.test(xl)),
                  close=tools.close)]
