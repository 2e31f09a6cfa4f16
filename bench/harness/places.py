# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Paravane authors
"""The places in which the same program runs: how each is booted.

A place is a function of a Setup and the words for the program's environment;
it gives QEMU's words for what to boot.  To add a place, write one and put it
into PLACES.
"""
import os

from harness import images
from harness.images import BUILD, IMAGES, SERIES, WORK

KERNEL_WORDS = ("rdinit=/init quiet nokaslr norandmaps random.trust_cpu=on "
                "cryptomgr.notests panic=-1")
HYPERVISOR_WORDS = "console=com1 com1=115200,8n1 noreboot"


class Setup:
    """What is measured: the program, its modules and files, the machine."""

    def __init__(self, program, modules=(), tree=None, cpus=1, cpu=None,
                 devices=False, kernel=None):
        self.name = os.path.basename(program)
        self.program, self.modules, self.tree = program, list(modules), tree
        self.cpus, self.cpu = cpus, cpu
        self.devices = devices      # do guests have a disk and a network?
        self.paravane = f"{BUILD}/paravane"
        # Of domain 0 and of guests where they are measured; an ELF.
        self.kernel = kernel or f"{IMAGES}/vmlinux-{SERIES}"
        self.made = {}

    def initrd(self):
        """The initramfs of the measured kernel, made once."""
        if "initrd" not in self.made:
            self.made["initrd"] = images.initramfs(
                f"{WORK}/{self.name}.cpio", self.program, self.modules,
                self.tree)
        return self.made["initrd"]

    @staticmethod
    def module(kernel, words, initrd):
        """A kernel with its words and initramfs, as multiboot modules."""
        return ["-initrd", f"{kernel} {words}".replace(",", ",,") + f",{initrd}"]


def words_of(console, env, cpus=1):
    words = f"{KERNEL_WORDS} console={console} maxcpus={cpus}"
    return words + "".join(f" {k}={v}" for k, v in env.items())


def native(setup, env):
    return ["-m", "1024", "-kernel", f"{IMAGES}/vmlinuz-{SERIES}",
            "-initrd", setup.initrd(),
            "-append", words_of("ttyS0,115200", env, setup.cpus)]


def _domain0(setup, env, hypervisor):
    return ["-m", "1024", "-kernel", hypervisor,
            "-append", f"dom0_mem=512M,max:512M {HYPERVISOR_WORDS}",
            *setup.module(setup.kernel, words_of("hvc0", env, setup.cpus),
                          setup.initrd())]


def pv_dom0(setup, env):
    return _domain0(setup, env, setup.paravane)


def xen_dom0(setup, env):
    return _domain0(setup, env, f"{IMAGES}/xen")


def _guest(setup, env, peer):
    """A guest with the program, made by the hypervisor's toolstack."""
    settings = {
        "name": '"bench"', "kernel": '"/guests/vmlinux"',
        "ramdisk": '"/guests/initrd"', "memory": 256, "vcpus": setup.cpus,
    }
    if setup.devices:
        # Both have their blocks in a file in domain 0's memory: the kernel's
        # backend by a loop device, ours as it is.
        disk = "/dev/loop0" if peer else "/tmp/disk.img"
        settings["disk"] = (f'[ "format=raw, vdev=xvda, access=rw, '
                            f'target={disk}" ]')
        settings["vif"] = '[ "bridge=xenbr0, mac=00:16:3e:00:00:01" ]'
        env = {**env, "disk": 1, "ip": "10.0.2.15", "peer": "10.0.2.200"}
    settings["extra"] = f'"{words_of("hvc0", env, setup.cpus)}"'
    tool = "xl" if peer else "pvctl"
    config = images.guest_config(WORK, settings)
    initrd = images.domain0(f"{WORK}/dom0-{tool}.cpio", peer, setup.kernel,
                            setup.initrd(), config)
    words = ("console=hvc0 quiet nokaslr cryptomgr.notests random.trust_cpu=on"
             f" pv.modules=loop pv.run=/etc/bench-guest+{tool} pv.halt")
    return ["-m", "1536", "-kernel",
            f"{IMAGES}/xen" if peer else setup.paravane,
            "-append", f"dom0_mem=768M,max:768M {HYPERVISOR_WORDS}",
            *setup.module(f"{IMAGES}/vmlinux-{SERIES}", words, initrd)]


