# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Paravane authors
"""Ways to be started, and reasons not to start.

GRUB on BIOS and on UEFI (multiboot2), PVH with one module. Then what must end
in one clear line on the console and a halt; and the report of a fault of the
hypervisor's own, which only a debugger can bring about, and ours for gdb.
"""
import os
import shutil
import socket
import subprocess
import time

from machine import Machine, MachineError, free_port
from world import TOP, Group

HV_WORDS = "dom0_mem=384M,max:384M console=com1 com1=115200,8n1"
LINUX_WORDS = "console=hvc0 cryptomgr.notests quiet pv.bare pv.halt"
QEMU = ["qemu-system-x86_64", "-nodefaults", "-no-user-config", "-display",
        "none", "-no-reboot", "-serial", "stdio", "-accel", "tcg"]


def iso(world):
    """A CD from which GRUB starts all, on BIOS and on UEFI."""
    path = f"{world.images}/test-grub.iso"
    if path in world.made:
        return path
    tree = f"{world.images}/test-grub"
    shutil.rmtree(tree, ignore_errors=True)
    os.makedirs(f"{tree}/boot/grub")
    shutil.copy(world.hypervisor, f"{tree}/boot/paravane")
    shutil.copy(world.kernel("6.1"), f"{tree}/boot/vmlinux")
    shutil.copy(world.initrd(), f"{tree}/boot/initrd")
    with open(f"{tree}/boot/grub/grub.cfg", "w", encoding="ascii") as f:
        f.write("set timeout=0\n"
                "menuentry paravane {\n"
                f"    multiboot2 /boot/paravane {HV_WORDS}\n"
                f"    module2 /boot/vmlinux {LINUX_WORDS}\n"
                "    module2 /boot/initrd\n"
                "}\n")
    done = subprocess.run(["grub-mkrescue", "-o", path, tree], text=True,
                          capture_output=True, check=False)
    if done.returncode != 0:
        raise MachineError("grub-mkrescue: " + done.stderr[-300:])
    shutil.rmtree(tree)
    world.made.add(path)
    return path


def start(world, words, seconds=120):
    """A boot to domain 0's init, and off."""
    m = Machine(None, world.log_path(), qemu=[*QEMU, *words])
    with m:
        _, how = m.wait_line(r"\(HV\) Booted by", seconds)
        when, _ = m.wait_line("pv: domain 0 init", seconds)
        if m.wait_end(60) != 0:
            raise MachineError("QEMU's status")
        return f"{how.split('by ')[1].split(',')[0]}, init after {when:.1f} s"


def grub_bios(world):
    """GRUB as BIOS starts it."""
    return start(world, ["-m", "1024", "-cdrom", iso(world)])


def grub_uefi(world):
    """GRUB as UEFI firmware starts it."""
    return start(world, ["-machine", "q35", "-m", "1024",
                         "-bios", "/usr/share/ovmf/OVMF.fd",
                         "-cdrom", iso(world)], 240)


def pvh(world):
    """The PVH note, in a machine without BIOS services or legacy devices."""
    path = f"{world.images}/test-bundle"
    world.once(path, "bundle", path, world.kernel("6.1"), LINUX_WORDS,
               world.initrd())
    # QEMU takes -kernel as multiboot1 when it can, so the note is tried with
    # a copy of the image that has no multiboot1 header.
    with open(world.hypervisor, "rb") as f:
        image = f.read()
    magic = (0x1badb002).to_bytes(4, "little")
    plain = f"{world.images}/test-pvh"
    with open(plain, "wb") as f:
        f.write(image.replace(magic, b"\0\0\0\0"))
    return start(world, ["-machine", "q35", "-m", "1024",
                         "-kernel", plain, "-append", HV_WORDS,
                         "-initrd", path])


# What is wrong, QEMU's words for it, and what must be said.
REFUSALS = [
    ("no kernel", [], r"\(HV\) no kernel for domain 0"),
    ("kernel is text", ["-initrd", f"{TOP}/README.md"],
     r"\(HV\) domain 0: kernel is no ELF file"),
    ("kernel is a bzImage", ["-initrd", "{images}/vmlinuz-6.1"],
     r"\(HV\) domain 0: .*unpack a bzImage"),
    ("kernel is a 32-bit ELF", ["-initrd", "{hypervisor}"],
     r"\(HV\) domain 0: kernel is no 64-bit"),
    ("more memory for domain 0 than there is",
     ["-initrd", "{images}/vmlinux-6.1", "-append",
      "console=com1 com1=115200,8n1 dom0_mem=4G"],
     r"\(HV\) dom0_mem asks for 4096 MiB, but only \d+ MiB are free"),
    ("too little memory for domain 0's kernel",
     ["-initrd", "{images}/vmlinux-6.1", "-append",
      "console=com1 com1=115200,8n1 dom0_mem=32M"],
     r"\(HV\) domain 0: .*do not fit"),
    ("a CPU without 64-bit mode", ["-cpu", "qemu32"], "no 64-bit mode"),
]


