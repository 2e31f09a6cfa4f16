# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Paravane authors
"""What the machines boot from: the initramfs with a program of workloads as
its init, domain 0 that creates a guest, a host that starts a VMM."""
import lzma
import os
import shutil
import stat
import subprocess
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
BUILD = os.environ.get("PARAVANE_BUILD", f"{TOP}/build")
IMAGES = os.environ.get("PARAVANE_IMAGES", f"{BUILD}/images")
PACKAGES = os.environ.get("PARAVANE_PKG", f"{BUILD}/pkg")
WORK = f"{BUILD}/bench"
SERIES = "6.1"


def make_folder():
    os.makedirs(WORK, exist_ok=True)


def script(*words):
    """Runs one of scripts/; its output."""
    return subprocess.run([f"{TOP}/scripts/{words[0]}", *words[1:]],
                          check=True, stdout=subprocess.PIPE).stdout.decode()


class Cpio:
    """An initramfs (the kernel's "newc" format), written member by member."""

    def __init__(self):
        self.parts, self.inode, self.folders = [], 1, set()

    def member(self, name, mode, data=b"", rdev=(0, 0)):
        self.inode += 1
        raw = name.encode() + b"\0"
        head = [self.inode, mode, 0, 0, 1, 0, len(data), 0, 0, *rdev,
                len(raw), 0]
        out = b"070701" + b"".join(b"%08x" % n for n in head) + raw
        out += b"\0" * (-len(out) % 4) + data
        self.parts.append(out + b"\0" * (-len(out) % 4))

    def folder(self, name):
        if name and name not in self.folders:
            self.folder(os.path.dirname(name))
            self.folders.add(name)
            self.member(name, stat.S_IFDIR | 0o755)

    def file(self, name, data, mode=0o755):
        self.folder(os.path.dirname(name))
        self.member(name, stat.S_IFREG | mode, data)

    def tree(self, root):
        """All that is below a folder."""
        for base, folders, files in sorted(os.walk(root)):
            for f in sorted(files + folders):
                path = os.path.join(base, f)
                name = os.path.relpath(path, root)
                if os.path.islink(path):
                    self.folder(os.path.dirname(name))
                    self.member(name, stat.S_IFLNK | 0o777,
                                os.readlink(path).encode())
                elif os.path.isfile(path):
                    self.file(name, read(path))
                else:
                    self.folder(name)

    def write(self, path):
        self.member("TRAILER!!!", 0)
        with open(path + ".new", "wb") as f:
            f.write(b"".join(self.parts))
        os.replace(path + ".new", path)
        return path


def read(path):
    with open(path, "rb") as f:
        return f.read()


def modules(names):
    """Kernel modules with all that they need, in loading order."""
    with open(f"{PACKAGES}/linux-{SERIES}/version", encoding="ascii") as f:
        base = f"{PACKAGES}/linux-{SERIES}/lib/modules/{f.read().strip()}"
    for path in script("module-order", base, *names).split():
        data = read(path)
        name = os.path.basename(path)
        if name.endswith(".xz"):
            name, data = name[:-3], lzma.decompress(data)
        yield name, data


def initramfs(out, program, wanted=(), tree=None):
    """`program` as init, with modules that it loads, and files from `tree`."""
    cpio = Cpio()
    cpio.folder("dev")
    cpio.member("dev/console", stat.S_IFCHR | 0o600, rdev=(5, 1))
    order = []
    for name, data in modules(wanted) if wanted else ():
        cpio.file(f"lib/modules/{name}", data)
        order.append(f"/lib/modules/{name}\n")
    if order:
        cpio.file("lib/modules/order", "".join(order).encode(), 0o644)
    if tree:
        cpio.tree(tree)
    cpio.file("init", read(program))
    return cpio.write(out)


def guest_config(folder, settings):
    """bench.cfg, and what it names, where domain 0 has them."""
    path = f"{folder}/bench.cfg"
    with open(path, "w", encoding="ascii") as f:
        for key, value in settings.items():
            f.write(f"{key} = {value}\n")
    return path


def domain0(out, peer, kernel, initrd, config):
    """Domain 0 with its toolstack, that can create the guest of `config`."""
    words = ["mkdom0", "--out", out, "--add",
             f"{TOP}/bench/harness/guest:/etc/bench-guest"]
    words += ["--modules", "loop",
              "--add", f"{BUILD}/bench/mark:/usr/bin/bench-mark",
              "--add", f"{BUILD}/bench/peer:/usr/bin/bench-peer",
              "--add", f"{kernel}:/guests/vmlinux",
              "--add", f"{initrd}:/guests/initrd",
              "--add", f"{config}:/guests/bench.cfg"]
    script(*words, *(["--peer"] if peer else []))
    return out


def libraries(root, program, to):
    """A program with all its libraries, by scripts/lib.sh."""
    subprocess.run(["bash", "-c", f'. "{TOP}/scripts/lib.sh"; '
                    'copy_program "$@"', "lib", root, program, to],
                   check=True)


def busybox(root):
    """A shell and the usual small programs."""
    libraries(root, shutil.which("busybox"), "/bin/busybox")
    applets = subprocess.run(["busybox", "--list"], check=True,
                             stdout=subprocess.PIPE).stdout.decode()
    for name in applets.split():
        if name != "busybox":
            os.symlink("busybox", f"{root}/bin/{name}")


def programs(root):
    """What workloads/wide.c runs: a shell, a compiler, a database."""
    busybox(root)
    for name in ("tcc", "sqlite3"):
        path = shutil.which(name)
        if path:
            libraries(root, path, f"/bin/{name}")
        else:
            print(f"bench: no {name} here (Debian's package of that name); "
                  "its workload is left out", flush=True)
    shutil.copytree(f"{TOP}/bench/workloads/build", f"{root}/lib/bench")
    shutil.copy(f"{BUILD}/bench/core", f"{root}/bin/core")
    return root


def host(out, initrd, kernel):
    """A Linux that starts QEMU with a guest in it (host-init)."""
    with tempfile.TemporaryDirectory() as root:
        libraries(root, shutil.which("qemu-system-x86_64"), "/bin/qemu")
        tcg = "/usr/lib/x86_64-linux-gnu/qemu/accel-tcg-x86_64.so"
        if os.path.exists(tcg):
            libraries(root, tcg, tcg)
        busybox(root)
        libraries(root, f"{BUILD}/bench/peer", "/bin/bench-peer")
        os.makedirs(f"{root}/fw")
        for name in ("seabios/bios-256k.bin", "qemu/linuxboot_dma.bin",
                     "qemu/kvmvapic.bin", "qemu/pvh.bin"):
            shutil.copy(f"/usr/share/{name}", f"{root}/fw")
        shutil.copy(kernel, f"{root}/kernel")
        shutil.copy(initrd, f"{root}/initrd")
        return initramfs(out, f"{TOP}/bench/harness/host-init",
                         ["kvm-amd", "kvm-intel", "tun", "vhost_net"], root)