def pv(setup, env):
    return _guest(setup, {"boot": "create", **env}, False)


def xen_pv(setup, env):
    return _guest(setup, {"boot": "create", **env}, True)


VIRTIO = ["virtio-blk-pci,drive=d", "virtio-net-pci,netdev=n,romfile="]
EMULATED = ["ide-hd,drive=d", "e1000,netdev=n,romfile="]


def _virtual(setup, env, vm, devices):
    """A virtual machine inside the machine, by QEMU on a stock kernel."""
    words = []
    if setup.devices:
        env = {**env, "disk": 1, "ip": "10.9.0.2", "peer": "10.9.0.1"}
        vhost = "on" if devices == VIRTIO and vm == "kvm" else "off"
        words = ["-drive", "id=d,if=none,format=raw,file=/tmp/disk.img",
                 "-netdev", "tap,id=n,ifname=tap0,script=no,downscript=no,"
                 f"vhost={vhost}",
                 "-device", devices[0], "-device", devices[1]]
    # Emulated twice, decompression would take longer than all the rest.
    kernel = "vmlinuz" if vm == "kvm" else "vmlinux"
    initrd = images.host(f"{WORK}/host.cpio", setup.initrd(),
                         f"{IMAGES}/{kernel}-{SERIES}")
    guest = words_of("ttyS0,115200", {"boot": "create", **env}, setup.cpus)
    return ["-m", "1536", "-kernel", f"{IMAGES}/vmlinuz-{SERIES}",
            "-initrd", initrd, "-append",
            f"{KERNEL_WORDS} console=ttyS0,115200 vm={vm} "
            f"devices={'+'.join(words)} guest={guest.replace(' ', '+')}"]


def hvm(setup, env):
    return _virtual(setup, env, "kvm", VIRTIO)


def hvm_emulated(setup, env):
    return _virtual(setup, env, "kvm", EMULATED)


def emulated(setup, env):
    return _virtual(setup, env, "tcg", VIRTIO)


def _keel_words(env):
    return " ".join(f"{k}={v}" for k, v in env.items())


def keel_native(setup, env):
    return ["-m", "512", "-kernel", f"{BUILD}/keel-native", "-initrd",
            setup.initrd(), "-append", _keel_words(env)]


def _keel_pv(setup, env, hypervisor):
    return ["-m", "512", "-kernel", hypervisor, "-append",
            f"dom0_mem=256M,max:256M {HYPERVISOR_WORDS}",
            *setup.module(f"{BUILD}/keel-pv", _keel_words(env),
                          setup.initrd())]


def keel_pv(setup, env):
    return _keel_pv(setup, env, setup.paravane)


def keel_xen(setup, env):
    return _keel_pv(setup, env, f"{IMAGES}/xen")


def _hypercalls(hypervisor, env):
    return ["-m", "512", "-kernel", hypervisor, "-append",
            f"dom0_mem=64M,max:64M {HYPERVISOR_WORDS}",
            "-initrd", f"{BUILD}/bench/hypercalls " +
            (f"only={env['only']}" if "only" in env else "")]


def pv_hypercalls(setup, env):
    return _hypercalls(setup.paravane, env)


def xen_hypercalls(_setup, env):
    return _hypercalls(f"{IMAGES}/xen", env)


PLACES = {
    "native": native,
    "pv-dom0": pv_dom0,
    "pv": pv,
    "xen-dom0": xen_dom0,
    "xen-pv": xen_pv,
    "hvm": hvm,
    "hvm-emulated": hvm_emulated,
    "emulated": emulated,
    "keel-native": keel_native,
    "keel-pv": keel_pv,
    "keel-xen": keel_xen,
}

# Where a hypervisor's share is told by what began each stay in it.
PV = ("pv-dom0", "pv", "xen-dom0", "xen-pv", "keel-pv", "keel-xen")

# Their rows are added to those of the place behind the arrow.
HYPERCALLS = {"pv-dom0": pv_hypercalls, "xen-dom0": xen_hypercalls}
HYPERCALL_ROWS = ("xen_version", "event_self", "pte_set_clear",
                  "grant_map_unmap", "grant_copy_page", "event_between",
                  "grant_map_between", "grant_copy_between")

# SVM, which QEMU emulates: the processor that a host of virtual machines has.
NEEDS_SVM = ("hvm", "hvm-emulated")