def refusal(world, words, line):
    """One clear line, and then nothing but a halt."""
    world.kernel("6.1")
    words = [w.format(images=world.images, hypervisor=world.hypervisor)
             for w in words]
    if "-append" not in words:
        words += ["-append", "console=com1 com1=115200,8n1"]
    m = Machine(None, world.log_path(), qemu=[
        *QEMU, "-m", "512", "-kernel", world.hypervisor, *words])
    with m:
        _, text = m.wait_line(line, 60)
        m.wait_line("halted", 20)
        return text.strip()


class Gdb:
    """As much of gdb's remote protocol as a jump to a bad address needs."""

    def __init__(self, port):
        deadline = time.monotonic() + 10
        while True:
            try:
                self.socket = socket.create_connection(("127.0.0.1", port))
                break
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
        self.socket.settimeout(30)

    def ask(self, text):
        """Sends a packet; the answer to it."""
        check = sum(text.encode()) & 0xff
        self.socket.sendall(f"${text}#{check:02x}".encode())
        data = b""
        while not (b"$" in data and b"#" in data[data.index(b"$"):]):
            data += self.socket.recv(4096)
        self.socket.sendall(b"+")
        return data[data.index(b"$") + 1:data.rindex(b"#")].decode()


def own_fault(world):
    """The hypervisor jumps to address 0 where it allocates frames: it says
    what happened, with registers and a trace of names, and stops.
    """
    elf = f"{world.build}/hypervisor/paravane.elf"
    names = subprocess.run(["nm", elf], text=True, check=True,
                           capture_output=True).stdout
    at = next(line.split()[0] for line in names.splitlines()
              if line.endswith(" T frames_alloc"))
    port = free_port()
    m = Machine(None, world.log_path(), qemu=[
        *QEMU, "-m", "512", "-kernel", world.hypervisor, "-append",
        "console=com1 com1=115200,8n1", "-initrd", world.kernel("6.1"),
        "-S", "-gdb", f"tcp:127.0.0.1:{port}"])
    with m:
        gdb = Gdb(port)
        # QEMU writes single registers only for those who asked for their
        # names; rip is number 16.
        gdb.ask("qXfer:features:read:target.xml:0,fff")
        for command in (f"Z1,{at},1", "c", f"z1,{at},1", "P10=" + "0" * 16):
            answer = gdb.ask(command)
            if answer != "OK" and not answer.startswith("T05"):
                raise MachineError(f"gdb's {command}: {answer}")
        gdb.socket.sendall(b"$c#63")
        m.wait_line(r"Exception 14 in the hypervisor.*address 0\b", 60)
        m.wait_line("rip e008:0000000000000000 .* rflags", 20)
        m.wait_line("Call trace:", 20)
        _, caller = m.wait_line(r"dom0_\w+\+0x|heap_\w+\+0x|boot_\w+\+0x", 20)
        m.wait_line("BUG in Paravane at", 20)
        m.wait_line("halted", 20)
        return f"called by {caller.split()[-1]}"


def gdb_commands(world):
    """The commands of scripts/gdb.py, at domain 0's first xen_version."""
    port = free_port()
    m = Machine(None, world.log_path(), qemu=[
        *QEMU, "-m", "512", "-kernel", world.hypervisor, "-append",
        "console=com1 com1=115200,8n1", "-initrd", world.kernel("6.1"),
        "-S", "-gdb", f"tcp:127.0.0.1:{port}"])
    with m:
        words = ["gdb", "-q", "-batch", "-x", f"{TOP}/scripts/gdb.py"]
        for command in ("set pagination off", f"target remote :{port}",
                        "hbreak hc_xen_version", "continue", "hv-domains",
                        "hv-vcpu 0", "hv-walk 0 0xffffffff81000000",
                        "hv-frame 1", "kill"):
            words += ["-ex", command]
        said = subprocess.run(
            [*words, f"{world.build}/hypervisor/paravane.elf"], text=True,
            capture_output=True, check=False, timeout=60)
        text = said.stdout + said.stderr
        for want in ("alive; vCPUs running", "running in kernel mode on CPU 0",
                     "L1[", "byte 0x0", "frame 0x1: owner "):
            if want not in text:
                raise MachineError(f"no '{want}' in: {text[-600:]}")


def groups():
    """All, in order."""
    def one(words, line):
        return lambda world: refusal(world, words, line)

    # Both boot one CD.
    return [Group(("GRUB on BIOS", grub_bios), ("GRUB on UEFI", grub_uefi)),
            Group(("PVH, one module", pvh)),
            *(Group((f"refusal: {name}", one(words, line)))
              for name, words, line in REFUSALS),
            Group(("a fault of our own", own_fault)),
            Group(("gdb's commands", gdb_commands))]
