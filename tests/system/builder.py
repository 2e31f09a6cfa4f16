# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 The Paravane authors
"""Files that pvctl must not make a domain of: the kernels of
tests/guest/images.py, which the hypervisor refuses as domain 0's, and what else
a user may name by mistake. Each gets one line that says why and a status that is
not 0, and nothing is left behind.
"""
import sys

from machine import TOP
from scenarios import guest, must, same_state, state_of

sys.path.insert(0, f"{TOP}/tests/guest")
# pylint: disable=wrong-import-position
import images  # noqa: E402

KERNEL = "/guests/keel-hello"

# libxenguest loads these: it finds notes by section headers, too, takes the
# hypercall page as it is, and reads zeros where the file has nothing. Then it is
# the domain that dies of it.
TAKEN = {"image_headers_small", "image_offset_wild", "image_file_size_wild",
         "image_no_notes", "image_hypercall_page",
         "image_no_dom0"}        # a guest need not be able to be domain 0

# What is no kernel at all: how it is made in domain 0, and other keys.
FILES = [
    ("a file that is not there", "true", {}),
    ("a folder", "mkdir /run/bad", {}),
    ("an empty file", ": > /run/bad", {}),
    ("a text", "echo '#!/bin/sh' > /run/bad", {}),
    ("a broken gzip file", r"printf '\037\213\010\000 no gzip' > /run/bad", {}),
    ("an initramfs", "cp /guests/initrd-6.1 /run/bad", {}),
    ("half a kernel", "head -c 20000000 /guests/vmlinux-6.1 > /run/bad", {}),
    ("a kernel larger than the domain", "cp /guests/vmlinux-6.1 /run/bad",
     {"memory": 24}),
    ("no ramdisk there", f"cp {KERNEL} /run/bad", {"ramdisk": "/run/none"}),
    ("a folder as ramdisk", f"cp {KERNEL} /run/bad", {"ramdisk": "/run"}),
    ("a ramdisk larger than the domain", f"cp {KERNEL} /run/bad",
     {"ramdisk": "/guests/vmlinux-6.1"}),
]


def _spoil_command(good, spoil):
    """How to make the bad file of a good one, in domain 0's shell."""
    bad = images.spoil(good, spoil)
    lines = [f"head -c {len(bad)} {KERNEL} > /run/bad"]
    for at in range(0, len(bad)):
        if bad[at] != good[at]:
            lines.append(f"printf '\\{bad[at]:03o}' | dd of=/run/bad bs=1 "
                         f"seek={at} conv=notrunc 2>/dev/null")
    return "; ".join(lines)


def _try(machine, make, **keys):
    """Makes the file and creates a domain of it: (status, what was said)."""
    machine.run(f"rm -rf /run/bad; {make}")
    text = guest("bad", 0, kernel="/run/bad",
                 **{"memory": 32, "extra": "", "disk": [], "vif": [],
                    "ramdisk": None, "on_poweroff": "destroy",
                    "on_reboot": "destroy", "on_crash": "destroy", **keys})
    lines = " ".join("'" + li + "'" for li in text.splitlines())
    machine.run(f"printf '%s\\n' {lines} > /run/bad.cfg")
    return machine.run("pvctl create -p /run/bad.cfg 2>&1", 60, check=False)


def bad_kernels(shared):
    """Each file; what is left at the end."""
    m = shared.get()
    with open(f"{shared.world.build}/keel-hello", "rb") as f:
        good = f.read()
    before = state_of(m)
    tries = [(name, _spoil_command(good, spoil), {})
             for name, spoil, _ in images.BAD] + FILES
    refused = 0
    for name, make, keys in tries:
        status, said = _try(m, make, **keys)
        said = said.strip()
        if status == 0:
            must(name in TAKEN, f"{name}: a domain was made of it")
            m.run("pvctl unpause bad; sleep 0.5; "
                  "while pvctl list bad; do pvctl destroy bad; sleep 0.1; done")
            continue
        errors = [li for li in said.splitlines() if "pvctl: error: " in li]
        must(status == 1, f"{name}: status {status}: {said}")
        must(len(errors) == 1 and len(said.splitlines()) == 1,
             f"{name}: not one line: {said}")
        refused += 1
    same_state(before, state_of(m))
    return f"{refused} files refused"


